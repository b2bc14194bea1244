"""Reads what TensorFlow.js writes: weight shards with their manifest, and graph models.

What comes out is plain: numpy arrays and nodes in the order they run, nothing of the file format.
"""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_STORED = {"float32": "<f4", "float16": "<f2", "int32": "<i4", "uint8": "u1", "uint16": "<u2"}

Weights = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: the names of its inputs and its decoded attributes."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class GraphModel:
    nodes: dict[str, Node]  # operations without constants, each after its inputs
    weights: Weights
    input: str
    input_shape: tuple[int, ...]  # height, width, channels


@dataclass(frozen=True, slots=True)
class Stored:
    """One array as a shard holds it: value = raw × scale + minimum."""

    raw: NDArray[Any]
    scale: float = 1.0
    minimum: float = 0.0


def read_weights(manifest: Sequence[dict[str, Any]], data: bytes) -> Weights:
    """The arrays of a weights manifest whose shards are joined in `data`, in float32 or int32."""
    weights: Weights = {}
    for entry, stored in _entries(manifest, data):
        raw = stored.raw
        if entry.get("quantization", {}).get("scale"):
            raw = raw.astype(np.float64) * stored.scale + stored.minimum
        weights[entry["name"]] = raw.astype(np.int32 if entry["dtype"] == "int32" else np.float32)
    return weights


def read_stored(manifest: Sequence[dict[str, Any]], data: bytes) -> dict[str, Stored]:
    """The same arrays as they are stored: bytes stay bytes."""
    return {entry["name"]: stored for entry, stored in _entries(manifest, data)}


def _entries(
    manifest: Sequence[dict[str, Any]], data: bytes
) -> Iterator[tuple[dict[str, Any], Stored]]:
    offset = 0
    for entry in (entry for group in manifest for entry in group["weights"]):
        quantised = entry.get("quantization", {})
        kind = np.dtype(_STORED[quantised.get("dtype", entry["dtype"])])
        raw = np.frombuffer(data, kind, int(np.prod(entry["shape"])), offset)
        offset += raw.nbytes
        scale, minimum = quantised.get("scale", 1.0), quantised.get("min", 0.0)
        yield entry, Stored(raw.reshape(entry["shape"]), scale, minimum)
    if offset != len(data):
        raise ValueError(f"the weights manifest covers {offset} of {len(data)} bytes")


def read_graph_model(model: bytes, data: bytes, outputs: Sequence[str]) -> GraphModel:
    """The part of a graph model that its nodes `outputs` need.

    Args:
        model: the JSON file.
        data: the weights file.
    """
    document = json.loads(model)
    nodes = {node["name"]: _node(node) for node in document["modelTopology"]["node"]}
    ordered: dict[str, Node] = {}
    for output in outputs:
        _visit(output, nodes, ordered)
    (placeholder,) = (node for node in ordered.values() if node.op == "Placeholder")
    del ordered[placeholder.name]
    return GraphModel(
        nodes=ordered,
        weights=read_weights(document["weightsManifest"], data),
        input=placeholder.name,
        input_shape=tuple(placeholder.attributes["shape"][1:]),
    )


def _visit(name: str, nodes: dict[str, Node], ordered: dict[str, Node]) -> None:
    if name in ordered or nodes[name].op == "Const":
        return
    for source in nodes[name].inputs:
        _visit(source, nodes, ordered)
    ordered[name] = nodes[name]


def _node(node: dict[str, Any]) -> Node:
    attributes = {key: _attribute(value) for key, value in node.get("attr", {}).items()}
    inputs = tuple(name.partition(":")[0] for name in node.get("input", ()))
    return Node(node["name"], node["op"], inputs, attributes)


def _attribute(value: dict[str, Any]) -> Any:
    """One attribute in the JSON form of TensorFlow's AttrValue message."""
    ((kind, content),) = value.items()
    match kind:
        case "list":
            return [_attribute({key: item}) for key, items in content.items() for item in items]
        case "i":
            return int(content)
        case "s":
            return base64.b64decode(content).decode()
        case "shape":
            return [int(dim.get("size", 0)) for dim in content.get("dim", ())]
        case _:
            return content
