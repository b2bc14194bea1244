"""Which builder makes which kind of network out of its package's files."""

from collections.abc import Callable, Sequence

from layers.models import (
    bundle,
    centerface,
    dlib_resnet,
    expression,
    onnx_graph,
    paddle_text,
    tfjs,
    tfjs_layers,
    tfjs_onnx,
    xception,
)
from layers.models.manifest import Model


def _graph_model(model: Model, files: Sequence[bytes]) -> bytes:
    graph = tfjs.read_graph_model(files[0], files[1], list(model.outputs.values()))
    return tfjs_onnx.convert(graph, model.outputs, model.name)


def _bundled_layers_model(model: Model, files: Sequence[bytes]) -> bytes:
    topology, weights = bundle.read_object(files[0]), bundle.read_weights(files[1:])
    return tfjs_layers.convert(topology, weights, model.outputs, model.name)


def _any_size(model: Model, files: Sequence[bytes]) -> bytes:
    return onnx_graph.with_free_size(_graph_model(model, files))


BUILDERS: dict[str, Callable[[Model, Sequence[bytes]], bytes]] = {
    "as_it_is": lambda _, files: files[0],
    "tfjs": _graph_model,
    "tfjs_any_size": _any_size,
    "tfjs_layers": _bundled_layers_model,
    "centerface": lambda _, files: centerface.centerface(*files),
    "age_gender": lambda _, files: xception.age_gender(*files),
    "expression": lambda _, files: expression.expression(*files),
    "face_embedding": lambda _, files: dlib_resnet.from_dlib(*files),
    "text_detector": lambda _, files: paddle_text.text_detector(*files),
    "text_recognizer": lambda _, files: paddle_text.text_recognizer(*files),
}
