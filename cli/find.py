"""`sightline find`: photos that were analysed as they arrived, by what was seen on them."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cli.connection import LOCAL, EndpointUrl, Region, TableName, stack
from cli.report import out

if TYPE_CHECKING:
    from sightline.store.findings import Entry


class Kind(StrEnum):
    """What photos can be found by."""

    LABEL = "label"
    TEXT = "text"
    MODERATION = "moderation"
    CELEBRITY = "celebrity"
    FAILED = "failed"


def find(
    kind: Annotated[Kind, typer.Argument(help="`failed` takes no NAME.")],
    name: Annotated[
        str | None, typer.Argument(help="The label, word, moderation label or person.")
    ] = None,
    bucket: Annotated[str | None, typer.Option(help="Only photos of this bucket.")] = None,
    prefix: Annotated[str, typer.Option(help="Only photos whose key begins with this.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Photos to list.")] = 20,
    after: Annotated[str, typer.Option(help="Go on after this, which the last page gave.")] = "",
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    table: TableName = "sightline",
) -> None:
    """Find photos: `find label Dog`, `find text EXIT`, `find failed`; the surest come first."""
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table):
        from sightline.domain.findings import Wanted, find  # noqa: PLC0415

        wanted, place = Wanted(kind, name, bucket, prefix), after
        found: list[Entry] = []
        while True:
            page = find(wanted, place, limit - len(found))
            found += page.entries
            place = page.last or ""
            if not place or len(found) == limit:
                break
    for entry in found:
        line = f"{entry.confidence:5.1f}  {entry.bucket}/{entry.key}  {entry.shown}"
        out.print(_printable(line), markup=False, soft_wrap=True)
    if place:
        out.print(f"More: --after {place}", style="dim", markup=False, soft_wrap=True)


def _printable(line: str) -> str:
    """A line whose control characters, which keys and texts may have, no terminal obeys."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in line
    )
