"""What compaction moves into shards is found as before, and what is gone leaves them."""

import json
import struct
from io import BytesIO
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from functions.workers import compact, search_shards
from sightline.geometry import BoundingBox
from sightline.settings import compaction_queue, settings
from sightline.store import (
    aws,
    collections,
    compaction,
    faces,
    log,
    opened,
    sealing,
    shard_download,
    shard_objects,
    shards,
    table,
    users,
)
from sightline.store.collections import Collection
from sightline.store.faces import StoredFace
from sightline.store.manifest import Sealed
from sightline.store.shard import Shard
from sightline.store.shards import Vectors
from sightline.store.users import Change

DICE = np.random.default_rng(7)


def face() -> StoredFace:
    vector = DICE.normal(size=128)
    vector /= np.linalg.norm(vector)
    return StoredFace(
        id=str(uuid4()),
        image_id=str(uuid4()),
        external_id=None,
        box=BoundingBox(0.1, 0.2, 0.3, 0.4),
        confidence=99.0,
        model="7.0",
        vector=struct.pack("<128f", *vector),
    )


@pytest.fixture
def collection(account: None) -> Collection:
    """An empty collection; compaction needs S3 besides DynamoDB."""
    return collections.create("people", "7.0", {})


@pytest.fixture(autouse=True)
def _all_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "DUE", 1)


def fresh(collection: Collection) -> Collection:
    return collections.need(collection.id)


def compacted(collection: Collection) -> Collection:
    compaction.compact(collection.id, collection.uid)
    return fresh(collection)


def in_three_shards(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> list[StoredFace]:
    """Faces that fill three shards."""
    monkeypatch.setattr(sealing, "ROWS", 30)
    made = []
    for _ in range(3):
        made += faces.add(fresh(collection), [face() for _ in range(30)])
        compacted(collection)
    return made


def vectors(collection: Collection) -> Vectors:
    shards.forget_vectors()  # as another process
    return shards.vectors(fresh(collection))


def found(collection: Collection, query: bytes, most: int = 5) -> list[str]:
    best = vectors(collection).ranking("faces", query, -2.0).best(most)
    return [id_ for id_, _ in best]


def objects(collection: Collection) -> set[str]:
    prefix = shard_objects.key(collection.uid, "")
    listed = aws.s3().list_objects_v2(Bucket=settings().bucket, Prefix=prefix)
    return {each["Key"].removeprefix(prefix) for each in listed.get("Contents", [])}


def log_size(collection: Collection) -> int:
    heads = log.heads(fresh(collection))
    return sum(1 for _ in log.entries(collection.uid, (0,) * len(heads), heads))


def test_what_was_in_the_log_is_found_in_a_shard(collection: Collection) -> None:
    made = faces.add(collection, [face() for _ in range(150)])
    before = [found(collection, each.vector) for each in made[:10]]
    sealed = compacted(collection)
    assert [shard.rows for shard in sealed.manifest.shards] == [150]
    assert log_size(collection) == 0
    assert len(vectors(collection).faces) == 0
    assert [found(collection, each.vector) for each in made[:10]] == before


def test_a_reader_that_knew_the_log_reads_on(collection: Collection) -> None:
    (one,) = faces.add(collection, [face()])
    shards.vectors(fresh(collection))
    compacted(collection)
    (other,) = faces.add(fresh(collection), [face()])
    held = shards.vectors(fresh(collection))
    assert len(held.faces) == 1
    assert {id_ for id_, _ in held.ranking("faces", one.vector, -2.0).best(9)} == {one.id, other.id}


def test_shards_that_are_alike_become_one(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "ROWS", 60)
    made = []
    for _ in range(10):
        made += faces.add(fresh(collection), [face() for _ in range(10)])
        compacted(collection)
    sealed = fresh(collection).manifest.shards
    assert sorted(shard.rows for shard in sealed) == [50, 50]  # neither has room for the other
    assert objects(collection) == {shard.name for shard in sealed}
    assert all(found(collection, each.vector, 1) == [each.id] for each in made)


def test_the_vectors_of_the_gone_leave_the_shards(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = in_three_shards(collection, monkeypatch)
    faces.delete(collection.id, [each.id for each in made[:3]])
    noted = compacted(collection).manifest.shards  # 3 of 90 are few, and not old
    assert sorted((shard.rows, shard.gone) for shard in noted) == [(0, 3), *[(30, 0)] * 3]
    monkeypatch.setattr(compaction, "KEPT", -1)
    purged = compacted(collection).manifest.shards
    assert sorted((shard.rows, shard.gone) for shard in purged) == [(27, 0), (30, 0), (30, 0)]
    assert not compaction.is_due(fresh(collection))
    assert made[0].id not in found(collection, made[0].vector, 90)


def test_a_user_has_a_row_for_its_last_vector(collection: Collection) -> None:
    one, other = faces.add(collection, [face(), face()])
    users.create(collection, "eileen", [])
    for each in (one, other):
        user = users.get(collection.uid, ["eileen"])["eileen"]
        users.change(fresh(collection), user, Change((each.id,), (), each.vector, False), [])
        compacted(collection)
    name = str(users.digest(collection.uid, "eileen"))
    best = vectors(collection).ranking("users", other.vector, -2.0).best(9)
    assert [id_ for id_, _ in best] == [name]
    assert best[0][1] == pytest.approx(1, abs=0.01)


def test_writers_ask_for_it(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "LONG", 3)
    monkeypatch.setattr(log, "any_lane", lambda read: read.lanes[2])
    for _ in range(3):
        faces.add(collection, [face()])
    bodies = _messages()
    assert bodies == [{"collection_id": "people", "uid": collection.uid, "rebuild": False}]
    records = [{"messageId": "1", "body": json.dumps(body)} for body in bodies]
    assert compact.handler({"Records": records}, None) == {"batchItemFailures": []}
    assert fresh(collection).manifest.generation == 1


def test_a_schedule_finds_what_nobody_asked_for(collection: Collection) -> None:
    faces.add(collection, [face()])
    compact.handler({}, None)
    assert [body["uid"] for body in _messages()] == [collection.uid]


def test_a_message_for_a_collection_that_is_gone(collection: Collection) -> None:
    faces.add(collection, [face()])
    collections.delete("people")
    again = collections.create("people", "7.0", {})
    faces.add(again, [face()])
    assert not compaction.compact("people", collection.uid)
    assert fresh(again).manifest.generation == 0


def test_shards_of_a_collection_that_is_gone_go(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces.add(collection, [face()])
    compacted(collection)
    collections.delete("people")
    assert objects(collection)
    shard_objects.sweep()
    assert not objects(collection)
    aws.s3().put_object(  # by a compaction that was on its way
        Bucket=settings().bucket, Key=shard_objects.key(collection.uid, "late"), Body=b""
    )
    monkeypatch.setattr(shard_objects, "SETTLED", -1)
    shard_objects.sweep()
    assert not objects(collection)
    assert not list(table.query(shard_objects.GONE))


def test_too_many_shards_for_one_process(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = in_three_shards(collection, monkeypatch)
    expected = [found(collection, each.vector) for each in made[::9]]
    monkeypatch.setattr(opened, "HELD", 1)
    monkeypatch.setattr("sightline.store.fan_out.GROUP", 40)
    monkeypatch.setenv("SIGHTLINE_SEARCH_FUNCTION", "search-shards")
    asked: list[Any] = []

    class Functions:
        def invoke(self, *, Payload: bytes, **_: str) -> dict[str, Any]:  # noqa: N803
            asked.append(json.loads(Payload))
            answer = search_shards.handler(asked[-1], None)
            return {"Payload": BytesIO(json.dumps(answer).encode())}

    monkeypatch.setattr(aws, "functions", Functions)
    assert [found(collection, each.vector) for each in made[::9]] == expected
    assert len({tuple(shard["name"] for shard in each["shards"]) for each in asked}) == 3


def _messages() -> list[dict[str, Any]]:
    got = aws.sqs().receive_message(QueueUrl=compaction_queue(), MaxNumberOfMessages=10)
    return [json.loads(each["Body"]) for each in got.get("Messages", [])]


def test_who_is_gone_leaves_the_shards_of_a_quiet_collection(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = faces.add(collection, [face() for _ in range(100)])
    compacted(collection)
    monkeypatch.setattr(compaction, "DUE", 1024)
    faces.delete(collection.id, [made[0].id])
    assert not compaction.is_due(fresh(collection))
    monkeypatch.setattr(compaction, "KEPT", -1)
    compact.handler({}, None)
    records = [{"messageId": "1", "body": json.dumps(body)} for body in _messages()]
    assert compact.handler({"Records": records}, None) == {"batchItemFailures": []}
    assert [shard.rows for shard in fresh(collection).manifest.shards] == [99]
    assert not compaction.is_due(fresh(collection))


def test_what_a_compaction_left_goes_though_nothing_else_happens(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard_objects, "SETTLED", -1)
    faces.add(collection, [face()])
    kept = {shard.name for shard in compacted(collection).manifest.shards}
    orphan = shard_objects.key(collection.uid, "orphan")
    aws.s3().put_object(Bucket=settings().bucket, Key=orphan, Body=b"")
    compact.handler({}, None)
    assert objects(collection) == kept


def test_entries_that_do_not_show_are_no_reason_to_go_on(collection: Collection) -> None:
    faces.add(collection, [face()])
    (lane,) = [lane for lane in fresh(collection).lanes if lane.head]
    table.drop([(f"LOG#{collection.uid}#{lane.number}", f"{1:012d}")])
    assert not compaction.compact(collection.id, collection.uid)
    assert fresh(collection).manifest.generation == 0


def test_a_damaged_shard_is_read_and_told_of_once(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = faces.add(collection, [face()])
    (sealed,) = compacted(collection).manifest.shards
    shard_objects.drop(collection.uid, [sealed.name])
    shards.forget_vectors()
    read: list[Sealed] = []
    honest = shard_download.opened

    def noted(uid: str, sealed: Sealed) -> Shard:
        read.append(sealed)
        return honest(uid, sealed)

    monkeypatch.setattr(shard_download, "opened", noted)
    for _ in range(3):
        ranking = shards.vectors(fresh(collection)).ranking("faces", one.vector, 0.9)
        assert [id_ for id_, _ in ranking.best(5)] == [one.id]
    assert len(read) == 1
    assert [body["rebuild"] for body in _messages()] == [True]


def test_names_that_wait_for_their_rows_are_no_reason_to_go_on(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user's new entry is read, and the one that it replaces, in another lane, does not show."""
    one, other = faces.add(collection, [face(), face()])
    users.create(collection, "eileen", [])
    lanes = iter([6, 1])
    monkeypatch.setattr(log, "any_lane", lambda read: read.lanes[next(lanes)])
    for each in (one, other):
        user = users.get(collection.uid, ["eileen"])["eileen"]
        users.change(fresh(collection), user, Change((each.id,), (), each.vector, False), [])
    table.drop([(f"LOG#{collection.uid}#6", f"{1:012d}")])
    assert compaction.compact(collection.id, collection.uid)
    assert [(shard.whose, shard.gone) for shard in fresh(collection).manifest.shards if shard.gone]
    assert not compaction.compact(collection.id, collection.uid)
