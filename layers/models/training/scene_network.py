"""The network behind the scenes' labels, and how it is taken from published ones.

Two trunks look at the same photo: MobileNetV2 (width 1.4), which came from ImageNet and was then
taught to tell nude photos from drawings, and the MobileNetV3 of the object network, taught on COCO.
Each knows a part of what is needed, and what each forgot is its end: SCENES.md has the figures.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import onnx
from onnx import ModelProto

from layers.models import bundle, tfjs, tfjs_onnx
from layers.models.manifest import read_manifest
from layers.models.packages import read_members

_IMAGENET = (
    "StatefulPartitionedCall/sequential/keras_layer/StatefulPartitionedCall/"
    "StatefulPartitionedCall/StatefulPartitionedCall/predict/MobilenetV2/"
)
_COCO = "tower_0/MobilenetV3/"


@dataclass(frozen=True, slots=True)
class Trunk:
    """One published network, cut where it still describes the photo.

    Attributes:
        package: as a source of the manifest names it.
        size: side of its input in pixels.
        scale: what a pixel's 0 to 255 is multiplied with before it.
        outputs: names here, and the graph's nodes.
    """

    package: str
    paths: tuple[str, ...]
    size: int
    scale: float
    outputs: Mapping[str, str]


TRUNKS = {
    "imagenet": Trunk(
        "nsfwjs",
        tuple(
            f"package/dist/models/mobilenet_v2_mid/{name}.min.js"
            for name in ("model", "group1-shard1of2", "group1-shard2of2")
        ),
        192,
        1 / 255,
        {
            "x10": f"{_IMAGENET}expanded_conv_10/expand/Relu6",
            "b12": f"{_IMAGENET}expanded_conv_12/add",
            "x13": f"{_IMAGENET}expanded_conv_13/expand/Relu6",
            "b15": f"{_IMAGENET}expanded_conv_15/add",
            "x16": f"{_IMAGENET}expanded_conv_16/expand/Relu6",
        },
    ),
    "coco": Trunk(
        "@vladmandic/human",
        ("package/models/centernet.json", "package/models/centernet.bin"),
        256,
        1,
        {
            "x8": f"{_COCO}expanded_conv_8/expand/hard_swish/mul_1",
            "x11": f"{_COCO}expanded_conv_11/expand/hard_swish/mul_1",
            "b11": f"{_COCO}expanded_conv_11/add",
            "x12": f"{_COCO}expanded_conv_12/expand/hard_swish/mul_1",
            "b14": f"{_COCO}expanded_conv_14/add",
            "top": "tower_0/extern1/hard_swish/mul_1",
        },
    ),
}

# What the head sees: outputs of the trunks, and how each is taken together over the photo.
POOLED: tuple[tuple[str, tuple[str, ...]], ...] = (
    *((f"imagenet/{output}", ("Average",)) for output in ("x10", "b12", "x13", "b15", "x16")),
    *((f"coco/{output}", ("Average",)) for output in ("x8", "x11", "x12")),
    *((f"coco/{output}", ("Average", "Max")) for output in ("b11", "b14", "top")),
)


def trunk(name: str) -> ModelProto:
    """The ONNX form of a trunk; every tensor's name begins with the trunk's."""
    spec = TRUNKS[name]
    (source,) = {each.source for each in read_manifest() if each.source.package == spec.package}
    files = read_members(source, spec.paths)
    if spec.paths[0].endswith(".js"):
        files = [bundle.read_object(files[0]), bundle.read_weights(files[1:])]
    graph = tfjs.read_graph_model(files[0], files[1], list(spec.outputs.values()))
    graph = replace(graph, input_shape=(spec.size, spec.size, 3))
    data = tfjs_onnx.convert(graph, spec.outputs, name)
    return onnx.compose.add_prefix(onnx.load_model_from_string(data), f"{name}/")
