"""Faces and users by the million into a collection: several writes at the same time, and what is
there already is left as it is, so that a run which was cut short is simply run once more.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TypeVar

from sightline.domain import collections
from sightline.domain import users as domain_users
from sightline.domain.associations import associate
from sightline.domain.export_file import Member
from sightline.errors import (
    ConflictException,
    ProvisionedThroughputExceededException,
    ResourceAlreadyExistsException,
    ServiceQuotaExceededException,
)
from sightline.store import faces, table, users
from sightline.store.collections import Collection
from sightline.store.faces import StoredFace
from sightline.store.users import User

PAGE = 1000  # items read at once
AT_ONCE = 6  # writes at the same time; two that meet on one of the eight lanes hold each other up
MEMBERS = 25  # users that one thread takes

Entry = TypeVar("Entry", StoredFace, User)
Value = TypeVar("Value")
Result = TypeVar("Result")
Tick = Callable[[int], object]  # is told how many more are done


def every(
    page: Callable[[str, str | None, int], list[tuple[str, Entry]]], uid: str
) -> Iterator[Entry]:
    """All that `page` of a store lists, in its order; holds one page."""
    after = None
    while some := page(uid, after, PAGE):
        yield from (entry for _, entry in some)
        after, _ = some[-1]


def make(collection_id: str, tags: dict[str, str]) -> Collection:
    """The collection with that id, made if it is not there.

    Raises:
        InvalidParameterException: it is there with another face model.
        ServiceQuotaExceededException: too many tags.
    """
    with suppress(ResourceAlreadyExistsException):
        return collections.create(collection_id, tags)
    return collections.need_current(collection_id)


def add_faces(collection: Collection, new: Iterable[StoredFace], tick: Tick) -> int:
    """Adds faces; how many were there already with another image or vector, and stayed so.

    Raises:
        ResourceNotFoundException: the collection is gone.
        ServiceQuotaExceededException: it is full.
        ProvisionedThroughputExceededException: DynamoDB asked to slow down for a minute.
    """

    def add(some: tuple[StoredFace, ...]) -> tuple[int, int]:
        stored = patiently(partial(faces.add, collection, some))
        pairs = zip(some, stored, strict=True)
        return len(some), sum(
            (mine.image_id, mine.vector) != (there.image_id, there.vector) for mine, there in pairs
        )

    return _total(each(add, table.chunks(new, faces.ADDED_AT_ONCE)), tick)


def add_members(collection: Collection, members: Iterable[Member], tick: Tick) -> int:
    """Makes users and ties them to their faces; how many faces could not be tied, for they are not
    there, or are another user's.

    Raises:
        ResourceNotFoundException: the collection is gone.
        ServiceQuotaExceededException: it is full.
        ConflictException: others change the same users all the time.
        ProvisionedThroughputExceededException: DynamoDB asked to slow down for a minute.
    """

    def add(some: tuple[Member, ...]) -> tuple[int, int]:
        there = users.get(collection.uid, (member.user_id for member in some))
        return len(some), sum(
            patiently(partial(_settle, collection, member, there.get(member.user_id)))
            for member in some
        )

    return _total(each(add, table.chunks(members, MEMBERS)), tick)


def each(work: Callable[[Value], Result], values: Iterable[Value]) -> Iterator[Result]:
    """Does the work for every value in threads, and gives the results in the values' order; takes
    no more values than keep the threads busy.
    """
    running: deque[Future[Result]] = deque()
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="bulk")
    try:
        for value in values:
            running.append(threads.submit(work, value))
            if len(running) == 2 * AT_ONCE:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        threads.shutdown(cancel_futures=True)


def _settle(collection: Collection, member: Member, user: User | None) -> int:
    """Makes a user what it should be; how many of its faces could not be tied."""
    if user is None:
        with suppress(ConflictException):  # it is there by now
            domain_users.create(collection.id, member.user_id, domain_users.call("CreateUser", {}))
    tied = set() if user is None else set(user.face_ids)
    lacking = [face_id for face_id in member.face_ids if face_id not in tied]
    if not lacking and (user is None or not user.updating):
        return 0
    call = domain_users.call("AssociateFaces", {})
    try:
        return len(associate(collection.id, member.user_id, lacking, 0, call).refused)
    except ServiceQuotaExceededException:  # it has 100 other faces
        return len(lacking)


def _total(results: Iterable[tuple[int, int]], tick: Tick) -> int:
    """Tells of the first numbers, and adds up the second."""
    total = 0
    for done, other in results:
        tick(done)
        total += other
    return total


def patiently(work: Callable[[], Result]) -> Result:
    """A bulk of writes has the time to wait, where a request has to be told to come again."""
    for _ in table.attempts():
        with suppress(ProvisionedThroughputExceededException):
            return work()
    raise ProvisionedThroughputExceededException
