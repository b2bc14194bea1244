"""How long things take: what DetectFaces adds to its networks, imports, a cold start, a search."""

import base64
import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image

from benchmarks import search
from benchmarks.results import Row, at_most
from sightline.telemetry import logger
from sightline.vision.photo import decode
from sightline.vision.session import Session, open_session

ROOT = Path(__file__).resolve().parents[1]
PHOTO_WIDTH = 1280
ROUNDS = 15
PROCESSES = 5
FACES, SEARCHES = 100_000, 50
SHORT_FACES = 10_000
NO_MODEL, MODEL = "functions.faces.list_faces", "functions.image.detect_faces"
CLOCKED = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"
COLD = (
    "import sys; from functions.image.detect_faces import handler;"
    'print(len(handler({"Image": {"Bytes": sys.stdin.read()}}, None)["FaceDetails"]))'
)


def rows(short: bool) -> list[Row]:
    """The section's figures."""
    logger.setLevel(logging.ERROR)
    photo = portrait()
    ratio, whole, raw = overhead(photo)
    faces = SHORT_FACES if short else FACES
    return [
        at_most(
            "DetectFaces DEFAULT, 1280 px JPEG, one face: time ÷ its session runs", 1.35, ratio, "×"
        ),
        Row(
            "the same in milliseconds, whole and session runs", "–", f"{whole:.0f}, {raw:.0f}", None
        ),
        at_most("import of a handler that runs no model", 0.3, imported(NO_MODEL), " s"),
        at_most("import of DetectFaces", 0.6, imported(MODEL), " s"),
        at_most("first answer of a cold DetectFaces process", 1.8, cold(photo), " s"),
        at_most(
            f"SearchFaces over {faces:,} faces, warm, median",
            10,
            search.median_ms(faces, SEARCHES),
            " ms",
        ),
    ]


def portrait() -> str:
    """In base64, a JPEG `PHOTO_WIDTH` pixels wide: scikit-image's astronaut beside a wall."""
    sample = Path(skimage.__file__).parent / "data" / "astronaut.png"
    astronaut = Image.open(sample).convert("RGB").resize((853, 853), Image.Resampling.LANCZOS)
    page = Image.new("RGB", (PHOTO_WIDTH, 853), astronaut.getpixel((10, 10)))
    page.paste(astronaut, (200, 0))
    data = BytesIO()
    page.save(data, "JPEG", quality=90)
    return base64.b64encode(data.getvalue()).decode()


class Recorder:
    """A session that remembers what it was asked."""

    def __init__(self, session: Session, runs: list[Callable[[], object]]) -> None:
        self._session = session
        self._runs = runs

    def run(
        self, outputs: Sequence[str] | None, inputs: Mapping[str, NDArray[np.float32]], /
    ) -> list[NDArray[np.float32]]:
        """Run, and keep the way to do it again."""
        self._runs.append(lambda: self._session.run(outputs, inputs))
        return self._session.run(outputs, inputs)


def overhead(photo: str) -> tuple[float, float, float]:
    """The handler's median time over that of its own session runs; both in milliseconds.

    Both are timed in turn, so that what else the machine does falls on both.
    """
    from functions.image.detect_faces import handler  # noqa: PLC0415  the import is timed elsewhere
    from sightline.vision.faces import FaceAnalyzer  # noqa: PLC0415

    runs: list[Callable[[], object]] = []
    request = {"Image": {"Bytes": photo}}
    FaceAnalyzer(lambda name: Recorder(open_session(name), runs)).analyze(
        decode(base64.b64decode(photo))
    )
    answer, raw = [], []
    for _ in range(ROUNDS):
        answer.append(_timed(lambda: handler(request, None)))
        raw.append(_timed(lambda: [run() for run in runs]))
    whole, own = statistics.median(answer), statistics.median(raw)
    return whole / own, whole * 1000, own * 1000


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def imported(module: str) -> float:
    """Seconds to import a module in a fresh process, median."""
    return statistics.median(float(_fresh(CLOCKED.format(module))) for _ in range(PROCESSES))


def cold(photo: str) -> float:
    """Seconds from the start of a process to its first answer, median."""
    return statistics.median(_timed(lambda: _fresh(COLD, photo)) for _ in range(PROCESSES))


def _fresh(code: str, given: str = "") -> bytes:
    return subprocess.run(
        [sys.executable, "-c", code],
        input=given.encode(),
        capture_output=True,
        check=True,
        cwd=ROOT,
        env=os.environ,
    ).stdout.splitlines()[-1]
