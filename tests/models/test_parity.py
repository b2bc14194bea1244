"""Every network computes what its original does, on random input with the real weights."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from layers.models.bundle import read_object
from layers.models.manifest import FOLDER, Model, read_manifest
from layers.models.packages import read_members
from layers.models.tfjs import read_graph_model

JS = Path(__file__).parent / "js"
MODELS = {model.name: model for model in read_manifest()}
GRAPH_BUILDERS = {"tfjs", "tfjs_any_size"}
GRAPH_MODELS = sorted(name for name, model in MODELS.items() if model.builder in GRAPH_BUILDERS)
LAYERS_MODELS = sorted(name for name, model in MODELS.items() if model.builder == "tfjs_layers")

TEXT_MODELS = ["text_detector", "text_recognizer"]

# What each network is made for, as scale and offset of uniform numbers from 0 to 1. Emotion gets
# less contrast than that: noise of the full range leaves no doubt, and a certain answer shows
# no differences.
INPUT_RANGES = {"face_features": (255, -115), "emotion": (0.4, -0.2), "objects": (255, 0)}
WHOLE_NUMBERS = {"body_pose": 255}  # takes the integers of a picture

# face-api's networks: class, side in pixels, names of what it returns.
FACE_API = {
    "age_gender": ("AgeGenderNet", 112, ["age", "gender"]),
    "expression": ("FaceExpressionNet", 112, ["expression"]),
    "face_embedding": ("FaceRecognitionNet", 150, ["embedding"]),
}
MEAN = np.array([122.782, 117.001, 104.298], np.float32)

Array = NDArray[np.float32]


def test_that_no_network_goes_unproven() -> None:
    proven = {*GRAPH_MODELS, *LAYERS_MODELS, *FACE_API, "face_detector", *TEXT_MODELS}
    made_here = {name for name, model in MODELS.items() if model.source.ecosystem == "repository"}
    assert set(MODELS) == proven | made_here


@pytest.mark.parametrize("name", GRAPH_MODELS)
def test_graph_model_computes_what_tfjs_computes(name: str, tmp_path: Path) -> None:
    model = MODELS[name]
    topology, weights = read_members(model.source, model.paths)
    nodes = list(model.outputs.values())
    shape = [1, *read_graph_model(topology, weights, nodes).input_shape]
    scale, offset = INPUT_RANGES.get(name, (1, 0))
    image = np.random.default_rng(7).random(shape, np.float32) * scale + offset
    if name in WHOLE_NUMBERS:
        image = np.round(image * WHOLE_NUMBERS[name])
    (tmp_path / "model.json").write_bytes(topology)
    (tmp_path / "model.bin").write_bytes(weights)
    (tmp_path / "input.bin").write_bytes(image.astype(np.float32).tobytes())

    expected = node("graph_model.mjs", tmp_path, {"shape": shape, "outputs": nodes})

    found = [channels_last(output) for output in run(model, image)]
    agree(name, expected, found)


@pytest.mark.parametrize("name", LAYERS_MODELS)
def test_layers_model_computes_what_tfjs_computes(name: str, tmp_path: Path) -> None:
    model = MODELS[name]
    topology, *shards = read_members(model.source, model.paths)
    weights = [f"weights{index}.cjs" for index in range(len(shards))]
    for file, data in zip(["model.cjs", *weights], [topology, *shards], strict=True):
        (tmp_path / file).write_bytes(data)
    shape = [1, *bundled_input_shape(topology)]
    image = np.random.default_rng(7).random(shape, np.float32)
    (tmp_path / "input.bin").write_bytes(image.tobytes())
    outputs = list(model.outputs.values())

    expected = node(
        "layers_model.mjs", tmp_path, {"shape": shape, "weights": weights, "outputs": outputs}
    )

    agree(name, expected, run(model, image))


@pytest.mark.parametrize("name", sorted(FACE_API))
def test_hand_built_network_computes_what_face_api_computes(name: str, tmp_path: Path) -> None:
    net, size, outputs = FACE_API[name]
    provide_face_api(tmp_path)
    request: dict[str, Any] = {"net": net, "size": size, "outputs": outputs}
    if name == "face_embedding":
        (dat,) = read_members(MODELS[name].source, MODELS[name].paths)
        (tmp_path / "dlib.dat").write_bytes(dat)
        request["dlib"] = "dlib.dat"
    pixels = np.random.default_rng(7).integers(0, 256, (1, size, size, 3), np.uint8)
    (tmp_path / "input.bin").write_bytes(pixels.tobytes())

    expected = node("face_api.cjs", tmp_path, request)

    agree(name, expected, run(MODELS[name], (pixels - MEAN) / np.float32(255)))


@pytest.mark.parametrize("name", TEXT_MODELS)
def test_text_model_tells_what_its_original_file_weighs(name: str) -> None:
    model = MODELS[name]
    (original,) = read_members(model.source, model.paths)
    session = onnxruntime.InferenceSession(original, providers=["CPUExecutionProvider"])
    page = Image.new("RGB", (192, 64 if name == "text_detector" else 48), "white")
    ImageDraw.Draw(page).text((6, 4), "Text 42", "black", ImageFont.load_default(32))
    image = np.asarray(page, np.float32)[None] / 127.5 - 1

    (expected,) = session.run(None, {"x": image.transpose(0, 3, 1, 2)})

    found = run(model, image)
    if name == "text_detector":
        agree(name, [expected], found)
        return
    alphabet = session.get_modelmeta().custom_metadata_map["character"].split("\n")
    codes = np.array([0, *map(ord, alphabet), ord(" ")])
    characters, *probabilities = found
    np.testing.assert_array_equal(characters, codes[expected.argmax(2)])
    assert {chr(int(code)) for code in characters.ravel()} >= set("Text 42")
    agree(name, [expected.max(2), expected[..., -1]], probabilities)


def test_face_detector_computes_what_the_original_file_computes() -> None:
    model = MODELS["face_detector"]
    (original,) = read_members(model.source, model.paths)
    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 3  # it warns of each weight that the original declares as an input
    session = onnxruntime.InferenceSession(original, quiet, providers=["CPUExecutionProvider"])
    pixels = np.random.default_rng(7).random((10, 32, 32, 3), np.float32) * 255

    expected = session.run(None, {"input.1": pixels.transpose(0, 3, 1, 2)})

    found = [run(model, pixels[item : item + 1]) for item in range(10)]
    agree(model.name, expected, [np.concatenate(output) for output in zip(*found, strict=True)])


def bundled_input_shape(script: bytes) -> list[int]:
    """Height, width and channels that a bundled layers model takes."""
    (first, *_) = json.loads(read_object(script))["modelTopology"]["model_config"]["config"][
        "layers"
    ]
    shape: list[int] = first["config"]["batch_input_shape"][1:]
    return shape


def run(model: Model, image: Array) -> list[Array]:
    """The built file's outputs for an image (1, height, width, channels)."""
    session = onnxruntime.InferenceSession(FOLDER / model.file, providers=["CPUExecutionProvider"])
    outputs: list[Array] = session.run(
        None, {"image": np.ascontiguousarray(image.transpose(0, 3, 1, 2), np.float32)}
    )
    return outputs


def channels_last(output: Array) -> Array:
    """A feature map in tfjs's order; anything else as it is."""
    return output.transpose(0, 2, 3, 1) if output.ndim == 4 else output


def node(script: str, folder: Path, request: dict[str, Any]) -> list[Array]:
    """What a script of `js/` computes from the files in `folder`, one flat array per output."""
    (folder / "request.json").write_text(json.dumps(request))
    command = [shutil.which("node") or "node", str(JS / script), str(folder)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr[-2000:]
    return [
        np.fromfile(folder / f"{index}.bin", np.float32) for index in range(len(request["outputs"]))
    ]


def provide_face_api(folder: Path) -> None:
    """face-api's own program and weights, from the package that the weights were built from."""
    source = MODELS["age_gender"].source
    stems = ["age_gender_model", "face_expression_model", "face_recognition_model"]
    files = [f"package/model/{stem}-weights_manifest.json" for stem in stems]
    files += [f"package/model/{stem}.bin" for stem in stems]
    for path, data in zip(files, read_members(source, files), strict=True):
        (folder / os.path.basename(path)).write_bytes(data)
    (program,) = read_members(source, ["package/dist/face-api.node-wasm.js"])
    (folder / "face-api.cjs").write_bytes(program)


def agree(name: str, expected: Sequence[Array], found: Sequence[Array]) -> None:
    """Asserts that the largest difference is at most a thousandth of each output's range.

    A single number, such as a probability or an age, has the range from zero to itself, at least 1.
    """
    assert len(expected) == len(found)
    for index, (original, converted) in enumerate(zip(expected, found, strict=True)):
        assert original.size == converted.size
        flat = original.reshape(-1)
        extent = np.ptp(flat) if flat.size > 1 else max(abs(flat[0]), 1)
        difference = np.abs(flat - converted.reshape(-1)).max()
        assert difference <= 1e-3 * extent, f"{name}, output {index}"
