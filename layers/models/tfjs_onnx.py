"""Turns a TensorFlow.js graph model into ONNX, operation by operation.

Feature maps stay NCHW from the input to the outputs; only a reshape returns to TensorFlow's order.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from layers.models.onnx_graph import OnnxGraph, Tensor
from layers.models.tfjs import GraphModel, Node
from layers.models.tfjs_fold import CONVOLUTIONS, activation, fold, has_bias


def convert(model: GraphModel, outputs: Mapping[str, str], name: str) -> bytes:
    """The ONNX file of `model`.

    The input is called `image`, (batch, channels, height, width).

    Args:
        outputs: the outputs' names in the ONNX file and the graph's nodes that give them.
        name: the graph's name.

    Raises:
        ValueError: for an operation or an attribute that has no translation, naming it.
    """
    conversion = _Conversion(fold(model, set(outputs.values())))
    for output, node in outputs.items():
        x = conversion.tensors[node]
        if x.shape[1:] == (1, 1):
            x = conversion.graph.flatten(x)
        conversion.graph.output(x, output)
    return conversion.graph.serialise(name)


class _Conversion:
    """The translation of one graph: `graph` fills up, `tensors` holds each node's value."""

    def __init__(self, model: GraphModel) -> None:
        self.graph = OnnxGraph()
        height, width, channels = model.input_shape
        self.weights = model.weights
        self.tensors = {model.input: self.graph.input("image", (channels, height, width))}
        for node in model.nodes.values():
            if node.op not in _TRANSLATIONS:
                raise ValueError(f"no ONNX translation for {node.op} ({node.name})")
            x = self.tensors[node.inputs[0]]
            self.tensors[node.name] = _TRANSLATIONS[node.op](self, node, x)

    def convolution(self, node: Node, x: Tensor) -> Tensor:
        layer = self.graph.depthwise if "Depthwise" in node.op else self.graph.conv
        filters, *rest = (self.weights[name] for name in node.inputs[1:])
        bias = rest.pop(0) if has_bias(node) else None
        y = layer(
            x,
            filters,
            bias,
            stride=_square(node, "strides"),
            padding=node.attributes["padding"],
            dilation=_square(node, "dilations"),
        )
        return self._activated(node, y, rest)

    def dense(self, node: Node, x: Tensor) -> Tensor:
        if node.attributes.get("transpose_a") or node.attributes.get("transpose_b"):
            raise ValueError(f"no ONNX translation for a transposed product ({node.name})")
        weights, *rest = (self.weights[name] for name in node.inputs[1:])
        bias = rest.pop(0) if has_bias(node) else None
        return self._activated(node, self.graph.dense(x, weights, bias), rest)

    def _activated(self, node: Node, x: Tensor, rest: list[Any]) -> Tensor:
        match activation(node):
            case None:
                return x
            case "Relu":
                return self.graph.relu(x)
            case "Relu6":
                return self.graph.clip(x, 0, 6)
            case "Prelu":
                return self.graph.prelu(x, rest[0])
            case other:
                raise ValueError(f"no ONNX translation for the activation {other} ({node.name})")

    def clamp(self, node: Node, x: Tensor) -> Tensor:
        low, high = node.attributes["low"], node.attributes["high"]
        return self.graph.relu(x) if (low, high) == (0, np.inf) else self.graph.clip(x, low, high)

    def binary(self, op: str, node: Node, x: Tensor) -> Tensor:
        second = node.inputs[1]
        y = self.tensors[second] if second in self.tensors else self.weights[second]
        return self.graph.binary(op, x, y)

    def max_pool(self, node: Node, x: Tensor) -> Tensor:
        stride, padding = _square(node, "strides"), node.attributes["padding"]
        return self.graph.max_pool(x, _square(node, "ksize"), stride, padding)

    def average_pool(self, node: Node, x: Tensor) -> Tensor:
        if node.attributes["padding"] != "VALID":
            raise ValueError(f"no ONNX translation for a padded average ({node.name})")
        return self.graph.average_pool(x, _square(node, "ksize"), _square(node, "strides"))

    def squeeze(self, node: Node, x: Tensor) -> Tensor:
        if node.attributes["squeeze_dims"] == [0]:
            return x
        if node.attributes["squeeze_dims"] != [1, 2]:
            raise ValueError(f"no ONNX translation for this squeeze ({node.name})")
        return self.graph.flatten(x)

    def mean(self, node: Node, x: Tensor) -> Tensor:
        axes = sorted(self.weights[node.inputs[1]].tolist())
        if axes != [1, 2]:
            raise ValueError(f"no ONNX translation for a mean over {axes} ({node.name})")
        if node.attributes["keep_dims"]:
            return self.graph.spatial_mean_map(x)
        return self.graph.spatial_mean(x)

    def resize(self, node: Node, x: Tensor) -> Tensor:
        height, width = (int(side) for side in self.weights[node.inputs[1]])
        factor = height // x.shape[1]
        whole = (height, width) == (factor * x.shape[1], factor * x.shape[2])
        if not whole or node.attributes["align_corners"]:
            raise ValueError(f"no ONNX translation for this change of size ({node.name})")
        return self.graph.enlarge(x, factor, node.attributes["half_pixel_centers"])

    def one_batch(self, node: Node, x: Tensor) -> Tensor:
        """Taking the only image out of its batch, or putting it into one, changes nothing here."""
        axis = self.weights[node.inputs[1]] if node.op == "ExpandDims" else node.attributes["axis"]
        if int(axis) != 0:
            raise ValueError(f"no ONNX translation for this change of shape ({node.name})")
        return x

    def reshape(self, node: Node, x: Tensor) -> Tensor:
        shape = self.weights[node.inputs[1]].tolist()
        if len(shape) != 2:
            raise ValueError(f"no ONNX translation for a reshape to {shape} ({node.name})")
        return self.graph.flatten(x)

    def pad(self, node: Node, x: Tensor) -> Tensor:
        pads = self.weights[node.inputs[1]]
        if pads[0].any() or pads[:, 0].any():
            raise ValueError(f"no ONNX translation for padding in front ({node.name})")
        height, width, channels = (int(end) for end in pads[1:, 1])
        shape = (x.shape[0] + channels, x.shape[1] + height, x.shape[2] + width)
        return self.graph.pad_end(x, shape)

    def concatenate(self, node: Node, _: Tensor) -> Tensor:
        *parts, axis = node.inputs
        if int(self.weights[axis]) not in {3, -1}:
            raise ValueError(f"no ONNX translation for joining on this axis ({node.name})")
        return self.graph.concatenate([self.tensors[part] for part in parts])


def _square(node: Node, attribute: str) -> int:
    """The size that an NHWC attribute, such as strides, has for height and width alike."""
    _, height, width, _ = node.attributes.get(attribute, (1, 1, 1, 1))
    if height != width:
        raise ValueError(f"no ONNX translation for {attribute} {height}×{width} ({node.name})")
    return int(height)


_TRANSLATIONS: dict[str, Callable[[_Conversion, Node, Tensor], Tensor]] = {
    **dict.fromkeys(CONVOLUTIONS, _Conversion.convolution),
    "Identity": lambda _, __, x: x,
    "Cast": lambda _, __, x: x,  # from the integers of an image; here it comes as floats
    "Unpack": _Conversion.one_batch,
    "ExpandDims": _Conversion.one_batch,
    "Clamp": _Conversion.clamp,
    "HardSwish": lambda conversion, _, x: conversion.graph.hard_swish(x),
    "Sigmoid": lambda conversion, _, x: conversion.graph.sigmoid(x),
    "Softmax": lambda conversion, _, x: conversion.graph.softmax(x),
    "Prelu": lambda conversion, node, x: conversion.graph.prelu(
        x, conversion.weights[node.inputs[1]]
    ),
    "Add": lambda conversion, node, x: conversion.binary("Add", node, x),
    "AddV2": lambda conversion, node, x: conversion.binary("Add", node, x),
    "Mul": lambda conversion, node, x: conversion.binary("Mul", node, x),
    "Sub": lambda conversion, node, x: conversion.binary("Sub", node, x),
    "MaxPool": _Conversion.max_pool,
    "AvgPool": _Conversion.average_pool,
    "Squeeze": _Conversion.squeeze,
    "_FusedMatMul": _Conversion.dense,
    "Mean": _Conversion.mean,
    "ResizeBilinear": _Conversion.resize,
    "Reshape": _Conversion.reshape,
    "Pad": _Conversion.pad,
    "ConcatV2": _Conversion.concatenate,
}
