"""Page tokens: bound to their query, good for a day, short enough for the model."""

import time

import pytest

from sightline.errors import InvalidPaginationTokenException
from sightline.wire import paging

QUERY = {"CollectionId": "people", "MaxResults": 10}


def token(last: str = "face-17") -> str:
    made = paging.token_after("ListFaces", QUERY, last)
    assert made is not None
    return made


def test_a_token_brings_back_where_the_page_ended() -> None:
    assert paging.start_of("ListFaces", {**QUERY, "NextToken": token()}) == "face-17"


def test_the_last_page_has_no_token() -> None:
    assert paging.token_after("ListFaces", QUERY, None) is None


def test_a_page_may_change_its_size() -> None:
    request = {"CollectionId": "people", "MaxResults": 3, "NextToken": token()}
    assert paging.start_of("ListFaces", request) == "face-17"


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("ListUsers", {"CollectionId": "people"}),
        ("ListFaces", {"CollectionId": "others"}),
        ("ListFaces", {"CollectionId": "people", "UserId": "eve"}),
    ],
)
def test_a_token_of_another_query_is_refused(operation: str, request_: dict[str, object]) -> None:
    with pytest.raises(InvalidPaginationTokenException):
        paging.start_of(operation, {**request_, "NextToken": token()})


@pytest.mark.parametrize("bend", ["x", "AAAA", "!!!!", "é" * 9, "cut", "longer"])
def test_a_forged_token_is_refused(bend: str) -> None:
    forged = {"cut": token()[:-4], "longer": token() + "AAAA"}.get(bend, bend)
    with pytest.raises(InvalidPaginationTokenException):
        paging.start_of("ListFaces", {**QUERY, "NextToken": forged})


def test_a_token_expires_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    made, now = token(), time.time()
    monkeypatch.setattr(time, "time", lambda: now + paging.LIFETIME + 2)
    with pytest.raises(InvalidPaginationTokenException, match="expired"):
        paging.start_of("ListFaces", {**QUERY, "NextToken": made})


def test_a_token_of_the_longest_user_id_fits_the_model() -> None:
    assert len(token("u" * 128)) <= 255
