"""Builds face-api's expression network, four small dense blocks, from its published weights.

face-api publishes weights only; the graph follows its `FaceFeatureExtractor` (MIT).
"""

import json

from layers.models.onnx_graph import OnnxGraph, Tensor
from layers.models.separable import separable
from layers.models.tfjs import Weights, read_weights


def expression(manifest: bytes, data: bytes) -> bytes:
    """The ONNX file of face-api's `face_expression_model`.

    Input `image` (batch, 3, 112, 112); output `expression` (batch, 7), the probabilities of
    neutral, happy, sad, angry, fearful, disgusted and surprised.
    """
    weights = read_weights(json.loads(manifest), data)
    graph = OnnxGraph()
    x = graph.input("image", (3, 112, 112))
    for block in range(4):
        x = _dense_block(graph, weights, f"dense{block}", x)
    logits = graph.dense(graph.spatial_mean(x), weights["fc/weights"], weights["fc/bias"])
    graph.output(graph.softmax(logits), "expression")
    return graph.serialise("face_expression")


def _dense_block(graph: OnnxGraph, weights: Weights, block: str, x: Tensor) -> Tensor:
    """Four convolutions, the first halving; each takes the ReLU of the sum of all before it."""
    first = f"{block}/conv0"
    if f"{first}/filters" in weights:
        y = graph.conv(x, weights[f"{first}/filters"], weights[f"{first}/bias"], stride=2)
    else:
        y = separable(graph, weights, first, x, stride=2)
    total = graph.relu(y)
    for layer in range(1, 4):
        y = separable(graph, weights, f"{block}/conv{layer}", graph.relu(total))
        total = graph.binary("Add", total, y)
    return graph.relu(total)
