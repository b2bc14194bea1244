"""Signatures, made by botocore's own signer and then bent in every way that must be refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sightline import errors
from sightline.wire.http import HttpRequest
from sightline.wire.sigv4 import TIME_FORMAT, verify

SECRETS = {"AKIDEXAMPLE": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}


def signed(key_id: str = "AKIDEXAMPLE", secret: str = "", query: str = "") -> HttpRequest:
    request = AWSRequest(
        "POST",
        f"http://127.0.0.1:4599/{query}",
        headers={"X-Amz-Target": "RekognitionService.ListCollections", "X-Two": " a   b "},
        data=b"{}",
    )
    credentials = Credentials(key_id, secret or SECRETS.get(key_id, "other"))
    SigV4Auth(credentials, "rekognition", "eu-west-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers["host"] = "127.0.0.1:4599"
    pairs = tuple(tuple(pair.split("=")) for pair in query.lstrip("?").split("&") if pair)
    return HttpRequest("POST", "/", pairs, headers, b"{}", "id")  # type: ignore[arg-type]


def check(request: HttpRequest, now: datetime | None = None) -> str:
    return verify(request, "rekognition", SECRETS.get, now or datetime.now(UTC))


def with_header(request: HttpRequest, name: str, value: str | None) -> HttpRequest:
    headers = {**request.headers, name: value or ""}
    if value is None:
        del headers[name]
    return replace(request, headers=headers)


def authorization(edit: Callable[[str], str]) -> HttpRequest:
    request = signed()
    return with_header(request, "authorization", edit(request.headers["authorization"]))


def test_a_true_signature_names_its_key() -> None:
    assert check(signed()) == "AKIDEXAMPLE"
    assert check(signed(query="?b=2&a=x%20y".replace("%20", "-"))) == "AKIDEXAMPLE"


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_clock_may_differ_by_minutes(minutes: int) -> None:
    assert check(signed(), datetime.now(UTC) + timedelta(minutes=minutes))


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_future_date_is_expired(minutes: int) -> None:
    with pytest.raises(errors.RequestExpired):
        check(signed(), datetime.now(UTC) + timedelta(minutes=minutes))


def test_an_unknown_key_is_unrecognized() -> None:
    with pytest.raises(errors.UnrecognizedClientException):
        check(signed("AKIDOTHER"))


def test_no_authorization_is_a_missing_token() -> None:
    with pytest.raises(errors.MissingAuthenticationTokenException):
        check(with_header(signed(), "authorization", None))


@pytest.mark.parametrize(
    "change",
    [
        lambda: signed(secret="wrong"),
        lambda: replace(signed(), body=b'{"MaxResults": 1}'),
        lambda: replace(signed(), method="PUT"),
        lambda: replace(signed(), path="/other"),
        lambda: replace(signed(), query=(("a", "b"),)),
        lambda: with_header(signed(), "host", "evil.example"),
        lambda: with_header(signed(), "x-amz-target", "RekognitionService.DeleteCollection"),
        lambda: authorization(lambda text: text[:-1] + ("0" if text[-1] != "0" else "1")),
        lambda: authorization(lambda text: text[:-1] + "é"),
        lambda: authorization(lambda text: text.replace("eu-west-1", "us-east-1")),
        lambda: with_header(signed(), "x-amz-date", "20200101T000000Z"),
    ],
)
def test_whatever_was_changed_after_signing_is_found(change: Callable[[], HttpRequest]) -> None:
    with pytest.raises(errors.InvalidSignatureException):
        check(change())


@pytest.mark.parametrize(
    "change",
    [
        lambda: with_header(signed(), "x-amz-date", None),
        lambda: with_header(signed(), "x-amz-date", "yesterday"),
        lambda: with_header(signed(), "authorization", "Basic dGVzdDp0ZXN0"),
        lambda: authorization(lambda text: text.replace("Credential", "Kredential")),
        lambda: authorization(lambda text: text.replace("SignedHeaders", "Headers")),
        lambda: authorization(lambda text: text.split("Signature=")[0]),
        lambda: authorization(lambda text: text.replace("/rekognition/", "/s3/")),
        lambda: authorization(lambda text: text.replace("/aws4_request", "")),
        lambda: authorization(lambda text: text.replace("host;", "")),
        lambda: authorization(lambda text: text.replace(";x-amz-target", "")),
    ],
)
def test_a_part_that_is_missing_is_named(change: Callable[[], HttpRequest]) -> None:
    with pytest.raises(errors.IncompleteSignatureException, match=r"\w"):
        check(change())


def test_a_long_header_is_read_once() -> None:
    """A pattern that began anew at each letter would take hours for this one."""
    with pytest.raises(errors.IncompleteSignatureException):
        check(authorization(lambda header: header[:17] + "A" * 1_000_000))


def test_the_date_of_the_scope_must_be_the_days() -> None:
    stale = f"{datetime.now(UTC) + timedelta(days=1):{TIME_FORMAT}}"
    with pytest.raises(errors.InvalidSignatureException, match="scope"):
        check(with_header(signed(), "x-amz-date", stale))
