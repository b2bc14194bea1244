"""Jobs over manifests as GetMediaAnalysisJob and ListMediaAnalysisJobs tell of them."""

from datetime import UTC, datetime
from typing import Any

from sightline.domain.pages import Page, cut
from sightline.errors import InvalidParameterException, ResourceNotFoundException
from sightline.store import media_jobs
from sightline.store.media_jobs import Job

PAGE = 100  # jobs, the documented default and maximum


def need(job_id: str) -> Job:
    """A job that must be there.

    Raises:
        ResourceNotFoundException: there is none, or it is over a year old.
    """
    job = media_jobs.get(job_id)
    if job is None:
        raise ResourceNotFoundException(f"The job id: {job_id} does not exist")
    return job


def page(after: str | None, size: int) -> Page[Job]:
    """Jobs, the newest first.

    Raises:
        InvalidParameterException: more are asked for than a page has.
    """
    if size > PAGE:
        raise InvalidParameterException(
            f"Request has invalid parameters: MaxResults must be at most {PAGE}"
        )
    return cut(media_jobs.page(after, size + 1), size)


def described(job: Job) -> dict[str, Any]:
    """A job in AWS's names: what was asked for, and how far it is."""
    completed = job.ending.get("CompletionTimestamp")
    return {
        **job.request,
        **job.ending,
        "JobId": job.id,
        "Status": job.status,
        "CreationTimestamp": datetime.fromtimestamp(job.created, UTC),
        "CompletionTimestamp": completed and datetime.fromtimestamp(completed, UTC),
    }
