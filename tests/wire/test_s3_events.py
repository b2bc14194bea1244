"""S3's events in both of their forms, as the golden ones in `events/triggers` have them."""

import json
from pathlib import Path
from typing import Any

import pytest

from sightline.domain.uploads import Event
from sightline.errors import SerializationException
from sightline.wire.s3_events import events_of

TRIGGERS = Path(__file__).resolve().parents[2] / "events" / "triggers"
KEY = "holiday 2026/größe.png"


def golden(name: str) -> str:
    (record,) = json.loads((TRIGGERS / f"{name}.json").read_text())["Records"]
    body: str = record["body"]
    return body


def event(name: str) -> Event:
    (found,) = events_of(golden(name))
    return found


def notification(**thing: Any) -> Event:
    document = json.loads(golden("s3_created"))
    document["Records"][0]["s3"]["object"] = {"key": "a", **thing}
    (found,) = events_of(json.dumps(document))
    return found


@pytest.mark.parametrize(
    ("name", "removed", "version"),
    [
        ("s3_created", False, None),
        ("s3_removed", True, "fz9QGJ.example"),
        ("eventbridge_created", False, "fz9QGJ.example"),
        ("eventbridge_deleted", True, None),
    ],
)
def test_golden_events(name: str, removed: bool, version: str | None) -> None:
    found = event(name)
    assert (found.bucket, found.key, found.removed) == ("photos", KEY, removed)
    assert found.version == version
    assert found.etag == ("" if removed else "d41d8cd98f00b204e9800998ecf8427e")
    assert found.sequencer is not None
    assert int(found.order, 16) == int(found.sequencer, 16)
    assert events_of(found.body) == [found]


def test_the_golden_test_event_is_no_event() -> None:
    assert events_of(golden("s3_test")) == []


def test_every_golden_event_is_tested() -> None:
    names = {path.stem for path in TRIGGERS.glob("*.json")}
    assert names == {
        *("s3_created", "s3_removed", "s3_test", "eventbridge_created", "eventbridge_deleted")
    }


def test_keys_are_encoded_in_notifications_and_plain_on_event_bridge() -> None:
    assert notification(key="a%2Bb+c%2520d").key == "a+b c%20d"
    document = json.loads(golden("eventbridge_created"))
    document["detail"]["object"]["key"] = "a+b c%20d"
    (found,) = events_of(json.dumps(document))
    assert found.key == "a+b c%20d"


def test_sequencers_are_compared_as_numbers() -> None:
    ascending = ["9", "0a", "FF", "100", "617f08299329d189", "00617F08299329D18A"]
    orders = [notification(sequencer=each).order for each in ascending]
    assert orders == sorted(orders)
    assert notification(sequencer="0FF").order == notification(sequencer="ff").order


def test_the_time_stands_in_for_a_missing_sequencer() -> None:
    def at(time: str) -> Event:
        document = json.loads(golden("s3_created"))
        document["Records"][0]["eventTime"] = time
        del document["Records"][0]["s3"]["object"]["sequencer"]
        (found,) = events_of(json.dumps(document))
        return found

    early, late = at("2026-11-21T10:00:00.998Z"), at("2026-11-21T10:00:00.999Z")
    assert early.sequencer is None
    assert notification(sequencer="0055AED6DCD90281E5").order < early.order < late.order


@pytest.mark.parametrize("version", ["null", ""])
def test_a_version_that_is_none(version: str) -> None:
    assert notification(versionId=version).version is None


@pytest.mark.parametrize(
    "thing", [{"key": None}, {"key": "%FF"}, {"sequencer": "x"}, {"eTag": 1}, {"key": 3}]
)
def test_what_is_not_as_S3_writes_it_is_refused(thing: dict[str, Any]) -> None:  # noqa: N802
    with pytest.raises(SerializationException):
        notification(**thing)


def test_an_event_of_event_bridge_without_names_is_refused() -> None:
    for part, name in (("bucket", "name"), ("object", "key")):
        document = json.loads(golden("eventbridge_created"))
        document["detail"][part][name] = None
        with pytest.raises(SerializationException):
            events_of(json.dumps(document))
