"""What a handler's code can get to, read from its source: a function needs what is in there."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from infra.functions import ROOT

SOURCES = (ROOT / "layers" / "core" / "python", ROOT)
OURS = ("sightline", "functions")


@dataclass(frozen=True)
class Reach:
    """Of one handler: all modules of ours that it may import, and what it imports of others."""

    modules: frozenset[str]
    names: frozenset[str]  # `module.name` of everything that is imported by name
    others: frozenset[str]  # packages that are not ours
    strings: frozenset[str]


@cache
def reach(handler: str) -> Reach:
    """Of `functions.faces.index_faces.handler`, say."""
    todo, modules = [handler.rsplit(".", 1)[0]], set[str]()
    names, others, strings = set[str](), set[str](), set[str]()
    while todo:
        module = todo.pop()
        if module in modules:
            continue
        modules.add(module)
        tree = ast.parse(source(module).read_text())
        for name in _imports(tree):
            names.add(name)
            if name.split(".")[0] in OURS:
                todo += _modules(name)
            else:
                others.add(name.split(".")[0])
        strings |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    return Reach(*map(frozenset, (modules, names, others, strings)))


def source(module: str) -> Path:
    """The file of a module."""
    return next(path for path in _files(module) if path.is_file())


def _files(module: str) -> Iterator[Path]:
    for folder in SOURCES:
        place = folder.joinpath(*module.split("."))
        yield from (place.with_suffix(".py"), place / "__init__.py")


def _modules(name: str) -> Iterable[str]:
    """The module that a dotted name is of, and the packages around it."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        module = ".".join(parts[:length])
        if any(path.is_file() for path in _files(module)):
            yield module


def _imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names, wherever in the source; not those that only types need."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.Import():
                yield from (each.name for each in node.names)
            case ast.ImportFrom(module=str(module)):
                yield from (f"{module}.{each.name}" for each in node.names)
            case _:
                yield from _imports(node)
