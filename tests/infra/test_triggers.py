"""Every worker is started by its queue or by the clock."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from infra.functions import pascal
from local.queues import MAPPINGS
from tests.infra.conftest import of_type
from tests.infra.rehearsal import QUEUES
from tests.templates import Template

Templates = Callable[..., dict[str, Template]]


def started(mapping: dict[str, Any]) -> str:
    """The id of the function that an event source mapping starts."""
    found = re.search(r"(\w+)Alias", str(mapping["FunctionName"]))
    assert found
    return found[1].removeprefix("Workers")


def test_queues_start_workers_and_parts_of_batches_may_fail(api: Template) -> None:
    sources = {}
    for mapping in of_type(api, "Lambda::EventSourceMapping").values():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        queue = mapping["EventSourceArn"]["Fn::ImportValue"].split("Att")[1]
        worker = started(mapping)
        most = 3 if worker == "Compact" else 10
        assert mapping["ScalingConfig"] == {"MaximumConcurrency": most}
        sources[worker] = re.sub("[0-9A-F]{8}.*", "", queue), mapping["BatchSize"]
    assert sources == {
        "OnUpload": ("Uploads", 10),
        "PlanVideo": ("VideoPlan", 1),
        "AnalyseFaces": ("VideoFaces", 1),
        "AnalyseLabels": ("VideoLabels", 1),
        "AnalyseText": ("VideoText", 1),
        "AnalyseSegments": ("VideoSegments", 1),
        "MergeVideo": ("VideoMerge", 1),
        "FailVideo": ("VideoDead", 1),
        "MediaSteps": ("Media", 1),
        "MediaFailures": ("MediaDead", 1),
        "Compact": ("Compaction", 1),
    }
    here = {pascal(each.module.rpartition(".")[2]) for each in MAPPINGS.values()}
    assert here == {pascal(each) for each in QUEUES.values()} == sources.keys()


def test_the_clock_starts_the_sweep_and_compaction(api: Template) -> None:
    times = {}
    permissions = [
        each
        for each in of_type(api, "Lambda::Permission").values()
        if each["Principal"] == "events.amazonaws.com"
    ]
    assert all("SourceArn" in each for each in permissions)
    for rule in of_type(api, "Events::Rule").values():
        (target,) = rule["Targets"]
        times[target["Arn"]["Ref"].split("Alias")[0]] = rule["ScheduleExpression"]
        assert [each for each in permissions if each["FunctionName"] == target["Arn"]]
    assert times == {"Sweep": "rate(5 minutes)", "Compact": "rate(1 hour)"}
    assert len(permissions) == len(times)


def test_a_worker_that_nothing_starts_is_refused(
    app_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from infra import events

    monkeypatch.delitem(events.SCHEDULES, "sweep")
    told = r"functions/workers/sweep\.py: nothing starts it; .* infra/events\.py"
    with pytest.raises(ValueError, match=told):
        app_of()


def test_reserved_concurrency_limits_how_many_a_queue_starts(templates_of: Templates) -> None:
    api = templates_of(reserved_concurrency={"on-upload": 5})["Api"]
    limits = {
        started(mapping): mapping["ScalingConfig"]
        for mapping in of_type(api, "Lambda::EventSourceMapping").values()
    }
    assert limits.pop("OnUpload") == {"MaximumConcurrency": 5}
    assert limits.pop("Compact") == {"MaximumConcurrency": 3}
    assert set(map(str, limits.values())) == {"{'MaximumConcurrency': 10}"}
