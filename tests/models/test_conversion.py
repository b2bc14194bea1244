"""The converter refuses what it does not know, and folds only what changes no result."""

import json
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from layers.models.dlib_resnet import from_dlib
from layers.models.onnx_graph import with_free_size
from layers.models.tfjs import GraphModel, Node, read_graph_model, read_weights
from layers.models.tfjs_fold import fold
from layers.models.tfjs_onnx import convert

Array = NDArray[np.float32]

CONVOLUTION = {"strides": [1, 1, 1, 1], "dilations": [1, 1, 1, 1], "padding": "SAME"}


def graph(*nodes: Node, **weights: Any) -> GraphModel:
    named = {node.name: node for node in nodes}
    arrays = {name: np.array(value, np.float32) for name, value in weights.items()}
    return GraphModel(named, arrays, "x", (4, 4, 2))


def outputs(model: GraphModel, *names: str) -> list[Array]:
    onnx = convert(model, {name: name for name in names}, "test")
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    image = np.linspace(-3, 9, 32, dtype=np.float32).reshape(1, 2, 4, 4)
    found: list[Array] = session.run(list(names), {"image": image})
    return found


def test_an_unknown_operation_is_named() -> None:
    with pytest.raises(ValueError, match=r"Atan2 \(turn\)"):
        convert(graph(Node("turn", "Atan2", ("x",), {})), {"y": "turn"}, "test")


def test_scales_and_limits_fold_into_two_nodes_of_the_same_result() -> None:
    filters = np.arange(4, dtype=np.float32).reshape(1, 1, 2, 2)
    model = graph(
        Node("conv", "Conv2D", ("x", "filters"), CONVOLUTION),
        Node("scaled", "Mul", ("conv", "scale"), {}),
        Node("moved", "Add", ("scaled", "offset"), {}),
        Node("relu", "Relu", ("moved",), {}),
        Node("low", "Minimum", ("relu", "six"), {}),
        Node("y", "Maximum", ("low", "zero"), {}),
        filters=filters,
        scale=[0.5, -2],
        offset=[1, 30],
        six=6,
        zero=0,
    )

    assert [node.op for node in fold(model, {"y"}).nodes.values()] == ["Conv2D", "Clamp"]
    # With every step kept as an output there is nothing to fold.
    steps = outputs(model, "conv", "scaled", "moved", "y")
    scale, offset = np.array([0.5, -2]).reshape(2, 1, 1), np.array([1, 30]).reshape(2, 1, 1)
    np.testing.assert_allclose(steps[1], steps[0] * scale, rtol=1e-6)
    np.testing.assert_allclose(steps[2], steps[1] + offset, rtol=1e-6)
    np.testing.assert_allclose(steps[3], steps[2].clip(0, 6), rtol=1e-6)
    np.testing.assert_allclose(outputs(model, "y")[0], steps[3], rtol=1e-6)


def test_a_convolution_that_others_read_keeps_its_value() -> None:
    model = graph(
        Node("conv", "Conv2D", ("x", "filters"), CONVOLUTION),
        Node("scaled", "Mul", ("conv", "scale"), {}),
        Node("y", "AddV2", ("scaled", "conv"), {}),
        filters=np.eye(2).reshape(1, 1, 2, 2),
        scale=[3, 3],
    )
    image = np.linspace(-3, 9, 32).reshape(1, 2, 4, 4)
    np.testing.assert_allclose(outputs(model, "y")[0], image * 4, rtol=1e-6)


def test_hard_swish_folds_into_one_node_of_the_same_result() -> None:
    model = graph(
        Node("sixth", "Mul", ("factor", "x"), {}),
        Node("moved", "Add", ("x", "three"), {}),
        Node("limited", "Relu6", ("moved",), {}),
        Node("y", "Mul", ("sixth", "limited"), {}),
        factor=1 / 6,
        three=3,
    )

    assert [node.op for node in fold(model, {"y"}).nodes.values()] == ["HardSwish"]
    sixth, limited, _ = outputs(model, "sixth", "limited", "y")
    np.testing.assert_allclose(outputs(model, "y")[0], sixth * limited, rtol=1e-5)


def test_a_sum_that_is_no_hard_swish_stays() -> None:
    model = graph(
        Node("sixth", "Mul", ("x", "factor"), {}),
        Node("moved", "Add", ("x", "two"), {}),
        Node("limited", "Relu6", ("moved",), {}),
        Node("y", "Mul", ("sixth", "limited"), {}),
        factor=1 / 6,
        two=2,
    )
    image = np.linspace(-3, 9, 32).reshape(1, 2, 4, 4)
    expected = image / 6 * (image + 2).clip(0, 6)
    np.testing.assert_allclose(outputs(model, "y")[0], expected, rtol=1e-5, atol=1e-6)


def test_a_map_grows_as_tensorflow_does_it_without_half_pixels() -> None:
    attributes = {"align_corners": False, "half_pixel_centers": False}
    model = graph(Node("y", "ResizeBilinear", ("x", "size"), attributes), size=[8, 8])
    image = np.linspace(-3, 9, 32, dtype=np.float32).reshape(1, 2, 4, 4)
    found = outputs(model, "y")[0]
    np.testing.assert_allclose(found[:, :, ::2, ::2], image, rtol=1e-6)
    between = (image[:, :, :, :-1] + image[:, :, :, 1:]) / 2
    np.testing.assert_allclose(found[:, :, ::2, 1:-1:2], between, rtol=1e-5, atol=1e-6)


def test_a_network_of_any_size_takes_another_size() -> None:
    halved = {**CONVOLUTION, "strides": [1, 2, 2, 1]}
    model = graph(Node("y", "Conv2D", ("x", "filters"), halved), filters=np.ones((1, 1, 2, 3)))
    session = onnxruntime.InferenceSession(
        with_free_size(convert(model, {"y": "y"}, "test")), providers=["CPUExecutionProvider"]
    )
    assert session.get_outputs()[0].shape == ["batch", 3, "height / 2", "width / 2"]
    (found,) = session.run(None, {"image": np.ones((1, 2, 8, 12), np.float32)})
    assert found.shape == (1, 3, 4, 6)


def test_weights_come_back_from_every_stored_form() -> None:
    entries = [
        {"name": "plain", "shape": [2], "dtype": "float32"},
        {"name": "half", "shape": [1, 2], "dtype": "float32", "quantization": {"dtype": "float16"}},
        {
            "name": "byte",
            "shape": [2],
            "dtype": "float32",
            "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1},
        },
        {"name": "axes", "shape": [2], "dtype": "int32"},
    ]
    data = np.array([1.5, -2], "<f4").tobytes() + np.array([0.25, 8], "<f2").tobytes()
    data += bytes([0, 255]) + np.array([1, 2], "<i4").tobytes()

    weights = read_weights([{"weights": entries}], data)

    assert {name: array.tolist() for name, array in weights.items()} == {
        "plain": [1.5, -2],
        "half": [[0.25, 8]],
        "byte": [-1, 126.5],
        "axes": [1, 2],
    }
    with pytest.raises(ValueError, match="22 of 23 bytes"):
        read_weights([{"weights": entries}], data + b"\0")


def test_only_what_the_outputs_need_is_read() -> None:
    placeholder = {
        "name": "x",
        "op": "Placeholder",
        "attr": {"shape": {"shape": {"dim": [{"size": "-1"}, *[{"size": "4"}] * 3]}}},
    }
    nodes = [
        {"name": "unused", "op": "Unknown", "input": ["x"]},
        {"name": "y", "op": "Relu", "input": ["x:0"], "attr": {"T": {"type": "DT_FLOAT"}}},
        placeholder,
    ]
    document = {"modelTopology": {"node": nodes}, "weightsManifest": [{"weights": []}]}

    model = read_graph_model(json.dumps(document).encode(), b"", ["y"])

    assert list(model.nodes) == ["y"]
    assert (model.input, model.input_shape) == ("x", (4, 4, 4))


def test_what_is_not_dlibs_network_is_refused() -> None:
    with pytest.raises(ValueError, match="face recognition network"):
        from_dlib(b"\x01\x05relu_")
