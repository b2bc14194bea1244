"""botocore's own model of Amazon Rekognition: the contract, never written again by hand.

Handlers, checks, rendering, paging and tests all read operations and shapes from here. What
Sightline adds is written in the form in which SDKs take additions to a service model, so that the
same file teaches them the new operations.
"""

from functools import cache
from pathlib import Path
from typing import cast

from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, StructureShape

SERVICE = "rekognition"
# For AWS_DATA_PATH of a client that calls the extensions.
SDK = Path(__file__).parent / "sdk"
EXTENSIONS = frozenset({"Analyze", "FindPhotos"})


@cache
def service_model() -> ServiceModel:
    """The service model and the extensions, loaded once per process."""
    loader = Loader(extra_search_paths=[str(SDK)])
    return ServiceModel(loader.load_service_model(SERVICE, "service-2"), SERVICE)


@cache
def operation_model(name: str) -> OperationModel:
    """The model of one operation, such as `DetectFaces`.

    Raises:
        botocore.model.OperationNotFoundError: the service has no such operation.
    """
    return service_model().operation_model(name)


def input_shape(name: str) -> StructureShape:
    """What an operation takes; every operation of the service takes a structure."""
    return cast(StructureShape, operation_model(name).input_shape)


def target(name: str) -> str:
    """The `X-Amz-Target` header of an operation."""
    return f"{service_model().metadata['targetPrefix']}.{name}"


def module_name(name: str) -> str:
    """The handler file's name of an operation: `DetectFaces` is `detect_faces`."""
    return xform_name(name)
