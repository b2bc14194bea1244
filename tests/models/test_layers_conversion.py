"""A layers model is converted as it is, or refused with the name of what has no translation."""

import json
from typing import Any

import numpy as np
import onnxruntime
import pytest

from layers.models.tfjs_layers import convert

SCALE, MINIMUM = 0.5, -1.0
WEIGHTS = {
    "conv/kernel": np.arange(8, dtype=np.uint8).reshape(1, 1, 2, 4),
    "norm/beta": np.array([0, 2, 4, 6], np.uint8),
    "norm/moving_mean": np.array([1, 2, 3, 4], np.uint8),
    "norm/moving_variance": np.array([3, 4, 5, 6], np.uint8),
}
CONVOLUTION = {"strides": [1, 1], "padding": "same", "use_bias": False, "activation": "linear"}


def layer(kind: str, name: str, source: str | None, **config: Any) -> dict[str, Any]:
    nodes = [[[source, 0, 0, {}]]] if source else []
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": nodes,
    }


def network(*more: dict[str, Any], **changes: Any) -> tuple[bytes, bytes]:
    """A convolution with its normalisation, and the layers after it."""
    scale = changes.pop("scale", False)
    layers = [
        layer("InputLayer", "x", None, batch_input_shape=[None, 3, 3, 2]),
        layer("Conv2D", "conv", "x", **(CONVOLUTION | changes)),
        layer("BatchNormalization", "norm", "conv", epsilon=0.5, scale=scale),
        *more,
    ]
    quantised = {"scale": SCALE, "min": MINIMUM, "dtype": "uint8"}
    entries = [
        {"name": name, "shape": value.shape, "dtype": "float32", "quantization": quantised}
        for name, value in WEIGHTS.items()
    ]
    document = {
        "modelTopology": {"model_config": {"config": {"layers": layers}}},
        "weightsManifest": [{"weights": entries}],
    }
    return json.dumps(document).encode(), b"".join(value.tobytes() for value in WEIGHTS.values())


def test_bytes_are_widened_and_normalisation_folded() -> None:
    onnx = convert(*network(), {"y": "norm"}, "test")
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    image = np.linspace(-1, 1, 18, dtype=np.float32).reshape(1, 2, 3, 3)
    (found,) = session.run(["y"], {"image": image})

    kernel, beta, mean, variance = (value * SCALE + MINIMUM for value in WEIGHTS.values())
    product = np.einsum("bihw,io->bohw", image, kernel[0, 0])
    normal = (product - mean[:, None, None]) / np.sqrt(variance + 0.5)[:, None, None]
    np.testing.assert_allclose(found, normal + beta[:, None, None], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("made", "named"),
    [
        (network(layer("Lambda", "odd", "norm")), r"Lambda \(odd\)"),
        (network(layer("Activation", "swish", "norm", activation="swish")), "swish"),
        (network(layer("Flatten", "flat", "conv")), r"right after a convolution \(flat\)"),
        (network(use_bias=True), r"\(conv\)"),
        (network(activation="relu"), r"\(conv\)"),
        (network(scale=True), r"\(conv\)"),
    ],
)
def test_what_has_no_translation_is_named(made: tuple[bytes, bytes], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        convert(*made, {"y": "norm"}, "test")
