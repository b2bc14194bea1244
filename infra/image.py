"""The image of functions that decode videos: FFmpeg takes 100 MB, which beside the networks is more
than the 250 MB of a function that is a zip file.

What Docker is given is a folder of exactly the files that the image gets. Docker builds it when it
is deployed; the synthesis needs none.
"""

import shutil
from pathlib import Path

from infra import bundle
from infra.functions import FOLDER

DOCKERFILE = Path(__file__).with_name("image") / "Dockerfile"
REQUIREMENTS = ("base", "inference", "search", "video")
NO_BYTECODE = shutil.ignore_patterns("__pycache__")


def context() -> Path:
    """The folder of the image; built if it is not there yet.

    Raises:
        BundleError: a model is not built.
    """
    locks = [bundle.REQUIREMENTS / f"{name}.txt" for name in REQUIREMENTS]
    models = [bundle.build(layer) for layer in bundle.MODEL_LAYERS]

    def fill(folder: Path) -> None:
        shutil.copyfile(DOCKERFILE, folder / DOCKERFILE.name)
        (folder / "requirements").mkdir()
        for lock in locks:
            shutil.copyfile(lock, folder / "requirements" / lock.name)
        for layer in models:
            shutil.copytree(layer, folder, dirs_exist_ok=True)
        code = folder / "python"
        shutil.copytree(bundle.CORE, code / bundle.CORE.name, ignore=NO_BYTECODE)
        shutil.copytree(FOLDER, code / FOLDER.name, ignore=NO_BYTECODE)

    sources = [*bundle.sources(bundle.CORE), *bundle.sources(FOLDER)]
    made_of = [
        DOCKERFILE.read_text(),
        *(lock.read_text() for lock in locks),
        *(layer.name for layer in models),
        bundle.digest(sources),
    ]
    return bundle.cached("video-image", made_of, fill)
