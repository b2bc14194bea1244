"""AssociateFaces and DisassociateFaces through an unmodified client."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sightline.store import table, users
from sightline.store.table import Cancelled
from tests.faces.conftest import Album, person

UNKNOWN = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def face_ids(album: Album) -> list[str]:
    """Four faces of one person, and one of another; a user `eileen`."""
    album.user("eileen")
    alike = [album.index(person(1).like(99 + number / 5))[0] for number in range(4)]
    return [*alike, *album.index(person(2))]


def associate(album: Album, face_ids: list[str], **parameters: Any) -> Any:
    parameters = {"UserId": "eileen", **parameters}
    return album.client.associate_faces(CollectionId="people", FaceIds=face_ids, **parameters)


def disassociate(album: Album, face_ids: list[str], **parameters: Any) -> Any:
    parameters = {"UserId": "eileen", **parameters}
    return album.client.disassociate_faces(CollectionId="people", FaceIds=face_ids, **parameters)


def done(answer: Any) -> list[str]:
    faces = answer.get("AssociatedFaces", answer.get("DisassociatedFaces"))
    return [face["FaceId"] for face in faces]


def test_associate(album: Album, face_ids: list[str]) -> None:
    answer = associate(album, face_ids[:2])
    assert done(answer) == face_ids[:2]
    assert answer["UnsuccessfulFaceAssociations"] == []
    assert answer["UserStatus"] == "ACTIVE"
    assert album.users() == {"eileen": "ACTIVE"}
    assert sorted(album.faces(UserId="eileen")) == sorted(face_ids[:2])
    assert album.counts() == (5, 1)


def test_faces_that_the_user_has_already_are_passed_over(album: Album, face_ids: list[str]) -> None:
    associate(album, face_ids[:2])
    answer = associate(album, [*face_ids[:3], face_ids[2]])
    assert done(answer) == face_ids[2:3]
    assert answer["UnsuccessfulFaceAssociations"] == []
    assert answer["UserStatus"] == "ACTIVE"


def test_refused_faces_with_their_reasons(album: Album, face_ids: list[str]) -> None:
    album.user("grace", face_ids[0])
    associate(album, face_ids[1:2])
    answer = associate(album, [UNKNOWN, face_ids[0], face_ids[4], face_ids[2]])
    assert done(answer) == face_ids[2:3]
    missing, elsewhere, unlike = answer["UnsuccessfulFaceAssociations"]
    assert missing == {"FaceId": UNKNOWN, "Reasons": ["FACE_NOT_FOUND"]}
    assert elsewhere == {
        "FaceId": face_ids[0],
        "UserId": "grace",
        "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"],
    }
    assert unlike["FaceId"] == face_ids[4]
    assert unlike["Reasons"] == ["LOW_MATCH_CONFIDENCE"]
    assert 0 <= unlike["Confidence"] < 75
    assert sorted(album.faces(UserId="eileen")) == sorted(face_ids[1:3])


def test_the_first_faces_need_not_be_alike(album: Album, face_ids: list[str]) -> None:
    assert done(associate(album, face_ids, UserMatchThreshold=100)) == face_ids


def test_the_threshold(album: Album, face_ids: list[str]) -> None:
    associate(album, album.index(person(1)))
    (fair,) = album.index(person(1).like(70))
    assert done(associate(album, [fair])) == []
    assert done(associate(album, [fair], UserMatchThreshold=80)) == []
    assert done(associate(album, [fair], UserMatchThreshold=50)) == [fair]
    assert done(associate(album, [face_ids[4]], UserMatchThreshold=0)) == [face_ids[4]]


def test_an_unknown_user(album: Album, face_ids: list[str]) -> None:
    for call in (associate, disassociate):
        with pytest.raises(
            album.client.exceptions.ResourceNotFoundException, match="Eileen does not exist"
        ):
            call(album, face_ids[:1], UserId="Eileen")
    assert album.faces(UserId="eileen") == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"FaceIds": [UNKNOWN] * 101},
        {"FaceIds": [UNKNOWN.upper() + "X"]},
        {"UserMatchThreshold": 101},
        {"ClientRequestToken": "a b"},
    ],
)
def test_bad_parameters(album: Album, face_ids: list[str], parameters: dict[str, Any]) -> None:
    request = {"CollectionId": "people", "UserId": "eileen", "FaceIds": face_ids, **parameters}
    with pytest.raises(ClientError, match="ValidationException"):
        album.client.associate_faces(**request)


def test_a_hundred_faces_and_no_more(album: Album, face_ids: list[str]) -> None:
    many = album.index(*(person(number) for number in range(100)))
    assert done(associate(album, face_ids[:2], UserMatchThreshold=0)) == face_ids[:2]
    answer = associate(album, many, UserMatchThreshold=0)
    assert done(answer) == many[:98]
    assert answer["UserStatus"] == "ACTIVE"
    assert answer["UnsuccessfulFaceAssociations"] == [
        {"FaceId": face_id, "Reasons": []} for face_id in many[98:]
    ]
    assert len(album.faces(UserId="eileen")) == 100
    with pytest.raises(album.client.exceptions.ServiceQuotaExceededException):
        associate(album, many[98:], UserMatchThreshold=0)
    assert done(associate(album, many[:1])) == []  # it is there already
    answer = disassociate(album, [*face_ids[:2], *many[:98]])
    assert done(answer) == [*face_ids[:2], *many[:98]]
    assert answer["UserStatus"] == "CREATED"
    assert album.faces(UserId="eileen") == []
    assert album.counts() == (105, 1)


def test_disassociate(album: Album, face_ids: list[str]) -> None:
    album.user("grace", face_ids[4])
    associate(album, face_ids[:3])
    answer = disassociate(album, [face_ids[3], face_ids[4], UNKNOWN, face_ids[1], face_ids[0]])
    assert done(answer) == [face_ids[1], face_ids[0]]
    assert answer["UserStatus"] == "ACTIVE"
    assert answer["UnsuccessfulFaceDisassociations"] == [
        {
            "FaceId": face_ids[4],
            "UserId": "grace",
            "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"],
        },
        {"FaceId": UNKNOWN, "Reasons": ["FACE_NOT_FOUND"]},
    ]
    assert album.faces(UserId="eileen") == [face_ids[2]]
    assert disassociate(album, face_ids[2:3])["UserStatus"] == "CREATED"
    assert album.users() == {"eileen": "CREATED", "grace": "ACTIVE"}


def test_a_call_that_is_sent_again_gets_the_same_answer(album: Album, face_ids: list[str]) -> None:
    first = associate(album, face_ids[:2], ClientRequestToken="one")
    disassociate(album, face_ids[:1], ClientRequestToken="two")
    again = associate(album, face_ids[:2], ClientRequestToken="one")
    assert done(again) == done(first) == face_ids[:2]
    assert album.faces(UserId="eileen") == face_ids[1:2]
    assert done(disassociate(album, face_ids[:1], ClientRequestToken="two")) == face_ids[:1]
    assert done(disassociate(album, face_ids[:1], ClientRequestToken="three")) == []


def test_also_one_that_changed_nothing(album: Album, face_ids: list[str]) -> None:
    first = associate(album, [UNKNOWN], ClientRequestToken="one")
    album.client.delete_faces(CollectionId="people", FaceIds=face_ids[:1])
    again = associate(album, [UNKNOWN], ClientRequestToken="one")
    assert again["UnsuccessfulFaceAssociations"] == first["UnsuccessfulFaceAssociations"]
    assert again["UserStatus"] == first["UserStatus"] == "CREATED"


def test_a_token_of_other_parameters(album: Album, face_ids: list[str]) -> None:
    associate(album, face_ids[:1], ClientRequestToken="one")
    for other in ({"UserMatchThreshold": 1}, {"UserId": "grace"}):
        with pytest.raises(album.client.exceptions.IdempotentParameterMismatchException):
            associate(album, face_ids[:1], ClientRequestToken="one", **other)
    with pytest.raises(album.client.exceptions.IdempotentParameterMismatchException):
        associate(album, face_ids[:2], ClientRequestToken="one")
    disassociate(album, face_ids[:1], ClientRequestToken="one")  # another operation's


def test_a_user_that_others_change_all_the_time(
    album: Album, face_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    album.user("grace", face_ids[3])

    def too_late(*_: object) -> None:
        raise Cancelled(["TransactionConflict"])

    monkeypatch.setattr(table, "PAUSE", (0.0, 0.0))
    for name in ("create", "change", "delete"):
        monkeypatch.setattr(users, name, too_late)
    calls: list[Callable[[], Any]] = [
        lambda: associate(album, face_ids[:1]),
        lambda: disassociate(album, face_ids[3:4], UserId="grace"),
        lambda: album.client.create_user(CollectionId="people", UserId="ada"),
        lambda: album.client.delete_user(CollectionId="people", UserId="eileen"),
    ]
    for call in calls:
        with pytest.raises(album.client.exceptions.ConflictException):
            call()


def test_a_face_that_is_deleted_while_it_gets_a_user(
    album: Album, face_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = users.change

    def slow(*parameters: Any) -> None:
        monkeypatch.setattr(users, "change", honest)
        album.client.delete_faces(CollectionId="people", FaceIds=face_ids[:1])
        honest(*parameters)

    monkeypatch.setattr(users, "change", slow)
    answer = associate(album, face_ids[:2])
    assert done(answer) == face_ids[1:2]
    assert answer["UnsuccessfulFaceAssociations"] == [
        {"FaceId": face_ids[0], "Reasons": ["FACE_NOT_FOUND"]}
    ]
    assert album.faces() == sorted(face_ids[1:])
    assert album.counts() == (4, 1)
