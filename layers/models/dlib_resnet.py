"""Builds dlib's face recognition network (ResNet, 29 convolutions) from published weights.

Only weights are published: the graph follows the network's definition in dlib's example
`dnn_face_recognition_ex.cpp` (Boost licence), the weights are dlib's own serialisation of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from layers.models.onnx_graph import Array, OnnxGraph, Tensor

# (filters, blocks) per stage; every stage but the first begins with a block that halves the size.
_STAGES = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))

# A layer's name in dlib's stream: the length of the length, the length, the name and its version.
_LAYER = re.compile(rb"\x01(?:\x05|\x07|\x04)(?P<name>con_4|affine_|fc_2)")


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution with dlib's affine layer folded in; filters (height, width, in, out)."""

    filters: Array
    bias: Array


def from_dlib(dat: bytes) -> bytes:
    """The ONNX file of dlib's `dlib_face_recognition_resnet_model_v1.dat`."""
    convolutions, projection = _read_dlib(dat)
    return build(iter(convolutions), projection)


def build(convolutions: Iterator[Convolution], projection: Array) -> bytes:
    """The network as ONNX.

    Input `image` (batch, 3, 150, 150), output `embedding` (batch, 128), not of unit length.

    Args:
        convolutions: in the order they run.
        projection: (256, 128).
    """
    graph = OnnxGraph()
    x = graph.input("image", (3, 150, 150))
    first = next(convolutions)
    x = graph.relu(graph.conv(x, first.filters, first.bias, stride=2, padding="VALID"))
    x = graph.max_pool(x, 3, 2, "VALID")
    for stage, (filters, blocks) in enumerate(_STAGES):
        for block in range(blocks):
            down = stage > 0 and block == 0
            x = _residual(graph, x, next(convolutions), next(convolutions), filters, down=down)
    x = graph.dense(graph.spatial_mean(x), projection)
    graph.output(x, "embedding")
    return graph.serialise("dlib_face_recognition")


def _residual(
    graph: OnnxGraph,
    x: Tensor,
    first: Convolution,
    second: Convolution,
    filters: int,
    *,
    down: bool,
) -> Tensor:
    """relu(conv(relu(conv(x))) + shortcut); halving, the shortcut is a 2×2 mean.

    dlib adds tensors of unequal size as if the smaller were filled up with zeros.
    """
    if down:
        y = graph.relu(graph.conv(x, first.filters, first.bias, stride=2, padding="VALID"))
        shortcut = graph.average_pool(x, 2, 2)
    else:
        y = graph.relu(graph.conv(x, first.filters, first.bias))
        shortcut = x
    y = graph.conv(y, second.filters, second.bias)
    height, width = (max(a, b) for a, b in zip(y.shape[1:], shortcut.shape[1:], strict=True))
    shape = (filters, height, width)
    total = graph.binary("Add", graph.pad_end(y, shape), graph.pad_end(shortcut, shape))
    return graph.relu(total)


def _scaled(filters: Array, bias: Array, scale: Array, offset: Array) -> Convolution:
    wide = scale.astype(np.float64)
    return Convolution(
        filters=(filters.astype(np.float64) * wide).astype(np.float32),
        bias=(bias.astype(np.float64) * wide + offset.astype(np.float64)).astype(np.float32),
    )


def _read_dlib(dat: bytes) -> tuple[list[Convolution], Array]:
    """Walks from layer name to layer name and reads the tensor behind each.

    dlib's stream does not describe its own structure; but every layer with weights begins with
    its name, and its parameters follow as one tensor. What lies between is flags and empty tensors.
    """
    convolutions: list[Convolution] = []
    parameters, position = np.zeros(0, np.float32), 0
    while found := _LAYER.search(dat, position):
        name, position = found["name"], found.end()
        if name == b"fc_2":
            for _ in range(2):  # its numbers of outputs and inputs
                _, position = _read_integer(dat, position)
            projection, _ = _read_tensor(dat, position)
            return convolutions, projection.reshape(-1, 128)
        values, position = _read_tensor(dat, position)
        if name == b"con_4":
            parameters = values
            continue
        scale, offset = np.split(values, 2)
        filters, bias = parameters[: -len(scale)], parameters[-len(scale) :]
        size = 3 if convolutions else 7
        filters = filters.reshape(len(scale), -1, size, size).transpose(2, 3, 1, 0)
        convolutions.append(_scaled(filters, bias, scale, offset))
    raise ValueError("this is not dlib's face recognition network: it does not end in fc_2")


def _read_tensor(dat: bytes, position: int) -> tuple[Array, int]:
    """A tensor, flat, and the position after it: version 2, four sizes, little-endian floats."""
    version, position = _read_integer(dat, position)
    if version != 2:
        raise ValueError(f"dlib tensors of version {version} are not known here, only version 2")
    count = 1
    for _ in range(4):
        size, position = _read_integer(dat, position)
        count *= size
    return np.frombuffer(dat, "<f4", count, position), position + 4 * count


def _read_integer(dat: bytes, position: int) -> tuple[int, int]:
    """An integer and the position after it: a byte with its length, then that many bytes."""
    length = dat[position]
    end = position + 1 + length
    return int.from_bytes(dat[position + 1 : end], "little"), end
