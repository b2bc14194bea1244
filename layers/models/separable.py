"""The layer that face-api's small networks are made of: a separable convolution."""

from layers.models.onnx_graph import OnnxGraph, Tensor
from layers.models.tfjs import Weights


def separable(graph: OnnxGraph, weights: Weights, layer: str, x: Tensor, stride: int = 1) -> Tensor:
    """Depthwise 3×3 without bias, then pointwise 1×1 with bias; SAME padding."""
    y = graph.depthwise(x, weights[f"{layer}/depthwise_filter"], stride=stride)
    return graph.conv(y, weights[f"{layer}/pointwise_filter"], weights[f"{layer}/bias"])
