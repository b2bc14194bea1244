"""The work of a kind of job on a video, piece by piece, without the queues between them."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from io import BytesIO
from itertools import pairwise
from typing import Any

import botocore.session
import numpy as np
from botocore.validate import ParamValidator
from PIL import Image

from sightline.domain.video.kinds import KINDS, Element, Merged, Span
from sightline.video.frames import open_video
from tests.video.making import Make, Pixels, video

SIZE = (384, 288)
FPS = 4


def film(*shown: tuple[bytes, int], size: tuple[int, int] = SIZE) -> bytes:
    """A video of photos, each for so many milliseconds, filled to the frame's shape."""
    frames: list[Pixels] = []
    for photo, milliseconds in shown:
        frames += [_frame(photo, size)] * (milliseconds * FPS // 1000)
    return video(frames, Make(fps=FPS, gop=2, b_frames=0))


def _frame(photo: bytes, size: tuple[int, int]) -> Pixels:
    image = Image.open(BytesIO(photo)).convert("RGB")
    scale = max(size[0] / image.width, size[1] / image.height)
    image = image.resize((round(image.width * scale), round(image.height * scale)))
    return np.asarray(image.crop((0, 0, *size)))


def done(
    kind: str, data: bytes, request: dict[str, Any] | None = None, pieces: int = 1
) -> tuple[dict[str, list[Element]], Merged]:
    """The lists of a job in all orders, and what else was merged."""
    request = request or {}
    work = KINDS[kind].work
    with open_video(BytesIO(data)) as opened:
        duration = opened.info.duration
        cuts = [duration * number // pieces for number in range(pieces + 1)]
        spans = [Span(start, end) for start, end in pairwise(cuts)]
        found = [work.analyse(opened, span, request) for span in spans]
        info = asdict(opened.info)
    return listed(kind, found, request, info)


def listed(
    kind: str, found: Sequence[bytes], request: dict[str, Any], info: dict[str, Any]
) -> tuple[dict[str, list[Element]], Merged]:
    """The lists of a job in all orders, once they are known to be of the service's shape."""
    # `partial` has the piece read as often as the merge likes.
    merged = KINDS[kind].work.merge([partial(bytes, each) for each in found], request, info)
    lists = {order: list(elements) for order, elements in merged.orders.items()}
    assert set(lists) == set(KINDS[kind].orders)
    model = botocore.session.Session().get_service_model("rekognition")
    shape = model.operation_model(f"Get{kind}").output_shape
    assert shape is not None
    for elements in lists.values():
        report = ParamValidator().validate({KINDS[kind].member: elements, **merged.answer}, shape)
        assert not report.has_errors(), report.generate_report()
    return lists, merged
