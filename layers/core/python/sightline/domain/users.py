"""Users: made and deleted, so that a call sent twice is done once."""

from typing import Any

from sightline.domain.pages import Page, cut
from sightline.domain.vectors import mean
from sightline.errors import (
    ConflictException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
)
from sightline.store import collections, faces, table, tokens, users
from sightline.store.collections import Collection
from sightline.store.table import Cancelled, Item, Key
from sightline.store.tokens import Call
from sightline.store.users import Change, User

PAGE = 500  # users, the model's maximum


def call(operation: str, request: dict[str, Any]) -> Call:
    """The call that a request is, known again by its ClientRequestToken."""
    return tokens.call(operation, request)


def page(collection: Collection, after: str | None, size: int) -> Page[User]:
    """Users in the order of keys that the system made."""
    return cut(users.page(collection.uid, after, size + 1), size)


def create(collection_id: str, user_id: str, call: Call) -> None:
    """Makes a user without faces.

    Raises:
        ResourceNotFoundException: there is no such collection.
        ConflictException: there is a user with that id.
        ServiceQuotaExceededException: the collection is full.
        IdempotentParameterMismatchException: the token belongs to another call.
    """
    exists = False
    for _ in table.attempts():
        collection, found = find_collection(collection_id, call)
        if tokens.recall(call, collection.uid, found) is not None:
            return
        if exists:
            raise ConflictException(f"The user id: {user_id} already exists")
        if collection.user_count >= users.LIMIT:
            raise ServiceQuotaExceededException(f"The collection id: {collection_id} is full")
        try:
            users.create(collection, user_id, tokens.remember(call, collection.uid, found, {}))
        except Cancelled as lost:
            exists = lost.reasons[:1] == ("ConditionalCheckFailed",)
        else:
            return
    raise conflict(user_id)


def delete(collection_id: str, user_id: str, call: Call) -> None:
    """Deletes a user; its faces stay in the collection.

    Raises:
        ResourceNotFoundException: there is no such collection or user.
        ConflictException: others change the user all the time.
        IdempotentParameterMismatchException: the token belongs to another call.
    """
    for _ in table.attempts():
        collection, found = find_collection(collection_id, call)
        if tokens.recall(call, collection.uid, found) is not None:
            return
        user = find_user(collection, user_id)
        try:
            if len(user.face_ids) > users.TIED_AT_ONCE:
                user = _with_fewer_faces(collection, user)
            users.delete(collection, user, tokens.remember(call, collection.uid, found, {}))
        except Cancelled:
            continue
        return
    raise conflict(user_id)


def find_collection(collection_id: str, call: Call) -> tuple[Collection, dict[Key, Item]]:
    """A collection, and in the same look what is remembered of a call.

    Raises:
        ResourceNotFoundException: there is no such collection.
    """
    collection, found = collections.read(collection_id, tokens.keys(call))
    if collection is None:
        raise collections.missing(collection_id)
    return collection, found


def find_user(collection: Collection, user_id: str) -> User:
    """A user that must be there.

    Raises:
        ResourceNotFoundException: it is not.
    """
    user = users.get(collection.uid, [user_id]).get(user_id)
    if user is None:
        raise ResourceNotFoundException(f"The user id: {user_id} does not exist")
    return user


def _with_fewer_faces(collection: Collection, user: User) -> User:
    """A user after the first faces were released that one transaction can release."""
    removed, kept = user.face_ids[: users.TIED_AT_ONCE], user.face_ids[users.TIED_AT_ONCE :]
    there = faces.get(collection.uid, kept)
    vector = mean([face.vector for face in there.values()])
    users.change(collection, user, Change((), removed, vector, updating=True), ())
    return find_user(collection, user.id)


def conflict(user_id: str) -> ConflictException:
    """The error for a user that others change all the time."""
    return ConflictException(f"The user id: {user_id} is being changed by other calls")
