"""`sightline models`: fetch, convert and check the models."""


def models() -> None:
    """Fetch and convert the models that are missing, check all, and print a table of them."""
    from layers.models import build  # noqa: PLC0415 - only this command needs it

    build.main()
