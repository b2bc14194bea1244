"""The operator's command `sightline`: one file per group of commands."""

import typer

from cli import (
    celebrities,
    collections,
    draw,
    find,
    jobs,
    keys,
    models,
    reviews,
    rules,
    serve,
    smoke,
    versions,
)

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
app.command("find")(find.find)
app.command("jobs")(jobs.jobs)
app.command("smoke")(smoke.smoke)
app.add_typer(celebrities.app, name="celebrities")
app.add_typer(collections.app, name="collections")
app.add_typer(keys.app, name="keys")
app.add_typer(reviews.app, name="reviews")
app.add_typer(rules.app, name="rules")
app.add_typer(versions.app, name="versions")
