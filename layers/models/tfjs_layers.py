"""Turns a TensorFlow.js layers model, a Keras network, into ONNX, layer by layer.

Weights that were published as bytes stay bytes in the file, a quarter of their size as numbers; the
runtime widens them once, as it opens the file. Normalisations go into the convolutions before them.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.models.onnx_graph import OnnxGraph, Tensor
from layers.models.tfjs import Stored, read_stored


def convert(model: bytes, data: bytes, outputs: Mapping[str, str], name: str) -> bytes:
    """The ONNX file of a layers model.

    The input is called `image`, (batch, channels, height, width).

    Args:
        model: the JSON file.
        data: the weights file.
        outputs: the outputs' names in the ONNX file and the layers that give them.
        name: the graph's name.

    Raises:
        ValueError: for a layer that has no translation, naming it.
    """
    document = json.loads(model)
    conversion = _Conversion(read_stored(document["weightsManifest"], data))
    for layer in document["modelTopology"]["model_config"]["config"]["layers"]:
        conversion.add(layer)
    for output, source in outputs.items():
        conversion.graph.output(conversion.tensors[source], output)
    return conversion.graph.serialise(name)


class _Conversion:
    """The translation of one network: `graph` fills up, `tensors` holds each layer's value."""

    def __init__(self, weights: dict[str, Stored]) -> None:
        self.graph = OnnxGraph()
        self.weights = weights
        self.tensors: dict[str, Tensor] = {}
        self.convolutions: dict[str, dict[str, Any]] = {}  # those that wait for their normalisation

    def add(self, layer: dict[str, Any]) -> None:
        name, kind, config = layer["name"], layer["class_name"], layer["config"]
        sources = _sources(layer)
        if kind == "Conv2D":
            self.convolutions[name] = layer
        elif kind == "BatchNormalization":
            self.tensors[name] = self._convolution(self.convolutions.pop(sources[0]), layer)
        elif kind == "InputLayer":
            _, height, width, channels = config["batch_input_shape"]
            self.tensors[name] = self.graph.input("image", (channels, height, width))
        elif not set(sources) <= self.tensors.keys():
            raise ValueError(f"no ONNX translation for {kind} right after a convolution ({name})")
        elif kind == "Concatenate":
            self.tensors[name] = self.graph.concatenate([self.tensors[s] for s in sources])
        else:
            self.tensors[name] = self._single(kind, config, self.tensors[sources[0]])

    def _single(self, kind: str, config: dict[str, Any], x: Tensor) -> Tensor:
        """A layer of one input."""
        match kind:
            case "Activation":
                return self._activated(config["activation"], x)
            case "MaxPooling2D":
                return self.graph.max_pool(x, *_window(config), config["padding"].upper())
            case "AveragePooling2D":
                return self.graph.average_pool(x, *_window(config), config["padding"].upper())
            case "Flatten":
                return self.graph.flatten(x)
            case "Dropout":
                return x
            case "Dense":
                return self._dense(config, x)
            case _:
                raise ValueError(f"no ONNX translation for {kind} ({config['name']})")

    def _activated(self, activation: str, x: Tensor) -> Tensor:
        match activation:
            case "relu":
                return self.graph.relu(x)
            case "softmax":
                return self.graph.softmax(x)
            case _:
                raise ValueError(f"no ONNX translation for the activation {activation}")

    def _convolution(self, layer: dict[str, Any], normalisation: dict[str, Any]) -> Tensor:
        """A convolution without bias, and the normalisation without gamma that follows it."""
        config, name = layer["config"], normalisation["name"]
        if (
            config["use_bias"]
            or config["activation"] != "linear"
            or normalisation["config"]["scale"]
        ):
            raise ValueError(f"no ONNX translation for such a convolution ({layer['name']})")
        mean, variance, offset = (
            _values(self.weights[f"{name}/{part}"])
            for part in ("moving_mean", "moving_variance", "beta")
        )
        scale = 1 / np.sqrt(variance + normalisation["config"]["epsilon"])
        kernel = self.weights[f"{layer['name']}/kernel"]
        per_channel = scale.reshape(-1, 1, 1, 1)
        return self.graph.conv(
            self.tensors[_sources(layer)[0]],
            self.graph.widened(
                kernel.raw.transpose(3, 2, 0, 1),
                (kernel.scale * per_channel).astype(np.float32),
                (kernel.minimum * per_channel).astype(np.float32),
            ),
            (offset - mean * scale).astype(np.float32),
            config["strides"][0],
            config["padding"].upper(),
        )

    def _dense(self, config: dict[str, Any], x: Tensor) -> Tensor:
        kernel, bias = (self.weights[f"{config['name']}/{part}"] for part in ("kernel", "bias"))
        scale, minimum = (np.array([each], np.float32) for each in (kernel.scale, kernel.minimum))
        weights = self.graph.widened(kernel.raw, scale, minimum)
        product = self.graph.dense(x, weights, _values(bias).astype(np.float32))
        return self._activated(config["activation"], product)


def _sources(layer: dict[str, Any]) -> list[str]:
    """The layers that a layer reads."""
    return [source for node in layer["inbound_nodes"] for source, *_ in node]


def _values(stored: Stored) -> NDArray[np.float64]:
    values: NDArray[np.float64] = stored.raw * stored.scale + stored.minimum
    return values


def _window(config: dict[str, Any]) -> tuple[int, int]:
    return config["pool_size"][0], config["strides"][0]
