"""The operator's command `sightline`: one file per group of commands."""

import typer

from cli import draw, keys, models, serve

app = typer.Typer(
    name="sightline",
    help="Amazon Rekognition's API on infrastructure of your own.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.command("models")(models.models)
app.command("draw")(draw.draw)
app.add_typer(keys.app, name="keys")
