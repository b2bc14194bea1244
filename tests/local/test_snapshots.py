"""State in a data folder is complete after a restart, and costs what changed."""

import base64
import os
import stat
import threading
from pathlib import Path

import pytest

from local import gate
from local.snapshots import folder as folder_module
from local.snapshots import tables
from tests.local.state import client_of, fill, life, make_table, put_thing, tables_of, visible_state


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    with life(tmp_path) as keeper:
        fill()
        before = visible_state()
        assert keeper.save()
    with life(tmp_path):
        assert visible_state() == before
    assert [len(objects) for _, objects, *_ in before["buckets"].values()] == [1, 3]
    assert len(before["buckets"]["versioned"][2]) == 1


def test_what_came_back_works(tmp_path: Path) -> None:
    with life(tmp_path) as keeper:
        fill()
        assert keeper.save()
    with life(tmp_path) as keeper:
        client, s3 = client_of("dynamodb"), client_of("s3")
        found = client.query(
            TableName="others",
            IndexName="kinds",
            KeyConditionExpression="Kind = :k",
            ExpressionAttributeValues={":k": {"S": "k"}},
        )
        assert found["Count"] == 1
        key = {"PK": {"S": "a"}, "SK": {"S": "0002"}}
        client.update_item(
            TableName="things",
            Key=key,
            UpdateExpression="ADD SS :more",
            ExpressionAttributeValues={":more": {"SS": ["two"]}},
        )
        client.delete_item(TableName="things", Key={"PK": {"S": "a"}, "SK": {"S": "0001"}})
        s3.delete_object(Bucket="plain", Key="ä b/c.jpg")
        marker = s3.list_object_versions(Bucket="versioned", Prefix="gone")["DeleteMarkers"][0]
        s3.delete_object(Bucket="versioned", Key="gone", VersionId=marker["VersionId"])
        assert s3.get_object(Bucket="versioned", Key="gone")["Body"].read() == b"still here"
        before = visible_state()
        assert keeper.save()
    with life(tmp_path):
        assert visible_state() == before
        item = client_of("dynamodb").get_item(TableName="things", Key=key)["Item"]
        assert set(item["SS"]["SS"]) == {"one", "two"}


def test_a_snapshot_writes_what_changed_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = list[int]()
    write = folder_module._write

    def counted(path: Path, data: bytes) -> None:
        written.append(len(data))
        write(path, data)

    with life(tmp_path) as keeper:
        fill()
        for number in range(500):
            put_thing(number, Fill={"B": os.urandom(300)})
        assert keeper.save()
        monkeypatch.setattr(folder_module, "_write", counted)
        assert keeper.save()
        assert written == []
        put_thing(7, Changed={"BOOL": True})
        assert keeper.save()
    assert sum(written) < 20_000


def test_a_log_does_not_outgrow_its_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SLACK", 10)
    with life(tmp_path) as keeper:
        make_table()
        for turn in range(200):
            put_thing(turn % 20, Turn={"N": str(turn)})
            assert keeper.save()
        before = visible_state()
        blobs = list((tmp_path / "blobs").iterdir())
        assert len(blobs) < tables.MANY + 5
        assert sum(blob.read_bytes().count(b'"+"') for blob in blobs) < 60
    with life(tmp_path):
        assert visible_state() == before


def test_only_the_owner_can_read_the_folder(tmp_path: Path) -> None:
    with life(tmp_path / "new") as keeper:
        fill()
        assert keeper.save()
    files = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
    assert len(files) > 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    holding = [path for path in files if b"very secret" in path.read_bytes()]
    assert len(holding) == 1


def test_no_snapshot_is_taken_inside_a_request(tmp_path: Path) -> None:
    """The view waits for the lock that every request holds."""
    with life(tmp_path) as keeper:
        make_table()
        with gate.LOCK:
            saver = threading.Thread(target=keeper.save)
            saver.start()
            saver.join(0.2)
            assert saver.is_alive()
        saver.join()


def test_base64_is_not_what_binary_attributes_become(tmp_path: Path) -> None:
    value = base64.b64encode(b"twice")
    with life(tmp_path) as keeper:
        make_table()
        put_thing(1, B={"B": value})
        assert keeper.save()
    with life(tmp_path):
        assert tables_of()["things"][2][0]["B"] == {"B": value}
