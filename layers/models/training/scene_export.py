"""Writes the scenes' network as one small ONNX file: a photo in, a score per label out.

Large weights are kept as bytes, one scale per output channel, and widened by the runtime once, as
it opens the file: a quarter of the size, and no slower.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from layers.models.onnx_graph import OPSET, serialise
from layers.models.training.scene_network import POOLED, TRUNKS
from sightline.vision.scenes import SIDE

# Below this many numbers a weight stays as it is: bytes would save nothing.
LEAST_PACKED = 4096

Head = tuple[NDArray[np.float32], NDArray[np.float32]]


def export(trunks: Mapping[str, ModelProto], head: Head | None) -> bytes:
    """The file of the whole network; without a head it gives the features that one is fitted to.

    Args:
        trunks: the networks by name, as they were published.
        head: weights (features, k), in the order of POOLED, and bias (k,).
    """
    nodes: list[NodeProto] = []
    weights = _constants()
    for name, model in trunks.items():
        nodes += [*_entry(name), *model.graph.node]
        weights += model.graph.initializer
    nodes += _features()
    result, width = "features", None
    if head:
        nodes += _scores()
        weights.append(numpy_helper.from_array(head[1], "head/bias"))
        result, width = "scores", len(head[1])
    widening, stored = _packed(weights)
    if head:
        # Features differ a thousandfold in size and so do their weights: bytes would round the
        # small ones away.
        halved = np.ascontiguousarray(head[0].T).astype(np.float16)
        stored.append(numpy_helper.from_array(halved, "head/half"))
        cast: dict[str, Any] = {"to": TensorProto.FLOAT}
        widening.append(helper.make_node("Cast", ["head/half"], ["head/weights"], **cast))
    graph = helper.make_graph(
        [*widening, *nodes],
        "scenes",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(result, TensorProto.FLOAT, ["batch", width])],
        initializer=stored,
    )
    return serialise(helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)]))


def _entry(name: str) -> list[NodeProto]:
    """The photo at the size and in the range that a trunk takes."""
    return [
        helper.make_node(
            "Resize", ["image", "", f"{name}/factors"], [f"{name}/resized"], mode="linear"
        ),
        helper.make_node("Mul", [f"{name}/resized", f"{name}/scale"], [f"{name}/image"]),
    ]


def _constants() -> list[TensorProto]:
    made = []
    for name, spec in TRUNKS.items():
        factor = spec.size / SIDE
        factors = np.array([1, 1, factor, factor], np.float32)
        made.append(numpy_helper.from_array(factors, f"{name}/factors"))
        made.append(numpy_helper.from_array(np.array(spec.scale, np.float32), f"{name}/scale"))
    return made


def _features() -> list[NodeProto]:
    nodes, parts = [], []
    for output, pools in POOLED:
        for pool in pools:
            part = f"{output}/{pool}"
            nodes.append(helper.make_node(f"Global{pool}Pool", [output], [f"{part}/pooled"]))
            nodes.append(helper.make_node("Flatten", [f"{part}/pooled"], [part], axis=1))
            parts.append(part)
    return [*nodes, helper.make_node("Concat", parts, ["features"], axis=1)]


def _scores() -> list[NodeProto]:
    operands = ["features", "head/weights", "head/bias"]
    return [
        helper.make_node("Gemm", operands, ["logits"], transB=1),
        helper.make_node("Sigmoid", ["logits"], ["scores"]),
    ]


def _packed(weights: Sequence[TensorProto]) -> tuple[list[NodeProto], list[TensorProto]]:
    """The weights as they are stored, and the nodes that widen the packed ones."""
    nodes: list[NodeProto] = []
    stored: list[TensorProto] = []
    for weight in weights:
        values = numpy_helper.to_array(weight)
        if values.size < LEAST_PACKED:
            stored.append(weight)
            continue
        whole, scale = _bytes(values)
        name = weight.name
        stored.append(numpy_helper.from_array(whole, f"{name}/bytes"))
        stored.append(numpy_helper.from_array(scale, f"{name}/scale"))
        cast: dict[str, Any] = {"to": TensorProto.FLOAT}
        nodes.append(helper.make_node("Cast", [f"{name}/bytes"], [f"{name}/whole"], **cast))
        nodes.append(helper.make_node("Mul", [f"{name}/whole", f"{name}/scale"], [name]))
    return nodes, stored


def _bytes(values: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Whole numbers from -127 to 127 and the scale of each output channel, the first axis."""
    rest = tuple(range(1, values.ndim))
    scale = np.maximum(np.abs(values).max(rest, keepdims=True), 1e-12) / 127
    return np.round(values / scale).astype(np.int8), scale.astype(np.float32)
