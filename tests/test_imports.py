"""What a function takes into its process: nothing that it has no use for."""

import os
import subprocess
import sys

import pytest

from local.frontdoor import built_operations
from tests.conftest import ENVIRONMENT

RUN_MODELS = {
    "Analyze",
    "CompareFaces",
    "DetectFaces",
    "DetectText",
    "DetectLabels",
    "DetectModerationLabels",
    "DetectProtectiveEquipment",
    "IndexFaces",
    "RecognizeCelebrities",
    "SearchFacesByImage",
    "SearchUsersByImage",
}
PROGRAM = """
import importlib, sys
importlib.import_module(sys.argv[1]).handler
print(*sorted({"av", "faiss", "numpy", "PIL", "onnxruntime", "moto"} & sys.modules.keys()))
"""


def heavy_modules(operation: str) -> set[str]:
    path = built_operations()[operation]
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, f"functions.{path.parent.name}.{path.stem}"],
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        check=True,
        text=True,
    )
    return set(result.stdout.split())


@pytest.mark.parametrize("operation", sorted(built_operations().keys() - RUN_MODELS))
def test_a_handler_that_runs_no_model_imports_no_array_image_or_model_library(
    operation: str,
) -> None:
    assert heavy_modules(operation) == set()


def test_a_handler_that_runs_models_imports_what_it_needs_and_no_more() -> None:
    for operation in ("DetectFaces", "SearchFacesByImage"):  # shards may never be needed
        assert heavy_modules(operation) == {"numpy", "PIL", "onnxruntime"}
