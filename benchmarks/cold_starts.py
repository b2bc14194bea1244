"""What a function takes to start and to run: each in a fresh process with its own layers only.

Beside the rows, `results/cold_starts.md` is the table that the README shows, with prices.
"""

import logging
import math
import os
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from moto.server import ThreadedMotoServer

from benchmarks.results import RESULTS, Row
from benchmarks.speed import portrait
from functions.faces import create_collection, index_faces
from infra.functions import Function, functions
from infra.needs import PROFILES, needs
from infra.unpacked import ENVIRONMENT, layers_of, start, unpack
from local import dynamodb, resources
from sightline import settings
from sightline.store import aws
from sightline.telemetry import logger

PROFILE = "standard"
SHORT = 5  # times fewer functions
PROCESSES = 3
# us-east-1, November 2026: Lambda on arm64, and Rekognition's first tier for each image.
GB_SECOND, MILLION_CALLS = 0.0000133334, 0.20
IMAGE = 0.001
VCPU = 1769  # MiB for which Lambda gives a whole one, as its guide says; less or more in proportion
OPERATIONS = (
    "DetectFaces",
    "DetectLabels",
    "DetectModerationLabels",
    "DetectProtectiveEquipment",
    "DetectText",
    "RecognizeCelebrities",
)
PROGRAM = """
import os
os.sched_setaffinity(0, range(int(os.environ["CORES"])))
import importlib, json, statistics
from time import perf_counter

def status(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name)) / 1024

def timed(work):
    started = perf_counter()
    work()
    return perf_counter() - started

def load():
    names = os.environ["SIGHTLINE_PRELOAD"]
    if names:
        from sightline.vision.session import open_session
        for name in names.split(","):
            open_session(name)

event = json.load(sys.stdin)
brought = timed(lambda: importlib.import_module(sys.argv[3]).handler)
loaded = timed(load)
rest = status("VmRSS")
handler = sys.modules[sys.argv[3]].handler
answers = [timed(lambda: handler(event, None)) for _ in range(6)]
warm = statistics.median(answers[1:])
print(json.dumps([brought, loaded, answers[0], warm, rest, status("VmHWM")]))
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A function, an event for it, and the images that Rekognition would bill."""

    module: str
    event: dict[str, Any]
    images: int = 1


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians over processes: seconds, and MiB of memory."""

    function: Function
    images: int
    imported: float
    models: float
    first: float
    warm: float
    rest: float
    peak: float

    @property
    def memory(self) -> int:
        """MiB that the deployment gives it."""
        return PROFILES[PROFILE][needs(self.function).size]

    @property
    def price(self) -> float:
        """Dollars that Lambda takes for a thousand warm calls.

        As if all of a call's time were work: with a part of a vCPU it takes so much longer.
        """
        seconds = self.warm * cores(self.memory) / (self.memory / VCPU)
        return 1000 * (seconds * self.memory / 1024 * GB_SECOND + MILLION_CALLS / 1e6)


def cores(memory: int) -> int:
    """On how many cores a function with so many MiB is measured: Lambda's vCPUs, rounded up."""
    return min(math.ceil(memory / VCPU), os.cpu_count() or 1)


def rows(short: bool) -> list[Row]:
    """The section's figures; writes the table too."""
    photo = portrait()
    with account(), tempfile.TemporaryDirectory() as folder:
        found = [
            _measured(case, Path(folder, case.module), 1 if short else PROCESSES)
            for case in (_cases(photo)[::SHORT] if short else _cases(photo))
        ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "cold_starts.md").write_text(table(found))
    return [
        Row(
            f"cold {each.function.operation}: import, models, first answer",
            "–",
            f"{each.imported:.2f}, {each.models:.2f}, {each.first:.2f} s",
            None,
        )
        for each in found
    ]


def _cases(photo: str) -> list[Case]:
    """What is measured: one function of each kind and every one that runs models."""
    image = {"Image": {"Bytes": photo}}
    people = {"CollectionId": "people"}
    create_collection.handler(people, None)
    (record,) = index_faces.handler(people | image, None)["FaceRecords"]
    return [
        Case("list_faces", people, images=0),
        Case("search_faces", {**people, "FaceId": record["Face"]["FaceId"]}),
        Case("index_faces", people | image),
        Case("search_faces_by_image", people | image),
        Case("compare_faces", {"SourceImage": image["Image"], "TargetImage": image["Image"]}),
        Case("detect_faces", {**image, "Attributes": ["ALL"]}),
        Case("recognize_celebrities", image),
        Case("detect_labels", image),
        Case("detect_moderation_labels", image),
        Case("detect_protective_equipment", image),
        Case("detect_text", image),
        Case("analyze", {**image, "Operations": {name: {} for name in OPERATIONS}}, 6),
    ]


def _measured(case: Case, folder: Path, processes: int) -> Measured:
    (function,) = (each for each in functions() if each.module == case.module)
    where = unpack(layers_of(function), folder)
    given = {"CORES": str(cores(PROFILES[PROFILE][needs(function).size]))}
    given["AWS_ENDPOINT_URL"] = os.environ["AWS_ENDPOINT_URL"]
    runs = [start(function, where, PROGRAM, case.event, **given) for _ in range(processes)]
    return Measured(
        function, case.images, *(statistics.median(each) for each in zip(*runs, strict=True))
    )


@contextmanager
def account() -> Iterator[None]:
    """moto on a port, with the service's resources; its own time is part of what is measured."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    dynamodb.install()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    logger.setLevel(logging.ERROR)
    server.start()
    host, port = server.get_host_and_port()
    try:
        with patch.dict(os.environ, {**ENVIRONMENT, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}):
            _forget()
            resources.create()
            yield
    finally:
        server.stop()
        _forget()


def _forget() -> None:
    settings.settings.cache_clear()
    aws.forget_clients()


def table(found: Sequence[Measured]) -> str:
    """The README's table: starts, memory, and prices per thousand calls."""
    lines = [
        "| function | import | models | first answer | warm | at rest | peak | given "
        "| Lambda | Rekognition |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for each in found:
        times = (each.imported, each.models, each.first, each.warm)
        cells = [
            str(each.function.operation),
            *(f"{1000 * seconds:.0f} ms" if seconds > 0.0005 else "–" for seconds in times),
            *(f"{size:,.0f} MiB" for size in (each.rest, each.peak, each.memory)),
            f"${each.price:.4f}",
            f"${1000 * IMAGE * each.images:.2f}" if each.images else "–",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])
