"""The checks by the service model: each kind of violation, in the service's words."""

import pytest

from sightline.errors import ValidationException
from sightline.wire.constraints import check
from sightline.wire.model import input_shape

FACE_ID = "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "DescribeCollection",
            {},
            "1 validation error detected: Value null at 'collectionId' failed to satisfy "
            "constraint: Member must not be null",
        ),
        (
            "CreateCollection",
            {"CollectionId": "a/b"},
            "1 validation error detected: Value 'a/b' at 'collectionId' failed to satisfy "
            r"constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.\-]+",
        ),
        (
            "ListFaces",
            {"CollectionId": "a", "MaxResults": 4097},
            "1 validation error detected: Value '4097' at 'maxResults' failed to satisfy "
            "constraint: Member must have value less than or equal to 4096",
        ),
        (
            "SearchFaces",
            {"CollectionId": "a", "FaceId": FACE_ID, "FaceMatchThreshold": -0.5},
            "1 validation error detected: Value '-0.5' at 'faceMatchThreshold' failed to satisfy "
            "constraint: Member must have value greater than or equal to 0",
        ),
        (
            "DetectFaces",
            {"Image": {}, "Attributes": ["ALL", "HAIR"]},
            "1 validation error detected: Value 'HAIR' at 'attributes.2.member' failed to satisfy "
            "constraint: Member must satisfy enum value set: [DEFAULT, ALL, AGE_RANGE, BEARD, "
            "EMOTIONS, EYE_DIRECTION, EYEGLASSES, EYES_OPEN, GENDER, MOUTH_OPEN, MUSTACHE, "
            "FACE_OCCLUDED, SMILE, SUNGLASSES]",
        ),
        (
            "DetectFaces",
            {"Image": {"Bytes": b""}},
            "1 validation error detected: Value at 'image.bytes' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1",
        ),
        (
            "DeleteFaces",
            {"CollectionId": "a", "FaceIds": []},
            "1 validation error detected: Value '[]' at 'faceIds' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1",
        ),
    ],
)
def test_a_violation_is_named_with_its_value_and_place(
    operation: str, request_: dict[str, object], message: str
) -> None:
    with pytest.raises(ValidationException) as caught:
        check(request_, input_shape(operation))
    assert str(caught.value) == message


def test_a_long_list_makes_no_long_message() -> None:
    bad = ["A" * 100] * 50_000
    with pytest.raises(ValidationException) as caught:
        check({"CollectionId": "a", "FaceIds": bad}, input_shape("DeleteFaces"))
    assert str(caught.value).startswith("1 validation error detected: Value '[AAA")
    assert len(str(caught.value)) < 500
    with pytest.raises(ValidationException, match=r"^10 validation errors"):
        check({"CollectionId": "a", "FaceIds": bad[:100]}, input_shape("DeleteFaces"))


def test_every_violation_is_in_one_message() -> None:
    with pytest.raises(ValidationException, match=r"^3 validation errors detected: .*; .*; "):
        check({"CollectionId": "a b" * 100, "FaceId": "x"}, input_shape("SearchFaces"))


def test_bytes_are_never_repeated() -> None:
    image = b"\x89secret" * 1_000_000
    with pytest.raises(ValidationException) as caught:
        check({"Image": {"Bytes": image}}, input_shape("DetectFaces"))
    assert "length less than or equal to 5242880" in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_long_value_is_cut() -> None:
    with pytest.raises(ValidationException) as caught:
        check({"CollectionId": "ü" * 100_000}, input_shape("CreateCollection"))
    assert len(str(caught.value)) < 1500


@pytest.mark.parametrize("key", ["Grüße", "日本語", "a b", "a:b/c=d+e-f@g", "x" * 128])
def test_tag_keys_of_any_script_pass(key: str) -> None:
    check({"CollectionId": "a", "Tags": {key: "wért"}}, input_shape("CreateCollection"))


@pytest.mark.parametrize("key", ["aws:a", "a\nb", "a\tb", "a!b", "", "x" * 129, "😀"])
def test_tag_keys_outside_the_pattern_fail(key: str) -> None:
    with pytest.raises(ValidationException, match="tags"):
        check({"CollectionId": "a", "Tags": {key: ""}}, input_shape("CreateCollection"))


def test_a_trailing_newline_is_outside_every_pattern() -> None:
    with pytest.raises(ValidationException, match="regular expression"):
        check({"CollectionId": "people\n"}, input_shape("DescribeCollection"))
