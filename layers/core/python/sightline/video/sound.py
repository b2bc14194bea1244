"""How loud a video is over time, for the black that only counts where it is silent."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard
from numpy.typing import NDArray

from sightline.video import probe
from sightline.video.packets import seek

STEP = 10  # ms
# Of sound before the span, so that what a decoder keeps from packet to packet is there. AAC needs
# one packet of 1,024 samples, MP3 the bits of up to ten packets of 1,152.
LEAD = 500  # ms
# What is decoded at once, from multiples of it: so no loudness depends on where spans are cut.
WINDOW = 10_000  # ms
SOUNDS = frozenset(probe.DECODERS.split(",")) - {"h264"}
DAMAGES = 100  # parts of a damaged track that are left out before the rest is


@dataclass(frozen=True, slots=True)
class Sound:
    """Loudness over a span.

    Attributes:
        loudness: (n,) root mean square of the samples in each `STEP` milliseconds from the span's
            start on, 0 to 1, of the loudest channel of the loudest track; 0 where there is no
            sound.
        step: milliseconds of an element.
    """

    loudness: NDArray[np.float32]
    step: int = STEP


def measure(container: InputContainer, origin: Fraction, start: int, end: int) -> Sound:
    """How loud a file is between two times; whole steps, so they should be multiples of `STEP`.

    Args:
        container: the file; afterwards it stands anywhere.
        origin: the video's start on the file's clock, in seconds.
        start: milliseconds from the video's start.
        end: as `start`, of the span.
    """
    loudness = np.zeros(max(0, -(-(end - start) // STEP)), np.float32)
    kept = [each.discard for each in container.streams]
    try:
        for track in container.streams.audio:
            if not _audible(track):
                continue
            for each in container.streams:
                each.discard = Discard.default if each is track else Discard.all
            for window in range(start // WINDOW * WINDOW, end, WINDOW):
                found = _window(container, track, origin + Fraction(window, 1000))
                skipped = (window - start) // STEP
                into = loudness[max(0, skipped) : skipped + len(found)]
                np.maximum(into, found[max(0, -skipped) :][: len(into)], out=into)
    finally:
        for stream, discard in zip(container.streams, kept, strict=True):
            stream.discard = discard
    return Sound(loudness)


def _audible(track: AudioStream) -> bool:
    """Whether a decoder that is let near callers' files plays it; damaged headers name any."""
    context = track.codec_context
    return context is not None and context.codec.name in SOUNDS and context.channels > 0


def _window(container: InputContainer, track: AudioStream, since: Fraction) -> NDArray[np.float32]:
    """(WINDOW / STEP,) the loudness of one track from a time of the file's clock on."""
    steps = WINDOW // STEP
    power = np.zeros((track.codec_context.channels, steps))
    counts = np.zeros(steps)
    for first, samples in _samples(container, track, since):
        at = (first + np.arange(samples.shape[1])) * 1000
        at //= STEP * track.codec_context.sample_rate
        if at[0] >= steps:
            break
        inside = (at >= 0) & (at < steps)
        if inside.any() and len(samples) == len(power):
            counts += np.bincount(at[inside], minlength=steps)
            for channel, each in enumerate(samples):
                power[channel] += np.bincount(at[inside], each[inside] ** 2, steps)
    loudness: NDArray[np.float64] = np.sqrt(power.max(0) / np.maximum(counts, 1))
    # A damaged packet can say anything.
    return np.clip(np.nan_to_num(loudness), 0, 1).astype(np.float32)


def _samples(
    container: InputContainer, track: AudioStream, since: Fraction
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """(channels, n) samples, -1 to 1, with the first one's number counted from `since`."""
    base = track.time_base or Fraction(1)
    decoder = _decoder(track)
    seek(container, track, floor((since - Fraction(LEAD, 1000)) / base))
    for _ in range(DAMAGES):
        try:
            for packet in container.demux(track):
                for frame in decoder.decode(packet):
                    time = (frame.pts or 0) * base - since
                    yield floor(time * frame.sample_rate), _floats(frame)
        except av.FFmpegError:
            continue
        return


def _decoder(track: AudioStream) -> AudioCodecContext:
    """A decoder without a past: AAC's fills bands with noise that goes on over a seek."""
    known = track.codec_context
    decoder = cast(AudioCodecContext, AudioCodecContext.create(known.codec.name, "r"))
    decoder.extradata = known.extradata
    decoder.sample_rate = known.sample_rate
    decoder.layout = known.layout
    return decoder


def _floats(frame: AudioFrame) -> NDArray[np.float32]:
    """(channels, n) samples, -1 to 1."""
    samples = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    if samples.dtype.kind == "f":
        return samples.astype(np.float32)
    half = 1 << (8 * samples.dtype.itemsize - 1)
    middle = half if samples.dtype.kind == "u" else 0
    return ((samples.astype(np.float64) - middle) / half).astype(np.float32)
