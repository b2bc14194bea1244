"""S3's buckets and objects in a snapshot: one list per bucket, and each body as a blob of its own.

Every version and delete marker is kept with its id, time, metadata, tags and ACL, and each
bucket with its settings. Multipart uploads that were not completed are not.
"""

import json
from dataclasses import dataclass
from typing import Any

from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend, s3_backends

from local.snapshots import plain
from local.snapshots.folder import Folder

BUCKET_LEFT_OUT = {"keys", "multiparts"}
VERSION_LEFT_OUT = {"_value_buffer", "lock", "multipart", "key", "disposed", "_metadata"}

Bodies = dict[int, tuple[FakeKey, str]]  # by the version's id: the version, so that it stays, blob


@dataclass(frozen=True)
class _Version:
    """An object's version or delete marker: its attributes, and for a new version its body."""

    key: FakeKey | FakeDeleteMarker
    attributes: dict[str, Any]
    body: bytes


@dataclass(frozen=True)
class View:
    """An account's buckets at one moment: definition and versions by object name; all tags."""

    account: str
    partition: str
    tags: dict[str, Any]
    buckets: list[tuple[dict[str, Any], dict[str, list[_Version]]]]


class Objects:
    """Writes buckets into snapshots and remembers which bodies it wrote."""

    def __init__(self) -> None:
        self._bodies: Bodies = {}

    def view(self) -> list[View]:
        """All buckets as they are; call it while no request runs."""
        return [
            self._account(account, partition, backend)
            for account, partitions in s3_backends.items()
            for partition, backend in partitions.items()
            if backend.buckets
        ]

    def _account(self, account: str, partition: str, backend: S3Backend) -> View:
        buckets = [
            (
                plain.encode(_attributes(bucket, BUCKET_LEFT_OUT)),
                {
                    name: [self._version(version) for version in versions]
                    for name, versions in bucket.keys.lists()
                },
            )
            for bucket in backend.buckets.values()
        ]
        return View(account, partition, plain.encode(backend.tagger.tags), buckets)

    def _version(self, key: FakeKey | FakeDeleteMarker) -> _Version:
        attributes, body = _attributes(key, VERSION_LEFT_OUT), b""
        if isinstance(key, FakeKey):
            attributes["_metadata"] = dict(key.metadata)
            if id(key) not in self._bodies:
                body = key.value
        return _Version(key, attributes, body)

    def write(self, views: list[View], folder: Folder) -> tuple[list[Any], set[str], Bodies]:
        """Write what is new.

        Returns:
            the manifest's part, the blobs it names, and what `keep` takes on success.
        """
        part, lists, bodies = list[Any](), set[str](), Bodies()
        for view in views:
            tags, buckets = folder.put(json.dumps(view.tags).encode()), []
            for definition, objects in view.buckets:
                lines = [
                    json.dumps([name, [self._entry(each, folder, bodies) for each in versions]])
                    for name, versions in objects.items()
                ]
                blob = folder.put("\n".join(lines).encode())
                buckets.append([definition, blob])
                lists |= {tags, blob}
            part.append([view.account, view.partition, tags, buckets])
        return part, lists | {blob for _, blob in bodies.values()}, bodies

    def _entry(self, version: _Version, folder: Folder, bodies: Bodies) -> dict[str, Any]:
        entry = {"attributes": plain.encode(version.attributes)}
        if isinstance(version.key, FakeKey):
            known = self._bodies.get(id(version.key))
            entry["body"] = known[1] if known else folder.put(version.body)
            bodies[id(version.key)] = (version.key, entry["body"])
        return entry

    def keep(self, bodies: Bodies) -> None:
        """Remember what the snapshot holds, once it is one."""
        self._bodies = bodies

    def load(self, part: list[Any], folder: Folder) -> set[str]:
        """Put the manifest's buckets into moto; return the names of the blobs it read."""
        lists = set[str]()
        for account, partition, tags, buckets in part:
            backend = s3_backends[account][partition]
            backend.tagger.tags.update(plain.decode(json.loads(folder.read(tags))))
            for encoded, blob in buckets:
                definition = plain.decode(encoded)
                make: Any = FakeBucket
                bucket = make(definition["name"], account, definition["region_name"])
                vars(bucket).update(definition)
                for line in folder.read(blob).splitlines():
                    name, versions = json.loads(line)
                    bucket.keys.setlist(name, self._versions(versions, folder))
                backend.buckets[bucket.name] = bucket
                lists |= {tags, blob}
        return lists | {blob for _, blob in self._bodies.values()}

    def _versions(self, entries: list[Any], folder: Folder) -> list[FakeKey | FakeDeleteMarker]:
        versions: list[FakeKey | FakeDeleteMarker] = []
        for entry in entries:
            attributes = plain.decode(entry["attributes"])
            if "body" in entry:
                version: Any = FakeKey(
                    attributes["name"],
                    folder.read(entry["body"]),
                    attributes["account_id"],
                    attributes["region_name"],
                )
                version.set_metadata(attributes.pop("_metadata"), replace=True)
                self._bodies[id(version)] = (version, entry["body"])
            else:
                version = FakeDeleteMarker.__new__(FakeDeleteMarker)
                version.key = versions[-1] if versions else version
            vars(version).update(attributes)
            versions.append(version)
        return versions


def _attributes(thing: Any, left_out: set[str]) -> dict[str, Any]:
    return {name: value for name, value in vars(thing).items() if name not in left_out}
