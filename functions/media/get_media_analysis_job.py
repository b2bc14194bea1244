"""GetMediaAnalysisJob: how far a job is, and where its results are."""

from typing import Any

from sightline.domain.media import jobs
from sightline.wire.operation import operation


@operation("GetMediaAnalysisJob")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return jobs.described(jobs.need(request["JobId"]))
