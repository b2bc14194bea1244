"""Writes ONNX graphs for networks that were published in another form.

All feature maps are NCHW, weights are folded in numpy before they get here, and the file depends on
nothing but its inputs: the same network gives the same bytes on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

Array = NDArray[np.float32]

# Opset 17 is read by every onnxruntime since 1.12; nothing here needs a newer one.
OPSET = 17
IR_VERSION = 8


@dataclass(frozen=True, slots=True)
class Tensor:
    """A value in the graph; `shape`, without batch, is (channels, height, width) or (features,)."""

    name: str
    shape: tuple[int, ...]


class OnnxGraph:
    """A feed-forward network under construction, one method per layer.

    The batch dimension is free; every other dimension is fixed by the input. Convolution filters
    are taken in TensorFlow's layout, (height, width, in, out), as all sources here publish them.
    """

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._weights: list[TensorProto] = []
        self._inputs: list[ValueInfoProto] = []
        self._outputs: list[ValueInfoProto] = []

    def input(self, name: str, shape: tuple[int, ...]) -> Tensor:
        self._inputs.append(_declared(name, shape))
        return Tensor(name, shape)

    def output(self, x: Tensor, name: str) -> None:
        """Declares `x` as the network's output `name`."""
        self._nodes.append(helper.make_node("Identity", [x.name], [name]))
        self._outputs.append(_declared(name, x.shape))

    def conv(
        self,
        x: Tensor,
        filters: Array | Tensor,
        bias: Array | None = None,
        stride: int = 1,
        padding: str = "SAME",
        dilation: int = 1,
    ) -> Tensor:
        """Convolution with filters (height, width, in, out); `padding` is SAME or VALID.

        Filters that are a value of the graph are (out, in, height, width).
        """
        weights = filters if isinstance(filters, Tensor) else filters.transpose(3, 2, 0, 1)
        return self._conv(x, weights, bias, stride, padding, dilation, group=1)

    def depthwise(
        self,
        x: Tensor,
        filters: Array,
        bias: Array | None = None,
        stride: int = 1,
        padding: str = "SAME",
        dilation: int = 1,
    ) -> Tensor:
        """Depthwise convolution with filters (height, width, channels, multiplier)."""
        height, width, channels, multiplier = filters.shape
        weights = filters.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
        return self._conv(x, weights, bias, stride, padding, dilation, group=channels)

    def _conv(
        self,
        x: Tensor,
        weights: Array | Tensor,
        bias: Array | None,
        stride: int,
        padding: str,
        dilation: int,
        group: int,
    ) -> Tensor:
        kernel = weights.shape[2:]
        reach = [dilation * (k - 1) + 1 for k in kernel]
        pads, size = _window(x.shape[1:], reach, stride, padding)
        return self._add(
            "Conv",
            [x, weights, *([] if bias is None else [bias])],
            (weights.shape[0], *size),
            kernel_shape=list(kernel),
            strides=[stride, stride],
            dilations=[dilation, dilation],
            pads=pads,
            group=group,
        )

    def max_pool(self, x: Tensor, kernel: int, stride: int, padding: str) -> Tensor:
        pads, size = _window(x.shape[1:], [kernel, kernel], stride, padding)
        return self._add(
            "MaxPool",
            [x],
            (x.shape[0], *size),
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=pads,
        )

    def average_pool(self, x: Tensor, kernel: int, stride: int, padding: str = "VALID") -> Tensor:
        """Average pooling; padding counts for nothing."""
        pads, size = _window(x.shape[1:], [kernel, kernel], stride, padding)
        return self._add(
            "AveragePool",
            [x],
            (x.shape[0], *size),
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=pads,
        )

    def spatial_mean(self, x: Tensor) -> Tensor:
        """Mean over height and width: (channels, height, width) to (channels,)."""
        return self.flatten(self.spatial_mean_map(x))

    def spatial_mean_map(self, x: Tensor) -> Tensor:
        """Mean over height and width that stays a map: (channels, 1, 1)."""
        return self._add("GlobalAveragePool", [x], (x.shape[0], 1, 1))

    def enlarge(self, x: Tensor, factor: int, centred: bool = False) -> Tensor:
        """Bilinear, by a whole factor; the first sample of input and output coincide, or their
        edges if `centred`.
        """
        channels, height, width = x.shape
        return self._add(
            "Resize",
            [x, np.array([], np.float32), np.array([1, 1, factor, factor], np.float32)],
            (channels, factor * height, factor * width),
            mode="linear",
            coordinate_transformation_mode="half_pixel" if centred else "asymmetric",
        )

    def flatten(self, x: Tensor) -> Tensor:
        """All features in one row, in TensorFlow's order (height, width, channels)."""
        features = int(np.prod(x.shape))
        if len(x.shape) == 3 and x.shape[0] > 1 and x.shape[1:] != (1, 1):
            channels, height, width = x.shape
            x = self._add("Transpose", [x], (height, width, channels), perm=[0, 2, 3, 1])
        return self._add("Flatten", [x], (features,), axis=1)

    def dense(self, x: Tensor, weights: Array | Tensor, bias: Array | None = None) -> Tensor:
        """Matrix product with weights (in, out)."""
        operands: list[Tensor | Array] = [x, weights, *([] if bias is None else [bias])]
        return self._add("Gemm", operands, (weights.shape[1],))

    def widened(self, raw: NDArray[np.uint8], scale: Array, minimum: Array) -> Tensor:
        """Weights raw × scale + minimum, kept as bytes in the file and widened at its opening."""
        value = self._add("Cast", [raw], raw.shape, to=TensorProto.FLOAT)
        value = self._add("Mul", [value, scale], raw.shape)
        return self._add("Add", [value, minimum], raw.shape)

    def pad_end(self, x: Tensor, shape: tuple[int, int, int]) -> Tensor:
        """Zeros after the last channel, below the last row and right of the last column."""
        if x.shape == shape:
            return x
        ends = [wanted - size for wanted, size in zip(shape, x.shape, strict=True)]
        pads = np.array([0, 0, 0, 0, 0, *ends], np.int64)
        return self._add("Pad", [x, pads], shape)

    def concatenate(self, parts: Sequence[Tensor]) -> Tensor:
        """Joins along the channels."""
        channels = sum(part.shape[0] for part in parts)
        return self._add("Concat", parts, (channels, *parts[0].shape[1:]), axis=1)

    def relu(self, x: Tensor) -> Tensor:
        return self._add("Relu", [x], x.shape)

    def sigmoid(self, x: Tensor) -> Tensor:
        return self._add("Sigmoid", [x], x.shape)

    def softmax(self, x: Tensor) -> Tensor:
        """Softmax over the features of (features,)."""
        return self._add("Softmax", [x], x.shape, axis=1)

    def hard_swish(self, x: Tensor) -> Tensor:
        """x · max(0, min(1, x / 6 + ½))."""
        return self._add("HardSwish", [x], x.shape)

    def clip(self, x: Tensor, low: float, high: float) -> Tensor:
        return self._add("Clip", [x, np.float32(low), np.float32(high)], x.shape)

    def prelu(self, x: Tensor, slope: Array) -> Tensor:
        """Leaky ReLU with one learned slope per channel."""
        return self._add("PRelu", [x, slope.reshape(-1, 1, 1)], x.shape)

    def binary(self, op: str, x: Tensor, y: Tensor | Array) -> Tensor:
        """Add, Sub, Mul or Div with a tensor of the same shape or a value per channel."""
        if isinstance(y, np.ndarray):
            y = y.reshape(-1, *[1] * (len(x.shape) - 1))
        return self._add(op, [x, y], np.broadcast_shapes(x.shape, y.shape))

    def _add(
        self,
        op: str,
        operands: Sequence[Tensor | NDArray[np.generic] | np.generic],
        shape: tuple[int, ...],
        **attributes: Any,
    ) -> Tensor:
        name = f"{op}_{len(self._nodes)}"
        names = []
        for position, operand in enumerate(operands):
            if isinstance(operand, Tensor):
                names.append(operand.name)
                continue
            names.append(f"{name}_{position}")
            array = np.ascontiguousarray(operand) if np.ndim(operand) else np.asarray(operand)
            self._weights.append(numpy_helper.from_array(array, names[-1]))
        self._nodes.append(helper.make_node(op, names, [name], name=name, **attributes))
        return Tensor(name, shape)

    def serialise(self, name: str) -> bytes:
        """The finished model as the bytes of an ONNX file."""
        graph = helper.make_graph(
            self._nodes, name, self._inputs, self._outputs, initializer=self._weights
        )
        return serialise(helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)]))


def serialise(model: ModelProto) -> bytes:
    """The bytes of `model`, without any trace of the machine and of the versions that wrote it."""
    model.ir_version = IR_VERSION
    model.producer_name = "sightline"
    model.producer_version = ""
    return bytes(model.SerializeToString(deterministic=True))


def with_free_size(data: bytes) -> bytes:
    """The same network for images of any size whose sides its strides divide.

    For a network of which every layer works alike on maps of any size; its own input's size says
    how much smaller each output is.
    """
    model = ModelProto.FromString(data)
    (image,) = model.graph.input
    *_, whole, _ = (dim.dim_value for dim in image.type.tensor_type.shape.dim)
    for value in [image, *model.graph.output]:
        sides = value.type.tensor_type.shape.dim[2:]
        for dim, name in zip(sides, ("height", "width"), strict=True):
            factor = whole // dim.dim_value
            dim.dim_param = name if factor == 1 else f"{name} / {factor}"
    return serialise(model)


def _declared(name: str, shape: tuple[int, ...]) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape])


def _window(
    size: Sequence[int], reach: Sequence[int], stride: int, padding: str
) -> tuple[list[int], tuple[int, ...]]:
    """ONNX pads (top, left, bottom, right) and output size of a sliding window.

    TensorFlow's SAME: ceil(size / stride) outputs, the odd pixel of padding at the end.
    """
    if padding == "VALID":
        return [0, 0, 0, 0], tuple((s - r) // stride + 1 for s, r in zip(size, reach, strict=True))
    outputs = tuple(-(-s // stride) for s in size)
    total = [max((o - 1) * stride + r - s, 0) for o, r, s in zip(outputs, reach, size, strict=True)]
    before = [t // 2 for t in total]
    return [*before, *(t - b for t, b in zip(total, before, strict=True))], outputs
