"""A collection moves house: out into a file, in again, and its faces, users and answers stay."""

import json
from base64 import b64decode, b64encode
from contextlib import suppress
from io import BytesIO
from itertools import count
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from sightline.domain import bulk, moving
from sightline.domain.celebrity_info import GALLERY
from sightline.domain.export_reading import BadLine
from sightline.errors import InvalidParameterException, ResourceNotFoundException
from sightline.settings import settings
from sightline.store import aws, collections, faces
from tests.faces.conftest import Album, person
from tests.faces.test_crashes import MOMENTS, Assassin, Died, assassin
from tests.faces.test_export_reading import Line, changed, still

__all__ = ["assassin"]


def exported(collection_id: str = "people") -> BytesIO:
    stream = BytesIO()
    moving.export(moving.own(collection_id), lambda line: stream.write(line.encode()), still)
    return stream


def imported(stream: BytesIO, collection_id: str = "copy") -> moving.Imported:
    moving.check(stream, still)
    return moving.load(stream, collection_id, still)


@pytest.fixture
def family(album: Album) -> Album:
    """Nine faces in four photos, and users with six, two and no faces."""
    album.client.tag_resource(ResourceArn=arn(album), Tags={"team": "red", "größe": ""})
    group = album.index(*(person(number) for number in range(5)), ExternalImageId="party:1")
    mine = album.index(person(1).like(95), person(1).like(85))
    album.user("eileen", *mine)
    album.user("grace", *group, album.index(person(7).seen(confidence=90.25))[0])
    album.user("nobody")
    album.index(person(8))
    return album


def arn(album: Album) -> str:
    return str(album.client.describe_collection(CollectionId="people")["CollectionARN"])


def held(album: Album, collection_id: str) -> dict[str, Any]:
    """All that a client can list of a collection, but for its name and age."""
    client, named = album.client, {"CollectionId": collection_id}
    described = client.describe_collection(**named)
    users = client.list_users(**named)["Users"]
    return {
        "counts": (described["FaceCount"], described["UserCount"]),
        "model": described["FaceModelVersion"],
        "tags": client.list_tags_for_resource(ResourceArn=described["CollectionARN"])["Tags"],
        "faces": client.list_faces(**named)["Faces"],
        "users": sorted((user["UserId"], user["UserStatus"]) for user in users),
    }


def answers(album: Album, collection_id: str) -> dict[str, Any]:
    """The same, and what a search for each face finds."""
    listed = held(album, collection_id)
    for face in listed["faces"]:
        probe = {"CollectionId": collection_id, "FaceId": face["FaceId"]}
        listed[face["FaceId"]] = (
            album.client.search_faces(**probe, FaceMatchThreshold=0)["FaceMatches"],
            album.client.search_users(**probe, UserMatchThreshold=0)["UserMatches"],
        )
    return listed


def items() -> list[Any]:
    """The whole table."""
    pages = aws.dynamodb().get_paginator("scan").paginate(TableName=settings().table)
    return sorted((item for page in pages for item in page["Items"]), key=str)


def test_a_copy_gives_the_same_answers(family: Album) -> None:
    done = imported(exported())
    assert (done.differing, done.untied) == (0, 0)
    theirs = answers(family, "people")
    assert theirs["counts"] == (9, 3)
    assert len(theirs) == 5 + 9
    assert answers(family, "copy") == theirs


def test_an_import_done_again_changes_nothing(family: Album) -> None:
    stream = exported()
    imported(stream)
    before = items()
    imported(stream)
    assert items() == before


def test_an_export_of_the_copy_is_the_same_file(family: Album) -> None:
    first = exported()
    imported(first)
    lines, again = (sorted(each.getvalue().splitlines()) for each in (first, exported("copy")))
    assert [line.replace(b'"copy"', b'"people"') for line in again] == lines


def test_what_is_added_later_moves_with_the_next_export(family: Album) -> None:
    imported(exported())
    family.client.associate_faces(
        CollectionId="people", UserId="nobody", FaceIds=family.index(person(30))
    )
    imported(exported())
    assert answers(family, "copy") == answers(family, "people")


def test_an_empty_collection_moves_too(album: Album) -> None:
    imported(exported())
    assert answers(album, "copy") == answers(album, "people")


def test_a_line_has_the_services_names_and_the_vector_bit_by_bit(family: Album) -> None:
    head, *lines, end = map(json.loads, exported().getvalue().splitlines())
    assert head["Collection"]["FaceModelVersion"] == "7.0"
    assert head["Collection"]["Tags"] == {"team": "red", "größe": ""}
    assert end == {"End": {"FaceCount": 9, "UserCount": 3}}
    told = [line["Face"] for line in lines if "Face" in line]
    listed = family.client.list_faces(CollectionId="people")["Faces"]
    assert [{**face, "IndexFacesModelVersion": "7.0", "Vector": ""} for face in told] == [
        {**face, "Vector": ""} for face in listed
    ]
    (alone,) = [face for face in told if face["Confidence"] == 90.25]
    vector = np.frombuffer(b64decode(alone["Vector"]), "<f4")
    assert np.array_equal(vector, person(7).vector)


def test_an_export_reads_a_page_at_a_time(family: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PAGE", 2)
    read, whole = [], faces.page

    def page(uid: str, after: str | None, limit: int) -> Any:
        read.append(limit)
        return whole(uid, after, limit)

    monkeypatch.setattr(faces, "page", page)
    ahead = []
    moving.export(moving.own("people"), lambda _: ahead.append(len(read)), still)
    assert ahead[:11] == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6]


def test_a_change_on_the_way_is_told(family: Album) -> None:
    def index(_: str) -> None:
        if family.counts()[0] == 9:
            family.index(person(40))

    assert moving.export(moving.own("people"), index, still).changed
    assert not moving.export(moving.own("people"), index, still).changed


@pytest.mark.parametrize("anew", [False, True])
def test_a_collection_that_is_deleted_on_the_way_leaves_no_whole_file(
    family: Album, anew: bool
) -> None:
    stream = BytesIO()

    def write(line: str) -> None:
        stream.write(line.encode())
        with suppress(family.client.exceptions.ResourceNotFoundException):
            family.client.delete_collection(CollectionId="people")
        if anew:
            family.client.create_collection(CollectionId="people")

    with pytest.raises(ResourceNotFoundException):
        moving.export(moving.own("people"), write, still)
    with pytest.raises(BadLine, match="cut short"):
        moving.check(stream, still)


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_import_that_died_anywhere_is_finished_by_the_next(
    album: Album, assassin: Assassin, moment: str
) -> None:
    album.user("eileen", *album.index(*(person(number) for number in range(6))))
    album.user("nobody")
    stream, theirs = exported(), held(album, "people")
    for call in count(1):
        name = f"copy-{call}"
        with assassin.hired(call, moment), suppress(Died):
            imported(stream, name)
        if not assassin.struck:
            assert call > 15
            return
        imported(stream, name)
        assert held(album, name) == theirs


def counts(album: Album, collection_id: str) -> tuple[int, int]:
    described = album.client.describe_collection(CollectionId=collection_id)
    return described["FaceCount"], described["UserCount"]


def test_what_is_there_with_another_vector_stays_and_is_counted(family: Album) -> None:
    imported(exported())
    other = b64encode(person(99).vector.tobytes()).decode()

    def change(lines: list[Line]) -> None:
        lines[1]["Face"]["Vector"] = other

    before = items()
    assert imported(changed(exported(), change)).differing == 1
    assert items() == before


def test_a_users_face_that_the_file_lacks_is_counted(family: Album) -> None:
    def change(lines: list[Line]) -> None:
        lines[-2]["User"]["FaceIds"].append("00000000-0000-4000-8000-000000000000")

    assert imported(changed(exported(), change)).untied == 1
    assert counts(family, "copy") == (9, 3)


def test_a_collection_of_another_face_model_takes_no_import(family: Album) -> None:
    collections.create("copy", "6.0", {})
    with pytest.raises(InvalidParameterException, match=r"face model version 6\.0"):
        imported(exported())
    assert counts(family, "copy") == (0, 0)


def test_the_services_own_collections_stay_at_home(family: Album) -> None:
    collections.create(GALLERY, "7.0", {})
    with pytest.raises(InvalidParameterException):
        moving.own(GALLERY)
    with pytest.raises(InvalidParameterException):
        imported(exported(), GALLERY)
    with pytest.raises(ClientError):
        family.client.describe_collection(CollectionId="copy")
