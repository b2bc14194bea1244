"""Faces tied to users, and released: one call, done once however often it is sent.

Tying more than 96 faces takes two transactions, the most that DynamoDB can do at once being 100
items. What is still to do is kept with the call's token, and the user is UPDATING meanwhile; the
same call sent again after a crash goes on there, and answers as if nothing had happened.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sightline.domain.collections import check_current
from sightline.domain.similarity import similarity
from sightline.domain.users import conflict, find_collection, find_user
from sightline.domain.vectors import cosine, mean
from sightline.errors import ServiceQuotaExceededException
from sightline.store import faces, table, tokens, users
from sightline.store.collections import Collection
from sightline.store.faces import StoredFace
from sightline.store.table import Cancelled, Item, Key
from sightline.store.tokens import Call
from sightline.store.users import Change, User

THRESHOLD = 75.0  # of similarity between a face and a user that has faces already


@dataclass(slots=True)
class Plan:
    """What a call does to a user's faces: done, still to do, and refused (as the answer says)."""

    todo: list[str]
    done: list[str] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    status: str = ""  # of the user when it is done


@dataclass(frozen=True, slots=True)
class State:
    """A user, and faces of its collection by id, as they were read."""

    collection: Collection
    user: User
    faces: dict[str, StoredFace]
    found: dict[Key, Item]  # the memo of the call, if there is one


def associate(
    collection_id: str, user_id: str, face_ids: Sequence[str], threshold: float, call: Call
) -> Plan:
    """Ties faces to a user.

    Raises:
        ResourceNotFoundException: there is no such collection or user.
        InvalidParameterException: the collection has another face model than the current one, of
            which alone the similarity is known.
        ServiceQuotaExceededException: the user has no room for any of the faces.
        ConflictException: others change the user or the faces all the time.
        IdempotentParameterMismatchException: the token belongs to another call.
    """

    def judge(state: State) -> Plan:
        check_current(state.collection)
        plan = _free_and_like(state, face_ids, threshold)
        room = users.FACES - len(state.user.face_ids)
        if plan.todo and room <= 0:
            raise ServiceQuotaExceededException(
                f"The user id: {user_id} has {users.FACES} faces, the most there can be"
            )
        plan.refused += [{"FaceId": face_id, "Reasons": []} for face_id in plan.todo[room:]]
        plan.todo = plan.todo[:room]
        return plan

    def still(state: State, todo: Sequence[str]) -> Plan:
        return _free_and_like(state, todo, threshold=0)

    def change(state: State, some: tuple[str, ...], last: bool) -> Change:
        return _change(state, some, (), last)

    return _settle(collection_id, user_id, face_ids, call, judge, still, change)


def disassociate(collection_id: str, user_id: str, face_ids: Sequence[str], call: Call) -> Plan:
    """Releases faces from a user.

    Raises:
        ResourceNotFoundException: there is no such collection or user.
        ConflictException: others change the user or the faces all the time.
        IdempotentParameterMismatchException: the token belongs to another call.
    """

    def judge(state: State) -> Plan:
        return _tied(state, face_ids)

    def change(state: State, some: tuple[str, ...], last: bool) -> Change:
        return _change(state, (), some, last)

    return _settle(collection_id, user_id, face_ids, call, judge, _tied, change)


def _settle(
    collection_id: str,
    user_id: str,
    face_ids: Sequence[str],
    call: Call,
    judge: Callable[[State], Plan],
    still: Callable[[State, Sequence[str]], Plan],
    change: Callable[[State, tuple[str, ...], bool], Change],
) -> Plan:
    """Judges the faces once, then changes the user in as many transactions as it takes.

    `still` judges what a first transaction left to do, for others may have come in between.
    """
    plan: Plan | None = None
    for _ in table.attempts():
        collection, found = find_collection(collection_id, call)
        memo = tokens.recall(call, collection.uid, found)
        plan = plan if memo is None else Plan(**memo)
        if plan is not None and plan.status and not plan.todo:
            return plan
        state = _state(collection, find_user(collection, user_id), face_ids, found)
        if plan is None:
            next_plan = judge(state)
        else:
            rest = still(state, plan.todo)
            next_plan = Plan(rest.todo, plan.done, plan.refused + rest.refused)
        step = _step(state, next_plan, call, change)
        plan = step or plan
        if step is not None and not step.todo:
            return step
    raise conflict(user_id)


def _step(
    state: State, plan: Plan, call: Call, change: Callable[[State, tuple[str, ...], bool], Change]
) -> Plan | None:
    """One transaction; gives back the plan as it is then, None when another write came first."""
    some, left = plan.todo[: users.TIED_AT_ONCE], plan.todo[users.TIED_AT_ONCE :]
    new = change(state, tuple(some), not left)
    after = User(state.user.id, "", 0, face_ids=new.faces_after(state.user), updating=new.updating)
    next_plan = Plan(left, plan.done + some, plan.refused, after.status)
    memo = tokens.remember(call, state.collection.uid, state.found, asdict(next_plan))
    try:
        if some or state.user.updating:
            users.change(state.collection, state.user, new, memo)
        elif memo:
            table.write(memo)
    except Cancelled:
        return None
    return next_plan


def _state(
    collection: Collection, user: User, face_ids: Sequence[str], found: dict[Key, Item]
) -> State:
    there = faces.get(collection.uid, [*face_ids, *user.face_ids])
    return State(collection, user, there, found)


def _change(state: State, added: tuple[str, ...], removed: tuple[str, ...], last: bool) -> Change:
    """A change with the vector that the user has afterwards: the mean of its faces'."""
    new = Change(added, removed, vector=None, updating=not last)
    vectors = [
        state.faces[face_id].vector
        for face_id in new.faces_after(state.user)
        if face_id in state.faces
    ]
    return Change(added, removed, mean(vectors), updating=not last)


def _free_and_like(state: State, face_ids: Sequence[str], threshold: float) -> Plan:
    """The faces that may be tied to the user; those that are already are in neither list."""
    plan = Plan([])
    for face_id in dict.fromkeys(face_ids):
        face = state.faces.get(face_id)
        if face is None:
            plan.refused.append({"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]})
        elif face.user_id is None:
            confidence = 100.0
            if state.user.vector is not None and threshold > 0:
                confidence = similarity(cosine(state.user.vector, face.vector))
            if confidence >= threshold:
                plan.todo.append(face_id)
            else:
                plan.refused.append(
                    {
                        "FaceId": face_id,
                        "Confidence": confidence,
                        "Reasons": ["LOW_MATCH_CONFIDENCE"],
                    }
                )
        elif face.user_id != state.user.id:
            plan.refused.append(_elsewhere(face))
    return plan


def _tied(state: State, face_ids: Sequence[str]) -> Plan:
    """The faces that may be released; those that have no user are in neither list."""
    plan = Plan([])
    for face_id in dict.fromkeys(face_ids):
        face = state.faces.get(face_id)
        if face is None:
            plan.refused.append({"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]})
        elif face.user_id == state.user.id:
            plan.todo.append(face_id)
        elif face.user_id is not None:
            plan.refused.append(_elsewhere(face))
    return plan


def _elsewhere(face: StoredFace) -> dict[str, Any]:
    return {
        "FaceId": face.id,
        "UserId": face.user_id,
        "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"],
    }
