"""The log and what searches hold of it: no gap, no vector of the dead, whatever comes between."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from uuid import uuid4

import pytest

from sightline.errors import ProvisionedThroughputExceededException, ResourceNotFoundException
from sightline.geometry import BoundingBox
from sightline.store import collections, faces, log, shards, table, users
from sightline.store.collections import Collection
from sightline.store.faces import StoredFace
from sightline.store.log import Entry, Place
from sightline.store.manifest import LANES
from sightline.store.table import Cancelled
from sightline.store.users import Change


def vector(place: int) -> bytes:
    """The unit vector along one axis."""
    return struct.pack("<128f", *(float(axis == place) for axis in range(128)))


def face(place: int = 0) -> StoredFace:
    return StoredFace(
        id=str(uuid4()),
        image_id=str(uuid4()),
        external_id=None,
        box=BoundingBox(0.1, 0.2, 0.3, 1e-7),
        confidence=99.123456789,
        model="7.0",
        vector=vector(place),
    )


def fresh(collection: Collection) -> Collection:
    return collections.need(collection.id)


def logged(collection: Collection) -> list[Entry]:
    heads = log.heads(fresh(collection))
    return list(log.entries(collection.uid, (0,) * LANES, heads))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(table, "PAUSE", (0.0, 0.0))
    yield
    shards.forget_vectors()


def test_faces_come_back_as_they_went(collection: Collection) -> None:
    made = replace(face(), external_id="a:b")
    (stored,) = faces.add(collection, [made])
    assert replace(stored, place=made.place) == made
    assert faces.get(collection.uid, [made.id]) == {made.id: stored}
    assert faces.page(collection.uid, None, 10) == [(made.id, stored)]


def test_every_face_is_logged_once_and_counted(collection: Collection) -> None:
    made = [face(place % 128) for place in range(120)]
    faces.add(collection, made)
    for each in made[:5]:
        faces.add(collection, [each])
    assert fresh(collection).face_count == 120
    entries = logged(collection)
    assert len(entries) == 2
    assert {id_: packed for entry in entries for id_, packed in entry.faces.items()} == {
        each.id: each.vector for each in made
    }


def test_heads_without_a_gap(collection: Collection) -> None:
    for _ in range(30):
        faces.add(collection, [face()])
    heads = log.heads(fresh(collection))
    assert sum(heads) == 30
    assert [entry.place for entry in logged(collection)] == [
        Place(lane, entry) for lane, head in enumerate(heads) for entry in range(1, head + 1)
    ]


def test_only_the_entries_that_are_asked_for(collection: Collection) -> None:
    for _ in range(10):
        faces.add(collection, [face()])
    first = log.heads(fresh(collection))
    last = [faces.add(collection, [face()])[0] for _ in range(5)]
    upto = log.heads(fresh(collection))
    new = {id_ for entry in log.entries(collection.uid, first, upto) for id_ in entry.faces}
    assert new == {each.id for each in last}


def test_a_lane_that_another_took(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writers that read the same head: one of them takes the next number."""
    monkeypatch.setattr(log, "any_lane", lambda read: read.lanes[3])
    stale = fresh(collection)
    faces.add(collection, [face()])
    with pytest.raises(Cancelled) as lost:
        table.write(log.append_faces(stale, stale.lanes[3], {face().id: vector(1)}))
    assert "ConditionalCheckFailed" in lost.value.reasons
    faces.add(collection, [face()])
    assert log.heads(fresh(collection)) == (0, 0, 0, 2, 0, 0, 0, 0)
    assert fresh(collection).face_count == 2


def test_a_writer_that_always_comes_second(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ahead(read: Collection) -> collections.Lane:
        return replace(read.lanes[0], head=7)

    monkeypatch.setattr(log, "any_lane", ahead)
    with pytest.raises(ProvisionedThroughputExceededException):
        faces.add(collection, [face()])
    assert fresh(collection).face_count == 0
    assert faces.page(collection.uid, None, 10) == []


def test_a_face_that_another_added_meanwhile(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One face of several is there when they are written: the others are written without it."""
    mine = [face(0), face(1), face(2)]
    honest = log.any_lane

    def slow(read: Collection) -> collections.Lane:
        monkeypatch.setattr(log, "any_lane", honest)
        faces.add(collection, [mine[1]])
        return read.lanes[5]

    monkeypatch.setattr(log, "any_lane", slow)
    stored = faces.add(collection, mine)
    assert [each.id for each in stored] == [each.id for each in mine]
    assert fresh(collection).face_count == 3
    assert len(logged(collection)) == 2


def test_a_writer_whose_collection_is_gone(collection: Collection) -> None:
    collections.delete(collection.id)
    with pytest.raises(ResourceNotFoundException):
        faces.add(collection, [face()])
    collections.create(collection.id, "7.0", {})
    with pytest.raises(ResourceNotFoundException):
        faces.add(collection, [face()])
    with pytest.raises(Cancelled):
        table.write([log.count(collection, 0, users=1)])
    assert fresh(collection).face_count == 0


def test_a_face_that_gets_a_user_while_it_is_deleted(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces.add(collection, [one := face(1), other := face(2)])
    users.create(collection, "eileen", [])
    honest = faces.get

    def slow(uid: str, face_ids: Iterable[str]) -> dict[str, StoredFace]:
        found = honest(uid, face_ids)
        monkeypatch.setattr(faces, "get", honest)
        user = users.get(uid, ["eileen"])["eileen"]
        users.change(fresh(collection), user, Change((one.id,), (), one.vector, False), [])
        return found

    monkeypatch.setattr(faces, "get", slow)
    deletion = faces.delete(collection.id, [one.id, other.id])
    assert deletion.tied == {one.id: "eileen"}
    assert deletion.deleted == [other.id]
    assert fresh(collection).face_count == 1


def test_writers_in_the_way_do_not_end_a_long_deletion(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each transaction of the deletion another writer takes the lane."""
    monkeypatch.setattr(log, "any_lane", lambda read: read.lanes[3])
    monkeypatch.setattr(faces, "DELETED_AT_ONCE", 2)
    made = faces.add(collection, [face() for _ in range(2 * table.ATTEMPTS + 4)])
    honest = table.write

    def crowded(actions: Sequence[table.Action]) -> None:
        honest(actions)
        with monkeypatch.context() as alone:
            alone.setattr(table, "write", honest)
            faces.add(fresh(collection), [face()])

    monkeypatch.setattr(table, "write", crowded)
    deletion = faces.delete(collection.id, [each.id for each in made])
    assert deletion.deleted == [each.id for each in made]
    assert fresh(collection).face_count == len(made) // 2


def test_deleted_faces_leave_no_vector(collection: Collection) -> None:
    made = faces.add(collection, [face(place) for place in range(100)])
    faces.delete(collection.id, [each.id for each in made[1:]])
    left = {id_ for entry in logged(collection) for id_ in entry.faces}
    assert left == {made[0].id}


def test_a_user_keeps_no_vector_but_its_own(collection: Collection) -> None:
    faces.add(collection, [one := face(1), other := face(2)])
    users.create(collection, "eileen", [])
    for added, removed, mine in (((one.id,), (), 1), ((other.id,), (one.id,), 2)):
        user = users.get(collection.uid, ["eileen"])["eileen"]
        change = Change(added, removed, vector(mine), updating=False)
        users.change(fresh(collection), user, change, [])
    kept = [entry.vector for entry in logged(collection) if entry.user_id == "eileen"]
    assert sorted(kept, key=lambda packed: packed is None) == [vector(2), None]
    users.delete(fresh(collection), users.get(collection.uid, ["eileen"])["eileen"], [])
    assert [entry.vector for entry in logged(collection) if entry.user_id == "eileen"] == [
        None,
        None,
        None,
    ]


@pytest.mark.parametrize("back", [0, 1, 2])
def test_an_entry_that_does_not_show_yet(collection: Collection, back: int) -> None:
    """DynamoDB shows a transaction's items one by one: the new head before the entry."""
    made = [faces.add(collection, [face(place)])[0] for place in range(40)]
    place = max(each.place for each in made if each.place.entry > 2)
    late = f"{place.entry - back:012d}"
    key = (f"LOG#{collection.uid}#{place.lane}", late)
    (item,) = table.read([key]).values()
    table.drop([key])
    held = shards.vectors(fresh(collection))
    assert len(held.faces) == 39 - back
    assert held.heads[place.lane] == place.entry - back - 1
    table.write_one(table.put(item))
    held = shards.vectors(fresh(collection))
    assert sorted(held.faces.ids) == sorted(each.id for each in made)


def test_nothing_is_read_twice(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    faces.add(collection, [face()])
    held = shards.vectors(fresh(collection))
    monkeypatch.setattr(log, "entries", None)
    assert shards.vectors(fresh(collection)) is held


def test_older_vectors_stay_as_they_were(collection: Collection) -> None:
    faces.add(collection, [face(1)])
    before = shards.vectors(fresh(collection)).faces
    scores = before.ranking(vector(1), 0.5).best(10)
    for place in range(2, 400, 98):
        faces.add(collection, [face(each % 128) for each in range(place, place + 98)])
    after = shards.vectors(fresh(collection)).faces
    assert len(before) == 1
    assert before.ranking(vector(1), 0.5).best(10) == scores
    assert len(after) == 491


def test_a_user_that_changes_while_the_log_is_read(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The heads are read, then the user gets a new vector and the old one is wiped out."""
    faces.add(collection, [one := face(1), other := face(2)])
    users.create(collection, "eileen", [])
    user = users.get(collection.uid, ["eileen"])["eileen"]
    users.change(fresh(collection), user, Change((one.id,), (), vector(1), updating=False), [])
    before = fresh(collection)
    user = users.get(collection.uid, ["eileen"])["eileen"]
    users.change(before, user, Change((other.id,), (), vector(2), updating=False), [])
    assert len(shards.vectors(before).users.ranking(vector(2), 0.9).best(9)) == 1


def test_the_least_used_collections_go_first(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "HELD", 100 * 750)  # bytes: about a hundred faces
    made = {name: collections.create(name, "7.0", {}) for name in ("a", "b", "c")}
    for each in made.values():
        faces.add(each, [face() for _ in range(40)])
    shards.vectors(fresh(made["a"]))
    shards.vectors(fresh(made["b"]))
    shards.vectors(fresh(made["a"]))
    shards.vectors(fresh(made["c"]))
    held = [name for name in made if shards.held(name) is not None]
    assert held == ["a", "c"]
    assert len(shards.vectors(fresh(made["b"])).faces) == 40
