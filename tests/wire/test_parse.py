"""JSON bodies as clients send them, and as clients should not."""

import base64
import json
from typing import Any

import pytest

from sightline.errors import SerializationException
from sightline.wire.model import input_shape
from sightline.wire.parse import parse_body

SEARCH = input_shape("SearchFaces")


def test_blobs_are_decoded() -> None:
    body = json.dumps({"Image": {"Bytes": base64.b64encode(b"\x00\xff").decode()}}).encode()
    assert parse_body(body, input_shape("DetectFaces")) == {"Image": {"Bytes": b"\x00\xff"}}


def test_unknown_members_are_ignored_and_nulls_are_absent() -> None:
    body = b'{"CollectionId": "a", "FaceId": null, "Colour": {"deep": [1]}}'
    assert parse_body(body, SEARCH) == {"CollectionId": "a"}


def test_an_empty_body_means_no_parameters() -> None:
    assert parse_body(b"", input_shape("ListCollections")) == {}


def test_whole_floats_are_integers() -> None:
    assert parse_body(b'{"MaxFaces": 12.0}', SEARCH) == {"MaxFaces": 12}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"MaxFaces": ' + b"9" * 5000 + b"}",
        b'{"CollectionId": 1}',
        b'{"CollectionId": "\\ud800"}',
        b'{"MaxFaces": "1"}',
        b'{"MaxFaces": 1.5}',
        b'{"MaxFaces": true}',
        b'{"MaxFaces": 2147483648}',
        b'{"FaceMatchThreshold": NaN}',
        b'{"FaceMatchThreshold": Infinity}',
        b'{"FaceMatchThreshold": 1e999}',
        b'{"FaceMatchThreshold": "80"}',
    ],
)
def test_what_is_not_the_shape_is_refused(body: bytes) -> None:
    with pytest.raises(SerializationException):
        parse_body(body, SEARCH)


@pytest.mark.parametrize("sent", ["not base64!", "AAA", "é", 7, ["AA=="]])
def test_what_is_not_base64_is_refused(sent: Any) -> None:
    with pytest.raises(SerializationException, match="Bytes"):
        parse_body(json.dumps({"Image": {"Bytes": sent}}).encode(), input_shape("DetectFaces"))
