"""What a layer leaves out of its wheels: each rule with its reason and what it saves for Lambda.

Everything here is about the 250 MB that a function may have with its layers. Licences stay.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path


class StrippingError(RuntimeError):
    """A rule takes nothing away: the package has changed and the rule has to be looked at."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Files that go.

    Attributes:
        why: the reason, for the report.
        drop: patterns of paths below the wheels' folder; `*` crosses folders.
        keep: patterns of those that stay all the same.
    """

    why: str
    drop: tuple[str, ...]
    keep: tuple[str, ...] = ()

    def takes(self, path: str) -> bool:
        """Whether a file goes."""
        return _fits(path, self.drop) and not _fits(path, self.keep)


# Services that the functions speak to, and Rekognition, whose model is the contract.
SERVICES = ("dynamodb", "lambda", "rekognition", "s3", "secretsmanager", "sns", "sqs")

# Of any wheel. RECORD and the scripts also hold the path of the Python that ran pip, which would
# make the same layer another one on each machine.
ANY = (
    Rule("start scripts", ("bin/*",)),  # 4 kB
    Rule(  # 0.5 MB of both layers
        "how a wheel was made and installed",
        ("*.dist-info/*",),
        keep=("*.dist-info/METADATA", "*.dist-info/licenses/*", "*.dist-info/*LICEN[CS]E*"),
    ),
)
RULES: dict[str, tuple[Rule, ...]] = {
    "base": (
        *ANY,
        Rule(  # 17.3 MB
            "services that no function speaks to",
            ("botocore/data/*/*",),
            keep=tuple(f"botocore/data/{service}/*" for service in SERVICES),
        ),
        Rule(  # 0.7 MB
            "resource objects of boto3: the store uses clients",
            ("boto3/data/*", "boto3/examples/*"),
        ),
    ),
    "inference": (
        *ANY,
        Rule(  # 25.3 MB
            "a second copy of the runtime, for programs in C",
            ("onnxruntime/capi/libonnxruntime.so*",),
        ),
        Rule(  # 3.7 MB
            "making and converting models",
            tuple(f"onnxruntime/{name}/*" for name in ("quantization", "tools", "transformers")),
        ),
        Rule(  # 2.0 MB
            "taken by onnxruntime for what went above",
            ("flatbuffers/*", "google/*", "packaging/*"),
        ),
        Rule(  # 7.7 MB
            "tests of the packages",
            ("*/tests/*", "numpy/_core/*_tests.*", "numpy/conftest.py"),
        ),
        Rule("wrapping Fortran", ("numpy/f2py/*",)),  # 0.6 MB
        Rule(  # 1.7 MB
            "types and C headers, for those who build against numpy",
            ("*.pyi", "*/py.typed", "numpy/_core/include/*", "*.a", "*.pxd", "*.h"),
        ),
        Rule(  # 9.6 MB
            "AVIF, fonts and colour profiles: photos are JPEG, PNG or WebP, and nothing is drawn",
            (
                *(f"PIL/{name}.*" for name in ("_avif", "_imagingcms", "_imagingft")),
                *(f"pillow.libs/lib{name}*" for name in ("avif", "brotli", "freetype")),
                *(f"pillow.libs/lib{name}*" for name in ("harfbuzz", "lcms2", "png16")),
            ),
        ),
        Rule("windows of Tk", ("PIL/_imagingtk.*",)),  # 0.2 MB
    ),
    "search": (
        *ANY,
        Rule(  # 53 MB
            "in the layer `inference`, which stands beside this one",
            ("numpy/*", "numpy.libs/*", "numpy-*"),
        ),
        Rule("other ways to use the library", ("faiss/contrib/*",)),  # 0.1 MB
        Rule("types", ("*.pyi", "*/py.typed")),  # 0.2 MB
    ),
    "video": ANY,  # of an image, where megabytes matter less
}


def strip(folder: Path, rules: Sequence[Rule]) -> dict[str, int]:
    """Takes away what the rules name.

    Returns:
        The bytes that each rule saved, by its reason.

    Raises:
        StrippingError: a rule takes nothing away.
    """
    saved = {}
    for rule in rules:
        found = [path for path in files(folder) if rule.takes(path.relative_to(folder).as_posix())]
        if not found:
            raise StrippingError(f"nothing to strip: {rule.why} {rule.drop}")
        saved[rule.why] = sum(path.stat().st_size for path in found)
        for path in found:
            path.unlink()
    _drop_empty_folders(folder)
    return saved


def files(folder: Path) -> Iterator[Path]:
    """All files below a folder, in a fixed order."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _drop_empty_folders(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _fits(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)
