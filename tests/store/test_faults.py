"""DynamoDB and S3 that are too busy, fail or are slow: what they refuse is asked for again, after a
pause; and where it stays so, callers are told to slow down, and nothing is half done.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from sightline.domain import indexing
from sightline.errors import ServiceError
from sightline.store import collections, log, shards
from tests.faces.conftest import Studio, person
from tests.store.checked_collection import CheckedCollection, Step
from tests.store.faults import EVER, Answer, Fault, dynamodb_error, s3_error, silent, slow
from tests.store.histories import small
from tests.store.service import Call, called

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.type_defs import ImageTypeDef

SLOW_DOWN = {"ThrottlingException", "ProvisionedThroughputExceededException"}
BUSY = {
    "provisioned": dynamodb_error("ProvisionedThroughputExceededException"),
    "throttled": dynamodb_error("ThrottlingException"),
    "limited": dynamodb_error("RequestLimitExceeded"),
}
BUSY_INSIDE = dynamodb_error(
    "TransactionCanceledException", CancellationReasons=[{"Code": "ThrottlingError"}]
)

S3_FAULTS = [
    s3_error(503, "SlowDown"),
    s3_error(500, "InternalError"),
    slow,
    silent,
]
WORKER_FAULTS = [
    ("dynamodb", BUSY["provisioned"]),
    ("s3", s3_error(503, "SlowDown")),
    ("s3", silent),
]
READ_TIMEOUT = 8  # seconds, of the store's clients
DONE: Any = {"batchItemFailures": []}

Change = Callable[[CheckedCollection], Step]
Look = Callable[[CheckedCollection], object]
CHANGES: list[Change] = [
    lambda people: people.index([2, 7, 3]),
    lambda people: people.delete(people.pick([0, 2, 3])),
    lambda people: people.create_or_delete_user("grace"),
    lambda people: people.create_or_delete_user("ada"),
    lambda people: people.associate("ada", people.pick([2, 3])),
    lambda people: people.disassociate("ada", people.pick([0])),
]
LOOKS: list[Look] = [
    lambda people: people.search_faces(people.pick([0])[0], 0.0, 10),
    lambda people: people.search_users(people.pick([0])[0], 0.0, 10),
    lambda people: people.search_user("ada", 0.0, 10),
    lambda people: people.listed(),
]


@pytest.fixture
def call(rekognition: "RekognitionClient") -> Call:
    """The service, over HTTP."""

    return called(rekognition)


def a_collection(call: Call) -> CheckedCollection:
    """One with faces, of which a user has two."""
    made = CheckedCollection(call)
    made.do(made.index([0, 5, 10, 15, 1, 6]))
    made.do(made.create_or_delete_user("ada"))
    made.do(made.associate("ada", made.pick([0, 1])))
    return made


def told_to_slow_down(act: Callable[[], object]) -> bool:
    """Whether the act was refused, for which there must be no other reason."""
    try:
        act()
    except (ClientError, ServiceError) as error:
        return _code(error) in SLOW_DOWN or pytest.fail(str(error))
    return False


def _code(error: ClientError | ServiceError) -> str:
    return error.code if isinstance(error, ServiceError) else error.response["Error"]["Code"]


@pytest.mark.parametrize("busy", BUSY)
def test_a_busy_table_is_asked_again(call: Call, busy: str) -> None:
    for change in CHANGES:
        people = a_collection(call)
        step = change(people)
        with Fault("dynamodb", BUSY[busy], times=2).there() as fault:
            step.check(step.act())
        assert len(fault.pauses) == 2
        assert min(fault.pauses) > 0
        people.truth = step.after
        people.check()


def test_a_table_that_stays_busy(call: Call) -> None:
    """From its first request on, from its second, and so on: each time callers are told."""
    for change in CHANGES:
        people, refused, after = a_collection(call), True, 0
        while refused:
            step = change(people)
            with Fault("dynamodb", BUSY["provisioned"], after=after).there():
                refused = told_to_slow_down(step.act)
            seen = people.listed()
            assert seen.between(people.truth, step.after)
            people.truth = seen
            people.look()
            after += 1
        assert after > 1


def test_looks_at_a_busy_table(call: Call) -> None:
    people = a_collection(call)
    for look in LOOKS:
        for busy in BUSY.values():
            with Fault("dynamodb", busy, times=2).there() as fault:
                look(people)
            assert len(fault.pauses) == 2
            with Fault("dynamodb", busy).there():
                assert told_to_slow_down(partial(look, people))
        look(people)


def test_transactions_that_find_no_capacity(call: Call) -> None:
    for change in CHANGES:
        people = a_collection(call)
        step = change(people)
        with Fault("dynamodb", BUSY_INSIDE, ("TransactWriteItems",)).there():
            assert told_to_slow_down(step.act)
        people.check()
        people.do(change(people))
        people.check()


def test_indexing_faces(rekognition: "RekognitionClient", monkeypatch: pytest.MonkeyPatch) -> None:
    studio = Studio()
    monkeypatch.setattr(indexing, "face_analyzer", lambda: studio)
    image: ImageTypeDef = {"Bytes": studio.photo(person(1), person(2))}
    rekognition.create_collection(CollectionId="people")

    def index() -> Any:
        return rekognition.index_faces(CollectionId="people", Image=image)

    def faces() -> int:
        return rekognition.describe_collection(CollectionId="people")["FaceCount"]

    for after in count():
        with Fault("dynamodb", BUSY["provisioned"], after=after).there():
            if not told_to_slow_down(index):
                break
        assert faces() == 0
    assert after > 1
    assert len(index()["FaceRecords"]) == faces() == 2


@pytest.fixture
def sealed(call: Call) -> Iterator[CheckedCollection]:
    """A collection whose vectors are in shards, which this process has not opened."""
    with small():
        people = a_collection(call)
        people.do(people.compact())
        shards.forget_vectors()
        yield people


def test_shards_that_come_in_the_end(sealed: CheckedCollection) -> None:
    for answer in S3_FAULTS:
        for look in LOOKS[:3]:
            shards.forget_vectors()
            with Fault("s3", answer, times=2).there() as fault:
                look(sealed)
            assert fault.met > 2


def test_shards_that_never_come(sealed: CheckedCollection) -> None:
    """Callers are told before the 29 seconds are over in which API Gateway wants an answer."""
    for answer in S3_FAULTS:
        for look in LOOKS[:3]:
            shards.forget_vectors()
            with Fault("s3", answer).there() as fault:
                assert told_to_slow_down(partial(look, sealed))
            assert fault.met * READ_TIMEOUT < 29
            look(sealed)


@pytest.mark.parametrize(("service", "answer"), WORKER_FAULTS)
def test_compaction_that_is_refused(
    sealed: CheckedCollection, service: str, answer: Answer
) -> None:
    """From its first request on, from its second, and so on: the message is left for later."""
    failed, after = True, 0
    while failed:
        sealed.do(sealed.index([3, 8]))
        sealed.do(sealed.delete(sealed.pick([-1, 3])))
        step = sealed.compact()
        with Fault(service, answer, after=after).there():
            failed = step.act() != DONE
        sealed.look()
        after += 1
    assert after > 2
    sealed.do(sealed.compact())
    sealed.check()
    sealed.check_shards()


@pytest.mark.parametrize("times", [1, EVER])
def test_a_manifest_whose_swap_is_not_answered(sealed: CheckedCollection, times: int) -> None:
    """It happened, and the worker does not know; botocore asks once more."""
    sealed.do(sealed.index([3, 8]))
    step = sealed.compact()
    with Fault("dynamodb", silent, ("UpdateItem",), times=times, late=True).there() as fault:
        step.act()
    assert fault.met
    shards.forget_vectors()
    assert collections.need(sealed.name).manifest.generation == 2
    sealed.check_shards()
    sealed.look()
    sealed.do(sealed.compact())
    sealed.check()


def test_a_queue_that_is_not_there(sealed: CheckedCollection) -> None:
    """Nobody waits for compaction: a schedule finds what could not be asked for."""
    broken = Fault("sqs", dynamodb_error("InternalFailure"))
    with patch.object(log, "LONG", 1), broken.there():
        sealed.do(sealed.index([3, 8]))
    assert broken.met
    sealed.check()
