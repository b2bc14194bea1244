"""Builds face-api's age and gender network, a tiny Xception, from its published weights.

face-api publishes weights only; the graph follows its `TinyXception` and `AgeGenderNet` (MIT).
"""

import json

from layers.models.onnx_graph import OnnxGraph, Tensor
from layers.models.separable import separable
from layers.models.tfjs import Weights, read_weights


def age_gender(manifest: bytes, data: bytes) -> bytes:
    """The ONNX file of face-api's `age_gender_model`.

    Input `image` (batch, 3, 112, 112); outputs `age` (batch, 1) in years and `gender` (batch, 2),
    probabilities of male and female.
    """
    weights = read_weights(json.loads(manifest), data)
    graph = OnnxGraph()
    x = graph.input("image", (3, 112, 112))
    entry = "entry_flow/conv_in"
    x = graph.conv(x, weights[f"{entry}/filters"], weights[f"{entry}/bias"], stride=2)
    x = graph.relu(x)
    x = _reduction(graph, weights, "entry_flow/reduction_block_0", x, activate_first=False)
    x = _reduction(graph, weights, "entry_flow/reduction_block_1", x)
    for block in range(2):
        x = _main(graph, weights, f"middle_flow/main_block_{block}", x)
    x = _reduction(graph, weights, "exit_flow/reduction_block", x)
    x = graph.relu(separable(graph, weights, "exit_flow/separable_conv", x))
    features = graph.spatial_mean(x)
    age = graph.dense(features, weights["fc/age/weights"], weights["fc/age/bias"])
    gender = graph.dense(features, weights["fc/gender/weights"], weights["fc/gender/bias"])
    graph.output(age, "age")
    graph.output(graph.softmax(gender), "gender")
    return graph.serialise("age_gender")


def _reduction(
    graph: OnnxGraph, weights: Weights, block: str, x: Tensor, *, activate_first: bool = True
) -> Tensor:
    """Two separable convolutions and a halving max pool, plus a 1×1 convolution of the input."""
    y = graph.relu(x) if activate_first else x
    y = separable(graph, weights, f"{block}/separable_conv0", y)
    y = separable(graph, weights, f"{block}/separable_conv1", graph.relu(y))
    y = graph.max_pool(y, 3, 2, "SAME")
    expansion = f"{block}/expansion_conv"
    filters, bias = weights[f"{expansion}/filters"], weights[f"{expansion}/bias"]
    return graph.binary("Add", y, graph.conv(x, filters, bias, stride=2))


def _main(graph: OnnxGraph, weights: Weights, block: str, x: Tensor) -> Tensor:
    """Three separable convolutions, each after a ReLU, plus the input."""
    y = x
    for layer in range(3):
        y = separable(graph, weights, f"{block}/separable_conv{layer}", graph.relu(y))
    return graph.binary("Add", y, x)
