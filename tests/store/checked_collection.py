"""A collection beside what is true of it, and what can be done to both."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from sightline.settings import settings
from sightline.store import aws, collections, compaction, faces, shard_download
from tests import guard
from tests.store.collections_model import Truth, agree, best, face, look
from tests.store.interruptions import Act
from tests.store.service import Call, Process, compact, objects

_numbers = count(1)


@dataclass(frozen=True)
class Step:
    """Something that changes a collection: how, what is then, and what it should answer."""

    act: Act
    after: Truth
    check: Callable[[Any], None] = lambda _answer: None


class CheckedCollection:
    """A collection, what is true of it, and what can be done to it."""

    def __init__(self, call: Call) -> None:
        self.name = f"people{next(_numbers)}"
        self._call = call
        self.call("CreateCollection")
        self.truth = Truth()
        self.seen: dict[str, bytes] = {}  # all vectors that it ever had
        self.photos = 0

    def call(self, operation: str, **parameters: Any) -> Any:
        """What the service answers."""
        return self._call(operation, CollectionId=self.name, **parameters)

    def pick(self, numbers: list[int]) -> list[str]:
        """Some of its faces, by the order in which they came: their ids are random."""
        ids = list(self.truth.faces)
        return list(dict.fromkeys(ids[number % len(ids)] for number in numbers)) if ids else []

    def do(self, step: Step) -> None:
        """Does a step undisturbed."""
        step.check(step.act())
        self.truth = step.after

    def index(self, looks: list[int], photo: int | None = None) -> Step:
        """Faces of a photo, a new one unless it has a number."""
        if photo is None:
            self.photos += 1
            photo = self.photos
        collection = collections.need(self.name)
        made = [
            face(collection, f"{photo}/{place}/{number}", look(number))
            for place, number in enumerate(looks)
        ]
        vectors = {one.id: one.vector for one in made}
        self.seen |= vectors
        add = guard.watched("index_faces", faces.add)
        return Step(lambda: add(collection, made), self.truth.with_faces(vectors))

    def delete(self, face_ids: list[str]) -> Step:
        """Faces, of which those stay that a user has."""

        def check(answer: Any) -> None:
            assert answer["DeletedFaces"] == free

        free = self.truth.free(face_ids)
        return Step(
            lambda: self.call("DeleteFaces", FaceIds=face_ids),
            self.truth.without_faces(face_ids),
            check,
        )

    def create_or_delete_user(self, user: str) -> Step:
        """A user goes where there is one, and its faces are free; else it comes."""
        there = user in self.truth.users
        operation = "DeleteUser" if there else "CreateUser"
        token = uuid4().hex
        return Step(
            lambda: self.call(operation, UserId=user, ClientRequestToken=token),
            self.truth.without_user(user) if there else self.truth.with_user(user, ()),
        )

    def associate(self, user: str, face_ids: list[str]) -> Step:
        """Faces of a user, those that no other has."""

        def check(answer: Any) -> None:
            assert [one["FaceId"] for one in answer["AssociatedFaces"]] == free

        free, token = self.truth.free(face_ids), uuid4().hex
        return Step(
            lambda: self.call(
                "AssociateFaces",
                UserId=user,
                FaceIds=face_ids,
                UserMatchThreshold=0,
                ClientRequestToken=token,
            ),
            self.truth.with_user(user, [*self.truth.users[user], *free]),
            check,
        )

    def disassociate(self, user: str, face_ids: list[str]) -> Step:
        """Faces that a user has no more."""

        def check(answer: Any) -> None:
            assert [one["FaceId"] for one in answer["DisassociatedFaces"]] == tied

        token = uuid4().hex
        tied = [face_id for face_id in face_ids if face_id in self.truth.users[user]]
        kept = [face_id for face_id in self.truth.users[user] if face_id not in tied]
        return Step(
            lambda: self.call(
                "DisassociateFaces", UserId=user, FaceIds=face_ids, ClientRequestToken=token
            ),
            self.truth.with_user(user, kept),
            check,
        )

    def compact(self, *, rebuild: bool = False) -> Step:
        """The worker is told to, or to look for damaged shards."""
        uid = collections.need(self.name).uid
        body = {"collection_id": self.name, "uid": uid, "rebuild": rebuild}

        def check(answer: Any) -> None:
            assert answer == {"batchItemFailures": []}

        return Step(lambda: compact(body), self.truth, check)

    def listed(self) -> Truth:
        """What it says that it holds."""
        found = self._all("ListFaces", "Faces")
        ids = [one["FaceId"] for one in found]
        assert ids == sorted(set(ids))
        described = self.call("DescribeCollection")
        users = [one["UserId"] for one in self._all("ListUsers", "Users")]
        assert (described["FaceCount"], described["UserCount"]) == (len(ids), len(users))
        tied: dict[str, tuple[str, ...]] = {}
        for user in users:
            mine = {one["FaceId"] for one in self._all("ListFaces", "Faces", UserId=user)}
            assert mine == {one["FaceId"] for one in found if one.get("UserId") == user}
            order = self.truth.users.get(user, ())
            known = [face_id for face_id in order if face_id in mine]
            tied[user] = (*known, *sorted(mine.difference(known)))
        assert {one["UserId"] for one in found if "UserId" in one} <= tied.keys()
        return Truth({id_: self.seen[id_] for id_ in ids}, tied)

    def _all(self, operation: str, of: str, **parameters: Any) -> list[Any]:
        answer = self.call(operation, **parameters)
        found = list(answer[of])
        while answer.get("NextToken"):
            answer = self.call(operation, NextToken=answer["NextToken"], **parameters)
            found += answer[of]
        return found

    def search_faces(self, face_id: str, threshold: float, most: int) -> None:
        """The faces most like one are those that should be."""
        answer = self.call(
            "SearchFaces", FaceId=face_id, FaceMatchThreshold=threshold, MaxFaces=most
        )
        found = [(one["Face"]["FaceId"], one["Similarity"]) for one in answer["FaceMatches"]]
        others = {id_: v for id_, v in self.truth.faces.items() if id_ != face_id}
        agree(found, best(self.truth.faces[face_id], others, threshold, most))
        for one in answer["FaceMatches"]:
            assert one["Face"].get("UserId") == self.truth.owner(one["Face"]["FaceId"])

    def search_users(self, face_id: str, threshold: float, most: int) -> None:
        """The users most like a face are those that should be."""
        answer = self.call(
            "SearchUsers", FaceId=face_id, UserMatchThreshold=threshold, MaxUsers=most
        )
        found = [(one["User"]["UserId"], one["Similarity"]) for one in answer["UserMatches"]]
        vectors = self.truth.vectors_of_users()
        agree(found, best(self.truth.faces[face_id], vectors, threshold, most))

    def search_user(self, user: str, threshold: float, most: int) -> None:
        """The users most like another are those that should be."""
        answer = self.call("SearchUsers", UserId=user, UserMatchThreshold=threshold, MaxUsers=most)
        found = [(one["User"]["UserId"], one["Similarity"]) for one in answer["UserMatches"]]
        vectors = self.truth.vectors_of_users()
        query = vectors.pop(user, None)
        agree(found, [] if query is None else best(query, vectors, threshold, most))

    def look(self) -> None:
        """Its counts, and a search for everything that it holds, of any one of its faces."""
        described = self.call("DescribeCollection")
        counts = described["FaceCount"], described["UserCount"]
        assert counts == (len(self.truth.faces), len(self.truth.users))
        for face_id in self.pick([0]):
            self.search_faces(face_id, 0.0, 4096)
            self.search_users(face_id, 0.0, 500)

    def check(self) -> None:
        """All that it lists, and what `look` sees, in a warm process and in a new one."""
        assert self.listed() == self.truth
        self.look()
        with Process().running():
            self.look()

    def purge(self) -> None:
        """Compaction goes on until no shard has the vector of anyone who is gone."""
        generation = -1
        with patch.object(compaction, "DUE", 1), patch.object(compaction, "KEPT", 0):
            while generation != (now := collections.need(self.name).manifest.generation):
                generation = now
                self.do(self.compact())
        rows = {"faces": 0, "users": 0}
        for each in collections.need(self.name).manifest.shards:
            rows[each.whose] += each.rows
        users = len(self.truth.vectors_of_users())
        assert rows == {"faces": len(self.truth.faces), "users": users}

    def check_shards(self) -> None:
        """All that its manifest names are there, and what was written."""
        collection = collections.need(self.name)
        for each in collection.manifest.shards:
            shard_download.opened(collection.uid, each).close()

    def damage(self, number: int, how: str) -> None:
        """Something happens to one of its objects, in the order of their names."""
        keys = objects(collections.need(self.name).uid)
        if not keys:
            return
        bucket, key, client = settings().bucket, keys[number % len(keys)], aws.s3()
        data = bytearray(client.get_object(Bucket=bucket, Key=key)["Body"].read())
        if how == "missing" or not data:
            client.delete_object(Bucket=bucket, Key=key)
            return
        half = len(data) // 2
        if how == "short":
            del data[half:]
        else:
            for place in range(half, len(data), 64):  # not all bytes mean anything
                data[place] ^= 1
        client.put_object(Bucket=bucket, Key=key, Body=bytes(data))
