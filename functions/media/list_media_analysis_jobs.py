"""ListMediaAnalysisJobs: all jobs, the newest first."""

from typing import Any

from sightline.domain.media import jobs
from sightline.wire.operation import operation
from sightline.wire.paging import start_of, token_after


@operation("ListMediaAnalysisJobs")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    after = start_of("ListMediaAnalysisJobs", request)
    page = jobs.page(after, request.get("MaxResults", jobs.PAGE))
    return {
        "MediaAnalysisJobs": [jobs.described(job) for job in page.entries],
        "NextToken": token_after("ListMediaAnalysisJobs", request, page.last),
    }
