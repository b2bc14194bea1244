"""What is found in the pieces of a video, on its way to the merge: a line of JSON a record,
compressed, written and read one by one.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any

Pieces = Sequence[Callable[[], bytes]]
# Of confidences and of ratios of the frame: a thousandth of a pixel.
DIGITS = 6


def dump(records: Iterable[Any]) -> bytes:
    """Records of JSON's types as the object of a piece; the same records are the same bytes."""
    data = BytesIO()
    with gzip.GzipFile(fileobj=data, mode="wb", mtime=0) as file:
        for record in records:
            file.write(packed(record) + b"\n")
    return data.getvalue()


def load(pieces: Pieces) -> Iterator[Any]:
    """The records of all pieces, one after the other; one piece is in memory at a time."""
    for read in pieces:
        with gzip.GzipFile(fileobj=BytesIO(read())) as file:
            for line in file:
                yield json.loads(line)


def packed(record: Any) -> bytes:
    """A record in as few bytes as JSON can."""
    return json.dumps(record, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()


def rounded(value: Any) -> Any:
    """The same value with every number in it shortened, however deep."""
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    return value
