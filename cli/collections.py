"""`sightline collections`: a collection moves house, or to a newer face model."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO, TYPE_CHECKING, Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from cli.connection import LOCAL, EndpointUrl, Region, TableName, stack
from cli.report import Failure, one_line_errors, out, printable
from layers.models.manifest import FOLDER

if TYPE_CHECKING:
    from sightline.domain.reembedding import Place, Reembedding

app = typer.Typer(
    help="Collections: list, export, import, and embed anew with a newer face model.",
    no_args_is_help=True,
)
STREAM = Path("-")
S3 = "s3://"
PAGE = 100  # collections

_err = Console(stderr=True, highlight=False)
CollectionId = Annotated[str, typer.Argument(help="The collection.")]


@app.command("list")
def list_collections(
    endpoint_url: EndpointUrl = LOCAL, region: Region = "us-east-1", table: TableName = "sightline"
) -> None:
    """List all collections with what they hold and the version of their face model."""
    shown = Table("id", "faces", "users", "face model", box=None, pad_edge=False)
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table):
        from sightline.errors import ResourceNotFoundException  # noqa: PLC0415
        from sightline.store import collections  # noqa: PLC0415

        after = None
        while some := collections.page(after, PAGE):
            for after, (collection_id, _) in some:  # noqa: B007 - the last one begins the next page
                with suppress(ResourceNotFoundException):  # deleted meanwhile
                    held = collections.need(collection_id)
                    counts = str(held.face_count), str(held.user_count)
                    shown.add_row(held.id, *counts, held.model)
    out.print(shown)


@app.command()
def export(
    collection_id: CollectionId,
    file: Annotated[Path, typer.Argument(help="Where to; - for the standard output.")],
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    table: TableName = "sightline",
) -> None:
    """Write a collection's faces, vectors and users to a file that only its owner may read."""
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table), one_line_errors(OSError):
        from sightline.domain import moving  # noqa: PLC0415

        collection = moving.own(collection_id)
        total = collection.face_count + collection.user_count
        with _written(file) as stream, _bar("Exporting", total) as tick:
            done = moving.export(collection, lambda line: stream.write(line.encode()), tick)
    _tell(f"{collection_id}: {done.faces} faces and {done.users} users are exported.", file)
    if done.changed:
        _tell("It changed meanwhile: each face and user is as it was when it was read.", file)


@app.command("import")
def import_collection(
    file: Annotated[Path, typer.Argument(help="What `export` wrote; - for the standard input.")],
    collection_id: Annotated[
        str | None, typer.Option("--as", help="Another id than the exported collection had.")
    ] = None,
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    table: TableName = "sightline",
) -> None:
    """Add what a file holds to a collection, made if need be; done again it changes nothing."""
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table), one_line_errors(OSError):
        from sightline.domain import moving  # noqa: PLC0415

        with _read(file) as stream:
            with _bar("Checking", os.fstat(stream.fileno()).st_size) as tick:
                header = moving.check(stream, tick)
            with _bar("Importing", header.faces + header.users) as tick:
                done = moving.load(stream, collection_id or header.collection_id, tick)
    held = done.collection
    _tell(
        f"{held.id} has {held.face_count} faces and {held.user_count} users; "
        f"the file has {header.faces} and {header.users}."
    )
    if done.differing:
        _tell(f"{done.differing} faces were there with another image or vector, and stayed so.")
    _tell_of_untied(done.untied)
    if done.differing or done.untied:
        raise typer.Exit(1)


@app.command()
def reembed(
    source: Annotated[str, typer.Argument(help="The collection; it stays as it is.")],
    target: Annotated[str, typer.Argument(help="Id of the one with the new vectors.")],
    images: Annotated[
        Path, typer.Option(help="The images it was made of: a line s3://BUCKET/KEY for each.")
    ],
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    table: TableName = "sightline",
) -> None:
    """Embed a collection anew with this service's face model; done again it goes on."""
    os.environ.setdefault("SIGHTLINE_MODELS", str(FOLDER))
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table), one_line_errors(OSError):
        from sightline.domain import moving  # noqa: PLC0415
        from sightline.domain.reembedding import reembedding  # noqa: PLC0415

        number = sum(1 for _ in _places(images))  # a bad line is found before anything is done
        old = moving.own(source)
        with ExitStack() as held:
            with _bar("Reading faces", old.face_count) as tick:
                work = held.enter_context(reembedding(old, target, tick))
            whole = _reembed(work, _places(images), number)
    if not whole:
        raise typer.Exit(1)


def _reembed(work: "Reembedding", places: Iterable["Place"], number: int) -> bool:
    """Does the work and tells of it; whether every face has a new vector and its user."""
    with _bar("Looking at images", number) as tick:
        skipped = list(work.renew(places, tick))
    with _bar("Carrying users", work.source.user_count) as tick:
        untied = work.carry_users(tick)
    for place, reason in skipped:
        _tell(f"skipped {S3}{place.bucket}/{place.key}: {reason}")
    missing = 0
    for face in work.missing():
        why = "was not found again in its image" if face.looked else "is of an image not looked at"
        _tell(f"{face.face_id} {why}, {face.image_id}")
        missing += 1
    _tell(
        f"{work.target.id} has new vectors of face model version {work.target.model} for the faces "
        f"of {work.source.id}, but for {missing}."
    )
    _tell_of_untied(untied)
    return not missing and not untied


def _places(file: Path) -> Iterator["Place"]:
    """The images that a list names; empty lines do not matter."""
    from sightline.domain.reembedding import Place  # noqa: PLC0415

    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            named = line.rstrip("\r\n")
            bucket, _, key = named.removeprefix(S3).partition("/")
            if named.startswith(S3) and bucket and key:
                yield Place(bucket, key)
            elif named.strip():
                raise Failure(f"{file}, line {number}: not {S3}BUCKET/KEY")


@contextmanager
def _written(file: Path) -> Iterator[IO[bytes]]:
    """What becomes the file as soon as it is whole; whoever may not read it then, never can."""
    if file == STREAM:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as stream:
        try:  # made with the mode 0600
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            Path(stream.name).replace(file)
        except BaseException:
            Path(stream.name).unlink()
            raise


@contextmanager
def _read(file: Path) -> Iterator[BinaryIO]:
    """A file that can be read twice, which a stream cannot."""
    if file != STREAM:
        with file.open("rb") as stream:
            yield stream
        return
    with TemporaryFile() as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield copy


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, where that is a terminal, and how it is told of what is done."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns,
        console=_err,
        disable=not _err.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
        transient=True,
    ) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.advance(task, done)


def _tell_of_untied(untied: int) -> None:
    if untied:
        _tell(f"{untied} faces that users should have are not there, or are another user's.")


def _tell(line: str, file: Path | None = None) -> None:
    """Prints a line; on stderr where the file is the standard output."""
    (_err if file == STREAM else out).print(printable(line), markup=False, soft_wrap=True)
