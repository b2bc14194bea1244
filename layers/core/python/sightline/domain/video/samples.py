"""Looks at the frames of a video that are sampled (`settings.video_step`), several at a time."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, TypeVar

from sightline.domain.video.kinds import Span
from sightline.settings import video_step
from sightline.vision.photo import Photo
from sightline.vision.session import vcpus

if TYPE_CHECKING:
    from sightline.video.frames import Video

Seen = TypeVar("Seen")
# The threads of a network do not keep two cores busy by themselves; a second frame fills what they
# leave. Each frame takes up to 270 MB (labels of 720p), and a third would find nothing to fill.
MOST_AT_ONCE = 2


def look_at(
    video: "Video", span: Span, look: Callable[[Photo], Seen], step: int | None = None
) -> Iterator[tuple[int, Seen]]:
    """What `look` sees in each sampled frame of the span: its milliseconds and that, in order.

    A `step` in milliseconds takes the place of the setting.
    """
    at_once = min(vcpus(), MOST_AT_ONCE)
    with ThreadPoolExecutor(at_once) as threads:
        looking: deque[tuple[int, Future[Seen]]] = deque()
        for frame in video.frames(span, step or video_step()):
            photo = Photo(frame.pixels, frame.width, frame.height)
            # A thread has no metrics of its own: it adds to those of the call.
            told = threads.submit(copy_context().run, look, photo)
            looking.append((frame.milliseconds, told))
            if len(looking) > at_once:
                time, done = looking.popleft()
                yield time, done.result()
        for time, done in looking:
            yield time, done.result()
