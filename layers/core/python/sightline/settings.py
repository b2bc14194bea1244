"""What the environment tells a function, read once; a missing name fails with that name."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STARTED_EARLY = ("snap-start", "provisioned-concurrency")  # Lambda's names


@dataclass(frozen=True, slots=True)
class Settings:
    """Names of the resources that the deployment made, and where it put them."""

    region: str
    account: str
    table: str
    bucket: str
    keys_prefix: str  # Secrets Manager: one secret per access key, named "<prefix>/<access key id>"
    models: Path  # folder of the built ONNX files and their manifest

    def arn(self, resource: str) -> str:
        """The ARN of one of the service's own resources, such as `collection/people`."""
        return f"arn:aws:rekognition:{self.region}:{self.account}:{resource}"


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises:
        KeyError: naming the environment variable that is missing.
    """
    env = os.environ
    return Settings(
        region=env["AWS_REGION"],
        account=env["SIGHTLINE_ACCOUNT"],
        table=env["SIGHTLINE_TABLE"],
        bucket=env["SIGHTLINE_BUCKET"],
        keys_prefix=env["SIGHTLINE_KEYS"],
        models=Path(env.get("SIGHTLINE_MODELS", "/opt/models")),
    )


def webp_is_taken() -> bool:
    """Whether photos may be WebP too, which the service itself refuses: `SIGHTLINE_WEBP=1`."""
    return os.environ.get("SIGHTLINE_WEBP") == "1"


def uploads_queue() -> str:
    """URL of the queue that brings S3's events to the upload worker.

    Raises:
        KeyError: this function was not given it; so are those below.
    """
    return os.environ["SIGHTLINE_UPLOADS_QUEUE"]


def uploads_dead_letters() -> str:
    """URL of the queue of S3's events that came to nothing, each with the reason."""
    return os.environ["SIGHTLINE_UPLOADS_DEAD_LETTERS"]


def results_topic() -> str:
    """ARN of the topic that tells of photos analysed as they arrive."""
    return os.environ["SIGHTLINE_RESULTS_TOPIC"]


def reviews_queue() -> str:
    """URL of the queue of images that people should look at."""
    return os.environ["SIGHTLINE_REVIEWS_QUEUE"]


def video_queue(name: str) -> str:
    """URL of the queue of a step of video jobs: `plan`, `merge`, or a worker that analyses."""
    return os.environ[f"SIGHTLINE_VIDEO_{name.upper()}_QUEUE"]


def video_step() -> int:
    """Milliseconds between the frames of a video that are looked at, where not every one is: of
    each such step the first frame.

    `SIGHTLINE_VIDEO_FPS` says how many these are in a second, 2 if it is not set.

    Raises:
        ValueError: it is no number above 0 and up to 100.
    """
    said = os.environ.get("SIGHTLINE_VIDEO_FPS", "2")
    rate = float(said)
    if not 0 < rate <= 100:
        raise ValueError(f"SIGHTLINE_VIDEO_FPS is {said}, not a number above 0 and up to 100")
    return round(1000 / rate)


def media_queue() -> str:
    """URL of the queue of the steps of jobs over manifests of images."""
    return os.environ["SIGHTLINE_MEDIA_QUEUE"]


def compaction_queue() -> str:
    """URL of the queue of collections whose log should be moved into shards."""
    return os.environ["SIGHTLINE_COMPACTION_QUEUE"]


def search_function() -> str | None:
    """Name of the function that searches shards which are too many for one process; None where
    one process holds all, as on a laptop.
    """
    return os.environ.get("SIGHTLINE_SEARCH_FUNCTION")


def models_opened_at_import() -> tuple[str, ...]:
    """The models of a function that Lambda starts before its requests come.

    Where it takes a snapshot of the started process, or keeps started processes, nobody waits for
    that start; `SIGHTLINE_PRELOAD` lists what to open then. Elsewhere a request pays for a model at
    its first use, and pays only for what it needs.
    """
    early = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") in STARTED_EARLY
    return tuple(os.environ["SIGHTLINE_PRELOAD"].split(",")) if early else ()
