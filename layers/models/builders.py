"""Which builder makes which kind of network out of its package's files."""

from collections.abc import Callable, Sequence

from layers.models import centerface, dlib_resnet, expression, tfjs, tfjs_onnx, xception
from layers.models.manifest import Model


def _graph_model(model: Model, files: Sequence[bytes]) -> bytes:
    graph = tfjs.read_graph_model(files[0], files[1], list(model.outputs.values()))
    return tfjs_onnx.convert(graph, model.outputs, model.name)


BUILDERS: dict[str, Callable[[Model, Sequence[bytes]], bytes]] = {
    "tfjs": _graph_model,
    "centerface": lambda _, files: centerface.centerface(*files),
    "age_gender": lambda _, files: xception.age_gender(*files),
    "expression": lambda _, files: expression.expression(*files),
    "face_embedding": lambda _, files: dlib_resnet.from_dlib(*files),
}
