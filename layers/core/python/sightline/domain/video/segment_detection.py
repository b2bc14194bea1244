"""SegmentDetection: shots and technical cues, exact to the frame.

A piece is reduced to a few figures of every frame; whatever depends on the order of frames is
decided when all pieces are there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sightline.domain.video.kinds import Element, Merged, Span
from sightline.domain.video.records import Pieces
from sightline.domain.video.timecode import exact, is_standard, timecode
from sightline.video import signature
from sightline.video.ahead import ahead
from sightline.video.cues import find_cues
from sightline.video.series import Sample, Series, ground, has_emblem, loudness
from sightline.video.shots import find_shots
from sightline.video.signature import TEXT_EVERY, Blackness, unpack
from sightline.video.sound import STEP

if TYPE_CHECKING:
    from sightline.video.frames import Video

MODEL_VERSION = "2.0"
MIN_CONFIDENCE = 50.0
UNKNOWN_RATE = 25.0  # frames per second, of a file that does not say
MAX_PIXEL_THRESHOLD, MIN_COVERAGE_PERCENTAGE = 0.2, 99.0
SHOT, CUE = "SHOT", "TECHNICAL_CUE"
FILTERS = {SHOT: "ShotFilter", CUE: "TechnicalCueFilter"}
# The first and the last frame of a segment, and what it is.
Found = tuple[int, int, dict[str, Any]]
DETAILS = {SHOT: "ShotSegment", CUE: "TechnicalCueSegment"}


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells frames in milliseconds and timecodes.

    Attributes:
        rate: labels of timecodes per second, which are the frames of a constant rate.
        milliseconds: when each frame is due, and the end; None where the rate is constant and a
            standard's, so that frames are counted.
    """

    rate: Fraction
    milliseconds: NDArray[np.int64] | None

    @classmethod
    def of(cls, times: NDArray[np.int32], rate: Fraction, duration: int) -> "Clock":
        """That of frames due at these times; their rate is constant if none is due half a frame
        early or late.
        """
        due = np.arange(len(times)) * float(1000 / rate)
        constant = not len(times) or np.abs(times - due).max() <= 500 / rate
        if constant and is_standard(rate):
            return cls(rate, None)
        ends = np.append(times.astype(np.int64), max([duration, *times[-1:].tolist()]))
        return cls(Fraction(max(1, round(rate))), ends)

    def time(self, frame: int) -> int:
        """Milliseconds from the video's start to that of a frame, rounded down."""
        if self.milliseconds is None:
            return int(frame * 1000 / self.rate)
        return int(self.milliseconds[frame])

    def label(self, frame: int) -> int:
        """Which label of the timecode is a frame's: of its number, or of when it is due.

        Milliseconds are rounded down: of 30 labels, the second begins with 33.3 and is that of 33.
        """
        if self.milliseconds is None:
            return frame
        return int(((self.time(frame) + 1) * self.rate - 1) // 1000)

    def segment(self, kind: str, start: int, end: int, details: dict[str, Any]) -> Element:
        """A `SegmentDetection` from one frame to another."""
        begins, ends = self.time(start), self.time(end)
        first, last = self.label(start), self.label(end)
        return {
            "Type": kind,
            "StartTimestampMillis": begins,
            "EndTimestampMillis": ends,
            "DurationMillis": ends - begins,
            "StartTimecodeSMPTE": timecode(first, self.rate),
            "EndTimecodeSMPTE": timecode(last, self.rate),
            "DurationSMPTE": timecode(last - first, self.rate),
            DETAILS[kind]: details,
            "StartFrameNumber": start,
            "EndFrameNumber": end,
            "DurationFrames": end - start,
        }


def analyse(video: "Video", span: Span, request: dict[str, Any]) -> bytes:
    """The signatures of a piece's frames, and how loud it is."""
    found = signature.measure(ahead(video.pictures(span)), _blackness(request))
    whole = Span(span.start // STEP * STEP, -(-span.end // STEP) * STEP)
    return signature.pack(
        found, loudness=video.sound(whole).loudness, start=np.array(whole.start // STEP)
    )


def merge(pieces: Pieces, request: dict[str, Any], info: dict[str, Any]) -> Merged:
    """Segments by type, in the request's order, then by time.

    A shot ends with its last frame, a technical cue with the first of the next.
    """
    rate = exact(info["frame_rate"] or UNKNOWN_RATE)
    series = _series(pieces, float(rate))
    shots = find_shots([partial(_thumbnails, read) for read in pieces], series.dark, series.rate)
    clock = Clock.of(series.milliseconds, rate, info["duration"])
    types = list(dict.fromkeys(request["SegmentTypes"]))
    found: dict[str, list[Found]] = {}
    if SHOT in types:
        found[SHOT] = [
            (each.first, each.last, {"Index": number, "Confidence": each.confidence})
            for number, each in enumerate(shots)
        ]
    if CUE in types:
        found[CUE] = [
            (each.start, each.end, {"Type": each.kind, "Confidence": each.confidence})
            for each in find_cues(series, shots, _blackness(request).coverage)
        ]
    segments = [
        clock.segment(kind, start, end, details)
        for kind in types
        for start, end, details in found[kind]
        if details["Confidence"]
        >= _filter(request, kind).get("MinSegmentConfidence", MIN_CONFIDENCE)
    ]
    selected = [{"Type": kind, "ModelVersion": MODEL_VERSION} for kind in types]
    return Merged({"TIMESTAMP": segments}, {"SelectedSegmentTypes": selected})


def _filter(request: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = request.get("Filters", {}).get(FILTERS[kind], {})
    return found


def _blackness(request: dict[str, Any]) -> Blackness:
    given = _filter(request, CUE).get("BlackFrame", {})
    coverage = given.get("MinCoveragePercentage", MIN_COVERAGE_PERCENTAGE)
    return Blackness(given.get("MaxPixelThreshold", MAX_PIXEL_THRESHOLD), coverage / 100)


def _thumbnails(read: Callable[[], bytes]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    luma, chroma = unpack(read(), "luma", "chroma")
    return luma, chroma


def _series(pieces: Pieces, rate: float) -> Series:
    """What fits into memory of all pieces."""
    times: list[NDArray[np.int32]] = []
    darks: list[NDArray[np.float32]] = []
    bars: list[NDArray[np.bool_]] = []
    steps = np.zeros(0, np.float32)
    samples: list[Sample] = []
    frames = 0
    for read in pieces:
        data = read()
        milliseconds, dark, bar = unpack(data, "milliseconds", "dark", "bars")
        loud, start = unpack(data, "loudness", "start")
        steps = np.concatenate([steps[: int(start)], loud])
        samples += _samples(data, frames, milliseconds, times[-1] if times else None)
        if len(milliseconds):
            times.append(milliseconds)
        darks.append(dark)
        bars.append(bar)
        frames += len(milliseconds)
    due = np.concatenate([np.zeros(0, np.int32), *times])
    return Series(
        rate,
        due,
        np.concatenate([np.zeros(0, np.float32), *darks]),
        np.concatenate([np.zeros(0, bool), *bars]),
        loudness(due, steps, STEP),
        samples,
    )


def _samples(
    data: bytes,
    frames: int,
    milliseconds: NDArray[np.int32],
    before: NDArray[np.int32] | None,
) -> list[Sample]:
    """The samples of a piece with so many frames before it.

    A piece does not know whether its first frame is also the first of its period.
    """
    luma, read, counts, lines = unpack(data, "luma", "read", "counts", "lines")
    ends = np.cumsum(counts, dtype=np.int64)
    made = []
    for frame, count, end in zip(read.tolist(), counts.tolist(), ends.tolist(), strict=True):
        if (
            frame == 0
            and before is not None
            and before[-1] // TEXT_EVERY == milliseconds[0] // TEXT_EVERY
        ):
            continue
        picture = luma[frame]
        made.append(
            Sample(frames + frame, lines[end - count : end], ground(picture), has_emblem(picture))
        )
    return made
