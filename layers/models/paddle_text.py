"""Makes PaddleOCR's two text networks, which `rapidocr` ships as ONNX files, say what they see in
few numbers: the recogniser's original gives 18,710 probabilities for every eight pixels of a line.
"""

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from layers.models.onnx_graph import serialise

_INPUT, _OUTPUT = "x", "fetch_name_0"  # what PaddlePaddle's export calls them
_CHARACTERS = "character"  # the metadata field with the alphabet, one character a line
_BLANK = "\0"  # CTC's mark of no character comes before the alphabet, the space after it


def text_detector(original: bytes) -> bytes:
    """The ONNX file of the detector.

    Input `image` (1, 3, height, width), both multiples of 32; output `text` (1, 1, height, width),
    the probability of each pixel to lie in the core of a line of text.
    """
    model = ModelProto.FromString(original)
    for node in model.graph.node:
        _rename(node, {_INPUT: "image", _OUTPUT: "text"})
    _declare(model, [1, 3, "height", "width"], {"text": [1, 1, "height", "width"]})
    return _finished(model, "text_detector")


def text_recognizer(original: bytes) -> bytes:
    """The ONNX file of the recogniser.

    Input `image` (batch, 3, 48, width); outputs, each (batch, steps) with a step for every eight
    pixels: `characters`, the likeliest character as its Unicode code point, 0 for none; `scores`,
    its probability; `spaces`, the probability of a space.
    """
    model = ModelProto.FromString(original)
    (alphabet,) = (item.value for item in model.metadata_props if item.key == _CHARACTERS)
    codes = [ord(each) for each in [_BLANK, *alphabet.split("\n"), " "]]
    model.graph.initializer.extend(
        [
            numpy_helper.from_array(np.array(codes, np.float32), "codes"),
            numpy_helper.from_array(np.array(len(codes) - 1, np.int64), "space"),
        ]
    )
    for node in model.graph.node:
        _rename(node, {_INPUT: "image", _OUTPUT: "probabilities"})
    model.graph.node.extend(
        [
            helper.make_node("ArgMax", ["probabilities"], ["likeliest"], axis=2, keepdims=0),
            helper.make_node("Gather", ["codes", "likeliest"], ["characters"]),
            helper.make_node("ReduceMax", ["probabilities"], ["scores"], axes=[2], keepdims=0),
            helper.make_node("Gather", ["probabilities", "space"], ["spaces"], axis=2),
        ]
    )
    steps: list[int | str] = ["batch", "steps"]
    _declare(
        model,
        ["batch", 3, 48, "width"],
        {"characters": steps, "scores": steps, "spaces": steps},
    )
    return _finished(model, "text_recognizer")


def _rename(node: NodeProto, names: dict[str, str]) -> None:
    node.input[:] = [names.get(name, name) for name in node.input]
    node.output[:] = [names.get(name, name) for name in node.output]


def _declare(
    model: ModelProto, image: list[int | str], outputs: dict[str, list[int | str]]
) -> None:
    del model.graph.input[:], model.graph.output[:]
    model.graph.input.append(_tensor("image", image))
    model.graph.output.extend(_tensor(name, shape) for name, shape in outputs.items())


def _tensor(name: str, shape: list[int | str]) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _finished(model: ModelProto, name: str) -> bytes:
    """The file, without metadata and without shapes of inner values, which name other inputs."""
    del model.metadata_props[:], model.graph.value_info[:]
    model.graph.name = name
    return serialise(model)
