"""Answers in place of moto's: errors and delays as HTTP has them, with botocore's own retries."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from botocore.retries.standard import ExponentialBackoff
from moto.core.botocore_stubber import BotocoreStubber

from sightline.store import table

EVER = 10**6  # requests
Answer = Callable[[AWSPreparedRequest], AWSResponse]


class Body(BytesIO):
    """A response's body as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


class SlowBody(Body):
    """One that does not come to an end in time."""

    def read(self, *_: Any) -> bytes:
        raise ReadTimeoutError(endpoint_url="s3")


def dynamodb_error(code: str, **more: Any) -> Answer:
    """DynamoDB's error of that name."""

    def answer(request: AWSPreparedRequest) -> AWSResponse:
        document = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code, **more}
        headers = HTTPHeaders.from_dict({"Content-Type": "application/x-amz-json-1.0"})
        return AWSResponse(request.url, 400, headers, Body(json.dumps(document).encode()))

    return answer


def s3_error(status: int, code: str) -> Answer:
    """S3's error of that name."""

    def answer(request: AWSPreparedRequest) -> AWSResponse:
        text = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
        headers = HTTPHeaders.from_dict({"Content-Type": "application/xml"})
        return AWSResponse(request.url, status, headers, Body(text.encode()))

    return answer


def lambda_error(status: int, code: str) -> Answer:
    """Lambda's error of that name, before a function runs."""

    def answer(request: AWSPreparedRequest) -> AWSResponse:
        headers = HTTPHeaders.from_dict({"x-amzn-ErrorType": code})
        return AWSResponse(request.url, status, headers, Body(b"{}"))

    return answer


def failed(request: AWSPreparedRequest) -> AWSResponse:
    """A function's own error."""
    headers = HTTPHeaders.from_dict({"X-Amz-Function-Error": "Unhandled"})
    return AWSResponse(request.url, 200, headers, Body(b"{}"))


def function(handler: Callable[[Any, None], Any]) -> Answer:
    """What a function answers."""

    def answer(request: AWSPreparedRequest) -> AWSResponse:
        assert isinstance(request.body, bytes)
        answered = json.dumps(handler(json.loads(request.body), None)).encode()
        return AWSResponse(request.url, 200, HTTPHeaders(), Body(answered))

    return answer


def slow(request: AWSPreparedRequest) -> AWSResponse:
    """Headers, and then nothing for long."""
    return AWSResponse(request.url, 206, HTTPHeaders.from_dict({"Content-Length": "9"}), SlowBody())


def silent(request: AWSPreparedRequest) -> AWSResponse:
    """Nothing at all."""
    raise ReadTimeoutError(endpoint_url=request.url)


@dataclass
class Fault:
    """What a service answers to some of the requests that this process makes.

    Attributes:
        service: its name, as botocore spells it.
        operations: those that it answers so; all of them when there are none.
        after: how many of these come through first.
        times: how many are answered so then.
        late: whether it does first what it was asked to.
        met: how many requests of that kind there were.
        pauses: seconds that botocore would have waited, of each time.
    """

    service: str
    answer: Answer
    operations: tuple[str, ...] = ()
    after: int = 0
    times: int = EVER
    late: bool = False
    met: int = 0
    pauses: list[float] = field(default_factory=list)

    @contextmanager
    def there(self) -> Iterator["Fault"]:
        """For a time, in which nobody waits in earnest."""
        delay_amount = ExponentialBackoff.delay_amount
        moto = BotocoreStubber.__call__

        def pause(backoff: ExponentialBackoff, context: Any) -> float:
            self.pauses.append(delay_amount(backoff, context))
            return 0.0

        def answer(
            stubber: BotocoreStubber, event_name: str, request: AWSPreparedRequest, **more: Any
        ) -> AWSResponse | None:
            strikes = self._strikes(*event_name.split(".")[1:3])
            if self.late or not strikes:
                answered: AWSResponse | None = moto(stubber, event_name, request, **more)
                return self.answer(request) if strikes else answered
            return self.answer(request)

        with (
            patch.object(BotocoreStubber, "__call__", answer),
            patch.object(ExponentialBackoff, "delay_amount", pause),
            patch.object(table, "PAUSE", (0.0, 0.0)),
        ):
            yield self

    def _strikes(self, service: str, operation: str) -> bool:
        if service != self.service or (self.operations and operation not in self.operations):
            return False
        self.met += 1
        return self.after < self.met <= self.after + self.times
