"""Arithmetic on a few face vectors without numpy, for the operations that run no model.

A packed vector is 128 float32, little endian, of unit length.
"""

import math
import struct
from collections.abc import Sequence

PACKED = struct.Struct("<128f")


def cosine(one: bytes, other: bytes) -> float:
    """The cosine of the angle between two packed vectors."""
    pairs = zip(PACKED.unpack(one), PACKED.unpack(other), strict=True)
    return math.fsum(a * b for a, b in pairs)


def mean(vectors: Sequence[bytes]) -> bytes | None:
    """The mean direction of packed vectors, packed; None when there are none.

    Vectors that cancel each other out have no mean direction; the first stands for it.
    """
    if not vectors:
        return None
    columns = zip(*(PACKED.unpack(vector) for vector in vectors), strict=True)
    sums = [math.fsum(column) for column in columns]
    length = math.hypot(*sums)
    if length < 1e-6:
        return vectors[0]
    return PACKED.pack(*(value / length for value in sums))
