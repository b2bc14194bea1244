"""The layers of a stack: folders of `infra.bundle`, each a layer version by its content."""

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import bundle
from infra.needs import Needs

WHAT = {
    "base": "The service's code, boto3 and Powertools",
    "inference": "onnxruntime, numpy and Pillow",
    "search": "faiss, over the numpy of the layer inference",
    "models-faces": "Networks that look at faces",
    "models-scenes": "Networks that look at scenes, objects and people",
    "models-text": "Networks that read text",
}


class Layers(Construct):
    """One layer version for each folder."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        self._versions = {layer: self._version(layer) for layer in bundle.LAYERS}

    def of(self, needs: Needs) -> list[lambda_.ILayerVersion]:
        """What a function takes: `base`, and what it asks for."""
        return [self._versions[layer] for layer in ("base", *needs.layers)]

    def _version(self, layer: str) -> lambda_.LayerVersion:
        folder = bundle.build(layer)
        return lambda_.LayerVersion(
            self,
            layer.title().replace("-", ""),
            # The folder's name says what it was made of: no need to read 250 MB at each synthesis.
            code=lambda_.Code.from_asset(str(folder), asset_hash=folder.name),
            compatible_architectures=[lambda_.Architecture.ARM_64],
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            description=f"Sightline: {WHAT[layer]}",
        )
