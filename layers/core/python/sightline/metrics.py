"""Metrics in CloudWatch's embedded format: lines on standard output, so a request pays no call.

Only where Lambda runs a function; elsewhere nothing reads them.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from sightline.errors import ServiceError

NAMESPACE = "Sightline"
SERVICE = "sightline"

_runs: ContextVar[dict[str, float] | None] = ContextVar("runs", default=None)
_calls = count()  # the first call of a process is its cold start


@contextmanager
def measured(function: str) -> Iterator[None]:
    """Counts what happens inside as one call of `function`.

    Metrics per function: Calls, Refused (the caller's mistake), Failed (ours), ColdStarts, and
    Latency in milliseconds; per function and model: ModelTime, the milliseconds that its runs
    took in that call.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" not in os.environ:
        yield
        return
    runs: dict[str, float] = defaultdict(float)
    token = _runs.set(runs)
    started, refused, failed = time.perf_counter(), False, False
    try:
        yield
    except ServiceError as error:
        refused, failed = error.status < 500, error.status >= 500
        raise
    except BaseException:
        failed = True
        raise
    finally:
        _runs.reset(token)
        latency = (time.perf_counter() - started) * 1000
        counts = {"Calls": True, "Refused": refused, "Failed": failed}
        _emit(function, {**counts, "ColdStarts": _is_cold()}, latency, runs)


def _is_cold() -> bool:
    """Whether this is a process's first call; one that Lambda keeps ready nobody waited for."""
    kept_ready = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency"
    return next(_calls) == 0 and not kept_ready


@contextmanager
def model_run(model: str) -> Iterator[None]:
    """Adds the time of what happens inside to the call that is measured, if one is."""
    started = time.perf_counter()
    yield
    runs = _runs.get()
    if runs is not None:
        runs[model] += (time.perf_counter() - started) * 1000


def _emit(function: str, counts: dict[str, bool], latency: float, runs: dict[str, float]) -> None:
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
    metrics.add_dimension("function", function)
    for name, happened in counts.items():
        metrics.add_metric(name, MetricUnit.Count, int(happened))
    metrics.add_metric("Latency", MetricUnit.Milliseconds, latency)
    metrics.flush_metrics()
    for model, milliseconds in runs.items():
        metrics.add_dimension("function", function)
        metrics.add_dimension("model", model)
        metrics.add_metric("ModelTime", MetricUnit.Milliseconds, milliseconds)
        metrics.flush_metrics()
