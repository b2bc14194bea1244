"""What an exported file must be: a bad line is named, and not repeated."""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest

from sightline.domain import moving
from sightline.domain.export_file import (
    Header,
    Member,
    end_line,
    face_line,
    header_line,
    member_line,
)
from sightline.domain.export_reading import BadLine
from sightline.errors import InvalidParameterException
from sightline.store.faces import StoredFace
from tests.faces.conftest import person

Line = dict[str, Any]
Change = Callable[[list[Line]], object]


def still(_: int) -> None:
    """Tells nobody."""


@pytest.fixture(scope="module")
def whole() -> bytes:
    """A file of nine faces, and three users with one each."""
    ids = [f"{number:08x}-0000-5000-8000-000000000000" for number in range(9)]
    stored = [
        StoredFace(
            id=face_id,
            image_id=face_id,
            external_id=None,
            box=person(number).face.box,
            confidence=99.5,
            model="7.0",
            vector=person(number).vector.tobytes(),
        )
        for number, face_id in enumerate(ids)
    ]
    members = [Member(f"user-{number}", (face_id,)) for number, face_id in enumerate(ids[:3])]
    lines = [
        header_line(Header("people", "7.0", {}, 9, 3)),
        *map(face_line, stored),
        *map(member_line, members),
        end_line(9, 3),
    ]
    return "".join(lines).encode()


def changed(stream: BytesIO, change: Change) -> BytesIO:
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    change(lines)
    return BytesIO(b"".join(json.dumps(line).encode() + b"\n" for line in lines))


def _of_face(**values: Any) -> Change:
    return lambda lines: lines[2]["Face"].update(values)


def _of_user(**values: Any) -> Change:
    return lambda lines: lines[11]["User"].update(values)


def _vector(*values: float) -> str:
    return b64encode(np.array(values, "<f4").tobytes()).decode()


NAMES = {b"BoundingBox", b"ExternalImageId", b"FormatVersion"}
BOX = {"Left": 0.1, "Top": 0.1, "Width": 0.2, "Height": 0.2}
BAD: dict[str, tuple[Change, int, str]] = {
    "no end": (lambda lines: lines.pop(), 14, "cut short"),
    "wrong counts": (lambda lines: lines.pop(3), 13, "9 faces and 3 users, and there are 8 and 3"),
    "more": (lambda lines: lines.append(lines[1]), 15, "after the End"),
    "no header": (lambda lines: lines.pop(0), 1, "Face stands where Collection"),
    "another format": (lambda lines: lines[0]["Collection"].update(Format="x"), 1, "Format"),
    "a later version": (
        lambda lines: lines[0]["Collection"].update(FormatVersion=2),
        1,
        "FormatVersion is not 1",
    ),
    "tags": (lambda lines: lines[0]["Collection"].update(Tags={"a": 1}), 1, "Tags"),
    "twice": (lambda lines: lines.insert(3, lines[2]), 4, "FaceId is not greater"),
    "user twice": (lambda lines: lines.insert(12, lines[10]), 13, "UserId was there before"),
    "user first": (lambda lines: lines.insert(1, lines.pop(11)), 3, "Face stands where End"),
    "unknown": (lambda lines: lines.insert(3, {"Photo": {}}), 4, "not an object with one of"),
    "a list": (lambda lines: lines.insert(3, []), 4, "not an object with one of"),  # type: ignore[arg-type]
    "short": (_of_face(Vector=_vector(1, 0)), 3, "Vector has 8 bytes, not 512"),
    "long": (_of_face(Vector=_vector(*[1] + 127 * [0], 0)), 3, "516 bytes"),
    "not unit": (_of_face(Vector=_vector(*[1.01] + 127 * [0])), 3, "unit length"),
    "zero": (_of_face(Vector=_vector(*128 * [0])), 3, "unit length"),
    "nan": (_of_face(Vector=_vector(*[float("nan")] + 127 * [0])), 3, "unit length"),
    "infinite": (_of_face(Vector=_vector(*[float("inf")] + 127 * [0])), 3, "unit length"),
    "not base64": (_of_face(Vector="é" * 684), 3, "not base64"),
    "no vector": (_of_face(Vector=None), 3, "not base64"),
    "no uuid": (_of_face(FaceId="eileen"), 3, "FaceId is not"),
    "upper case": (_of_face(ImageId="0" * 7 + "A-0000-0000-0000-000000000000"), 3, "ImageId"),
    "external": (_of_face(ExternalImageId="a b"), 3, "ExternalImageId is not"),
    "user of a face": (_of_face(UserId="a/b"), 3, "UserId is not"),
    "confidence": (_of_face(Confidence=100.1), 3, "Confidence is not a number from 0 to 100"),
    "nan confidence": (_of_face(Confidence=float("nan")), 3, "Confidence"),
    "true": (_of_face(Confidence=True), 3, "Confidence"),
    "no box": (_of_face(BoundingBox=None), 3, "BoundingBox"),
    "empty box": (_of_face(BoundingBox=BOX | {"Width": 0}), 3, "BoundingBox is empty"),
    "far away": (_of_face(BoundingBox=BOX | {"Left": 1.9}), 3, "too far past"),
    "farther": (_of_face(BoundingBox=BOX | {"Top": -1.1}), 3, "Top is not a number from -1 to 2"),
    "user id": (_of_user(UserId="a" * 129), 12, "UserId is not"),
    "face ids": (_of_user(FaceIds=["eileen"]), 12, "FaceIds is not a list of face ids"),
    "face id twice": (_of_user(FaceIds=2 * ["0" * 8 + 3 * "-0000" + "-" + 12 * "0"]), 12, "twice"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_line_is_named_and_not_repeated(whole: bytes, case: str) -> None:
    change, number, reason = BAD[case]
    stream = changed(BytesIO(whole), change)
    with pytest.raises(BadLine) as refused:
        moving.check(stream, still)
    told = str(refused.value)
    assert told.startswith(f"Line {number}: ")
    assert reason in told
    words = re.findall(rb"[^\W\d_]{12,}", stream.getvalue())  # of vectors and long names
    assert not any(word.decode() in told for word in set(words) - NAMES)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "Line 1: the file is cut short"),
        (b"\n", "Line 1: it is not JSON"),
        (b"\xff\n", "Line 1: it is not JSON"),
        (b"[" * 100_000 + b"\n", "Line 1: it is not JSON"),
        (b" " * 2**20 + b"\n", "Line 1: it is over 1048576 bytes long"),
    ],
)
def test_what_is_no_export_at_all(raw: bytes, reason: str) -> None:
    with pytest.raises(BadLine, match=reason):
        moving.check(BytesIO(raw), still)


def test_a_file_cut_anywhere_is_refused(whole: bytes) -> None:
    for length in range(0, len(whole), 97):
        with pytest.raises(BadLine):
            moving.check(BytesIO(whole[:length]), still)
    moving.check(BytesIO(whole), still)


def test_another_face_model_is_refused_with_the_way_out(whole: bytes) -> None:
    def change(lines: list[Line]) -> None:
        lines[0]["Collection"]["FaceModelVersion"] = "6.0"

    with pytest.raises(InvalidParameterException) as refused:
        moving.check(changed(BytesIO(whole), change), still)
    for told in ("6.0", "7.0", "sightline collections reembed"):
        assert told in refused.value.message
