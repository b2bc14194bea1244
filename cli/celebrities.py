"""`sightline celebrities`: the gallery of people whom RecognizeCelebrities knows."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cli.connection import LOCAL, EndpointUrl, Region, TableName, stack
from cli.documents import read_json
from cli.report import Failure, one_line_errors, out
from layers.models.manifest import FOLDER

if TYPE_CHECKING:
    from sightline.domain.gallery import Person

app = typer.Typer(
    help="The gallery of celebrities: import, list, remove.",
    no_args_is_help=True,
)
PHOTOS = {".jpg", ".jpeg", ".png"}
GENDERS = ("Male", "Female", "Nonbinary", "Unlisted")
ABOUT = "person.json"  # beside a person's photos: name, urls, gender; all may be left out


@app.command("import")
def import_people(
    source: Annotated[
        Path,
        typer.Argument(
            help="A folder with a folder of photos for each person, or a CSV with the columns "
            "name, photos, urls, gender (several photos or urls are divided by ;)."
        ),
    ],
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    table: TableName = "sightline",
) -> None:
    """Add people, or photos of people who are there; done again it changes nothing."""
    os.environ.setdefault("SIGHTLINE_MODELS", str(FOLDER))
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table), one_line_errors(OSError, csv.Error):
        from sightline.domain import gallery  # noqa: PLC0415

        # Whoever cannot be imported is found before anybody is.
        for person in list(_from_csv(source) if source.is_file() else _from_folder(source)):
            done = gallery.enrol(person)
            out.print(
                f"{done.celebrity.id}  {done.celebrity.name}: {done.added} added,"
                f" {done.present} there already, {len(done.skipped)} skipped",
                markup=False,
                soft_wrap=True,
            )
            for photo, reason in done.skipped:
                out.print(f"  skipped {photo}: {reason}", markup=False, soft_wrap=True)


@app.command("list")
def list_people(
    endpoint_url: EndpointUrl = LOCAL, region: Region = "us-east-1", table: TableName = "sightline"
) -> None:
    """List the people of the gallery."""
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table):
        from sightline.domain import gallery  # noqa: PLC0415

        found = sorted(gallery.everyone(), key=lambda entry: entry[0].name)
    shown = Table("id", "name", "gender", "faces", "urls", box=None, pad_edge=False)
    for celebrity, faces in found:
        texts = (celebrity.name, celebrity.gender, str(faces), " ".join(celebrity.urls))
        shown.add_row(celebrity.id, *map(escape, texts))
    out.print(shown)


@app.command()
def remove(
    person: Annotated[str, typer.Argument(metavar="NAME_OR_ID")],
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    table: TableName = "sightline",
) -> None:
    """Remove a person with all faces and vectors."""
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table):
        from sightline.domain import gallery  # noqa: PLC0415

        removed = gallery.remove(person)
    out.print(f"{removed.name} ({removed.id}) is removed.", markup=False, soft_wrap=True)


def _from_folder(folder: Path) -> Iterator["Person"]:
    """One person for each folder inside `folder`; underscores in its name are spaces."""
    people = sorted(path for path in folder.iterdir() if path.is_dir())
    if not people:
        raise Failure(f"{folder} has no folder for a person.")
    for path in people:
        about = path / ABOUT
        told = read_json(about) if about.exists() else {}
        if not isinstance(told, dict):
            raise Failure(f"{about} is not an object with name, urls, gender")
        photos = sorted(each for each in path.iterdir() if each.suffix.lower() in PHOTOS)
        yield _person({"name": path.name.replace("_", " "), **told}, photos, str(path))


def _from_csv(file: Path) -> Iterator["Person"]:
    """One person for each row; photos are found from the CSV's folder."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        for row in rows:
            several = {name: _divided(row.get(name)) for name in ("photos", "urls")}
            told = {"name": row.get("name"), "urls": several["urls"]}
            if row.get("gender"):
                told["gender"] = row["gender"]
            photos = [file.parent / photo for photo in several["photos"]]
            yield _person(told, photos, f"{file}, line {rows.line_num}")


def _divided(cell: str | None) -> list[str]:
    return [part.strip() for part in (cell or "").split(";") if part.strip()]


def _person(told: dict[str, Any], photos: list[Path], place: str) -> "Person":
    from sightline.domain.gallery import UNTOLD, Person  # noqa: PLC0415

    name, urls, gender = told["name"], told.get("urls", []), told.get("gender", UNTOLD)
    if not isinstance(name, str) or not name.strip():
        raise Failure(f"{place}: name is a text that is not empty")
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise Failure(f"{place}: urls is a list of texts")
    if gender not in GENDERS:
        raise Failure(f"{place}: gender is one of {', '.join(GENDERS)}, not {gender}")
    return Person(name, [(str(path), path.read_bytes) for path in photos], tuple(urls), gender)
