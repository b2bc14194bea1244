"""Reads the face's expression with two small networks of different makers (human's emotion and
face-api's expression); what they say together is weighed by the heads for emotion and smile.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sightline.vision.align import cut, mirrored, upright
from sightline.vision.locator import Located
from sightline.vision.picture import LUMA
from sightline.vision.session import Session

CLASSES = ("ANGRY", "DISGUSTED", "FEAR", "HAPPY", "SAD", "SURPRISED", "CALM")
MEAN = np.array([122.782, 117.001, 104.298], np.float32)  # RGB, of face-api's training sets
# The second network's classes are neutral, happy, sad, angry, fearful, disgusted, surprised.
ORDER = [3, 5, 4, 1, 2, 6, 0]
SMALLEST = np.float32(1e-4)
# Both networks learnt from faces that nobody had turned upright: a smaller roll is left as it is.
LEFT_AS_IT_IS = math.radians(20)


class ExpressionReader:
    """Photo pixels and a face in, shares of the seven classes as both networks see them out."""

    # Each network looks four times: at two crops and at both mirrored.
    emotion_size, emotion_margins = 64, (0.95, 1.05)
    expression_size, expression_margins = 112, (1.05, 1.2)

    def __init__(self, emotion: Session, expression: Session) -> None:
        self._emotion = emotion
        self._expression = expression

    def read(self, pixels: NDArray[np.uint8], face: Located) -> NDArray[np.float32]:
        """(14,): the mean log shares of the first network, then of the second."""
        first = views(pixels, face, self.emotion_margins, self.emotion_size)
        (emotion,) = self._emotion.run(None, {"image": preprocess_emotion(first)})
        second = views(pixels, face, self.expression_margins, self.expression_size)
        (expression,) = self._expression.run(None, {"image": preprocess_expression(second)})
        return postprocess(emotion, expression)


def views(
    pixels: NDArray[np.uint8], face: Located, margins: tuple[float, float], size: int
) -> NDArray[np.uint8]:
    """(4, size, size, 3): the crop of each margin, then the same mirrored."""
    eyes = face.eyes
    if abs(math.atan2(*(eyes[1] - eyes[0])[::-1])) < LEFT_AS_IT_IS:
        eyes = np.array([[0, 0], [1, 0]], np.float32)
    crops = [upright(face.box, eyes, margin, size) for margin in margins]
    return mirrored(np.stack([cut(pixels, crop, size) for crop in crops]))


def preprocess_emotion(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 64, 64, 3) RGB to grey (n, 1, 64, 64), -1 to 1."""
    return ((images @ LUMA) / np.float32(127.5) - 1)[:, None]


def preprocess_expression(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 112, 112, 3) RGB to (n, 3, 112, 112), minus the mean, over 255."""
    return ((images - MEAN) / np.float32(255)).transpose(0, 3, 1, 2)


def postprocess(
    emotion: NDArray[np.float32], expression: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(14,) from (4, 7) and (4, 7) shares; classes in the order of `CLASSES`."""
    both = np.stack([emotion, expression[:, ORDER]])
    logs: NDArray[np.float32] = np.log(both.clip(SMALLEST)).mean(1).ravel()
    return logs


def smile_inputs(
    logs: NDArray[np.float32], shape: NDArray[np.float32], roots: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(1050,) for the head: log shares (14,), `shape.expression_shape` (12,) and the square roots
    of `FaceDescriber`'s features (1024,).
    """
    return np.concatenate([logs, shape, roots])


def emotion_inputs(logs: NDArray[np.float32], shape: NDArray[np.float32]) -> NDArray[np.float32]:
    """(47,) for the head: log shares (14,), shares, what both networks agree on, and the face's
    shape (12,).
    """
    shares = np.exp(logs)
    agreed = np.sqrt(shares[: len(CLASSES)] * shares[len(CLASSES) :])
    return np.concatenate([logs, shares, agreed, shape])
