"""Photos are found by what was seen on them, surest first, page by page."""

from contextlib import nullcontext
from typing import Any

import pytest
from botocore.exceptions import ClientError

import cli.find as command
from sightline.domain import findings as domain_findings
from sightline.store import findings, table
from sightline.store.findings import Finding, Record

CONFIDENCES = [3.25, 99.99999, 50.0, 100.0, 0.0, 50.0, 12.5, 99.0, 50.00001, 7.0, 64.0]


def seen(key: str, confidence: float, name: str = "Dog", bucket: str = "photos") -> None:
    found = (Finding("label", findings.same_name(name), name, confidence),)
    findings.settle(
        Record(bucket, key, "1", "2026-11-21T10:00:00Z", "SUCCEEDED", None, f"r/{key}", found)
    )


@pytest.fixture
def dogs(account: None) -> list[tuple[str, float]]:
    """Keys and confidences of dogs, in the order in which they are found."""
    for number, confidence in enumerate(CONFIDENCES):
        seen(f"{number % 2}/{number}.png", confidence)
    everything = domain_findings.find(domain_findings.Wanted("label", "Dog"), "", 1000)
    return [(entry.key, entry.confidence) for entry in everything.entries]


def test_the_surest_come_first(dogs: list[tuple[str, float]], find: Any) -> None:
    assert [confidence for _, confidence in dogs] == sorted(CONFIDENCES, reverse=True)
    answer = find(Kind="label", Name="dOG ")
    assert "NextToken" not in answer
    assert [(photo["Key"], photo["Confidence"]) for photo in answer["Photos"]] == dogs
    assert answer["Photos"][0] == {
        "Bucket": "photos",
        "Key": dogs[0][0],
        "Name": "Dog",
        "Confidence": 100.0,
        "EventTime": "2026-11-21T10:00:00Z",
        "Result": {"Bucket": "photos", "Name": f"r/{dogs[0][0]}"},
    }


def pages(find: Any, size: int, **where: str) -> list[str]:
    """Keys of all dogs, found page by page."""
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = find(Kind="label", Name="Dog", MaxResults=size, **where, **token)
        assert len(page["Photos"]) <= size
        found += [photo["Key"] for photo in page["Photos"]]
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


def test_pages_show_each_photo_once(dogs: list[tuple[str, float]], find: Any) -> None:
    for size in (1, 2, 5, 10, 11, 12):
        assert pages(find, size) == [key for key, _ in dogs]


def test_only_some_photos(
    dogs: list[tuple[str, float]], find: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen("1/x.png", 60.0, bucket="others")
    ours = [key for key, _ in dogs if key.startswith("1/")]
    for examined in (1, 3, 1000):
        monkeypatch.setattr(domain_findings, "EXAMINED", examined)
        assert pages(find, 2, Bucket="photos", Prefix="1/") == ours
        assert pages(find, 2, Bucket="others") == ["1/x.png"]
        assert pages(find, 2, Prefix="2/") == []


def test_a_page_looks_at_so_many_entries_only(
    dogs: list[tuple[str, float]], find: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain_findings, "EXAMINED", 3)
    looks, token = 0, dict[str, str]()
    while True:
        page = find(Kind="label", Name="Dog", Prefix="nowhere/", MaxResults=1, **token)
        assert page["Photos"] == []
        looks += 1
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert looks == len(dogs) // 3 + 1
    assert len(find(Kind="label", Name="Dog", Bucket="photos", MaxResults=5)["Photos"]) == 5


def test_control_characters_do_not_reach_the_terminal(
    account: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "stack", lambda *_, **__: nullcontext())
    seen("[b]\x1b[2J\u202egnp.é\n.png", 90.0, name="D\rog")
    command.find(command.Kind.LABEL, "D\rog", None, "", 20, "", "", "", "")
    expected = " 90.0  photos/[b]\\x1b[2J\\u202egnp.é\\n.png  D\\rog\n"
    assert capsys.readouterr().out == expected


def test_a_token_is_good_for_its_own_query_only(dogs: list[tuple[str, float]], find: Any) -> None:
    token = find(Kind="label", Name="Dog", MaxResults=1)["NextToken"]
    with pytest.raises(ClientError, match="InvalidPaginationTokenException"):
        find(Kind="label", Name="Cat", NextToken=token)


def test_what_cannot_be_looked_for(find: Any) -> None:
    for request in (
        {"Kind": "label"},
        {"Kind": "failed", "Name": "x"},
        {"Kind": "dog", "Name": "x"},
    ):
        with pytest.raises(ClientError, match=r"InvalidParameterException|ValidationException"):
            find(**request)


def test_a_name_that_is_on_every_photo_is_spread(dogs: list[tuple[str, float]]) -> None:
    lanes = {
        lane for lane in range(findings.LANES) if any(table.query(f"FINDING#label#dog#{lane}"))
    }
    assert len(lanes) > 2


def test_more_findings_than_a_transaction_holds(account: None) -> None:
    names = [f"word {number}" for number in range(230)]
    for order, kept in (("1", names), ("2", [*names[200:], "else"]), ("3", [])):
        found = tuple(Finding("text", name, name, 90.0) for name in kept)
        findings.settle(Record("photos", "a", order, "", "SUCCEEDED", None, "r", found))
        for name in (*names[::23], "else"):
            page = domain_findings.find(domain_findings.Wanted("text", name), "", 10)
            assert bool(page.entries) == (name in kept)


def test_long_names_and_keys_fit_the_table(account: None) -> None:
    key = "ü" * 512
    seen(key, 90.0, name="ß" * 5000)
    page = domain_findings.find(domain_findings.Wanted("label", "ß" * 5000), "", 10)
    assert [entry.key for entry in page.entries] == [key]
