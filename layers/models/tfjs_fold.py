"""Simplifies a TensorFlow.js graph before it is translated, so that a session has less to load.

Scales and offsets go into the convolution before them, chains of limits become one `Clamp`, and
hard swish, which is four operations there, becomes one.
"""

from collections import Counter
from dataclasses import replace

import numpy as np

from layers.models.onnx_graph import Array
from layers.models.tfjs import GraphModel, Node, Weights

CONVOLUTIONS = {"Conv2D", "_FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2dNative"}


def fold(model: GraphModel, kept: set[str]) -> GraphModel:
    """An equal model with fewer nodes; the nodes named in `kept` keep their names and values."""
    swished = _fold_hard_swish(_constants_second(model), kept)
    return _fold_limits(_fold_scales(swished, kept), kept)


def activation(convolution: Node) -> str | None:
    """What a fused convolution or matrix product applies after its bias."""
    after = [op for op in convolution.attributes.get("fused_ops", ()) if op != "BiasAdd"]
    return after[0] if after else None


def has_bias(convolution: Node) -> bool:
    return "BiasAdd" in convolution.attributes.get("fused_ops", ())


def _constants_second(model: GraphModel) -> GraphModel:
    """An equal model in which no sum and no product has a constant as its first operand."""
    nodes = {
        node.name: replace(node, inputs=node.inputs[::-1])
        if node.op in {"Add", "AddV2", "Mul"} and node.inputs[0] in model.weights
        else node
        for node in model.nodes.values()
    }
    return replace(model, nodes=nodes)


def _fold_hard_swish(model: GraphModel, kept: set[str]) -> GraphModel:
    """x / 6 times Relu6(x + 3) becomes one `HardSwish` node."""
    readers = _readers(model)
    nodes = dict(model.nodes)
    for node in model.nodes.values():
        parts = _hard_swish(node, model)
        if parts is None or any(readers[p] > 1 or p in kept for p in parts):
            continue
        nodes[node.name] = Node(node.name, "HardSwish", (nodes[parts[0]].inputs[0],), {})
        for part in parts:
            del nodes[part]
    return replace(model, nodes=nodes)


def _hard_swish(node: Node, model: GraphModel) -> tuple[str, str, str] | None:
    """The names of the sixth, the limit and the sum that `node` makes a hard swish of."""
    if node.op != "Mul" or any(name not in model.nodes for name in node.inputs):
        return None
    sixth, limit = (model.nodes[name] for name in node.inputs)
    added = model.nodes.get(limit.inputs[0])
    if (sixth.op, limit.op) != ("Mul", "Relu6") or added is None or added.op != "Add":
        return None
    source, factor, addend = (
        sixth.inputs[0],
        *(model.weights.get(n.inputs[1]) for n in (sixth, added)),
    )
    if added.inputs[0] != source or factor is None or addend is None:
        return None
    if not (np.allclose(factor, 1 / 6) and np.allclose(addend, 3)):
        return None
    return sixth.name, limit.name, added.name


def _fold_scales(model: GraphModel, kept: set[str]) -> GraphModel:
    readers = _readers(model)
    nodes, weights = dict(model.nodes), dict(model.weights)
    for node in model.nodes.values():
        if node.op not in {"Mul", "Add", "AddV2"} or node.inputs[1] not in weights:
            continue
        before = nodes.get(node.inputs[0])
        if not before or before.op not in CONVOLUTIONS or activation(before):
            continue
        if readers[before.name] > 1 or before.name in kept:
            continue
        filters, bias = _scaled(before, node.op, weights[node.inputs[1]], weights)
        weights |= {f"{node.name}/filters": filters, f"{node.name}/bias": bias}
        inputs = (before.inputs[0], f"{node.name}/filters", f"{node.name}/bias")
        attributes = before.attributes | {"fused_ops": ["BiasAdd"]}
        nodes[node.name] = Node(node.name, before.op, inputs, attributes)
        del nodes[before.name]
    return GraphModel(nodes, weights, model.input, model.input_shape)


def _scaled(convolution: Node, op: str, value: Array, weights: Weights) -> tuple[Array, Array]:
    """Filters and bias of `convolution` followed by `op` with a value per output channel."""
    filters = weights[convolution.inputs[1]].astype(np.float64)
    per_channel = filters.shape[2:] if "Depthwise" in convolution.op else filters.shape[3:]
    channels = int(np.prod(per_channel))
    values = np.broadcast_to(value.astype(np.float64).reshape(-1), (channels,))
    bias = np.zeros(channels)
    if has_bias(convolution):
        bias = weights[convolution.inputs[2]].astype(np.float64)
    if op == "Mul":
        filters, bias = filters * values.reshape(per_channel), bias * values
    else:
        bias = bias + values
    return filters.astype(np.float32), bias.astype(np.float32)


def _fold_limits(model: GraphModel, kept: set[str]) -> GraphModel:
    """ReLU6 written as Relu, Minimum and Maximum becomes one `Clamp` node (low, high)."""
    readers = _readers(model)
    nodes = dict(model.nodes)
    for node in model.nodes.values():
        limits = _limits(node, model.weights)
        if limits is None:
            continue
        low, high = limits
        source = node.inputs[0]
        before = nodes.get(source)
        if before and before.op == "Clamp" and readers[source] == 1 and source not in kept:
            earlier = before.attributes
            low, high = max(low, min(earlier["low"], high)), min(high, max(earlier["high"], low))
            source = before.inputs[0]
            del nodes[before.name]
        nodes[node.name] = Node(node.name, "Clamp", (source,), {"low": low, "high": high})
    return GraphModel(nodes, model.weights, model.input, model.input_shape)


def _limits(node: Node, weights: Weights) -> tuple[float, float] | None:
    match node.op:
        case "Relu":
            return 0.0, np.inf
        case "Relu6":
            return 0.0, 6.0
        case "Minimum" if node.inputs[1] in weights:
            return -np.inf, float(weights[node.inputs[1]])
        case "Maximum" if node.inputs[1] in weights:
            return float(weights[node.inputs[1]]), np.inf
        case _:
            return None


def _readers(model: GraphModel) -> Counter[str]:
    return Counter(source for node in model.nodes.values() for source in node.inputs)
