"""Reads what a minified CommonJS bundle exports: one string, or one object without functions.

Some packages publish a model as such scripts. Nothing of a script is run: what it exports is cut
out of its text, and an object literal is rewritten as JSON token by token.
"""

import base64
import re
from collections.abc import Sequence

# A bundler writes its modules as {1:[function(…){module.exports=VALUE},{…}]},{},[1]).
_EXPORT = re.compile(
    r'\{\w+\.exports=(?P<value>[{"].*)\},\{\}\]\},\{\},\[1\]\)\(1\)\}\);?\s*', re.S
)
_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<mark>[{}\[\]:,])
    |(?P<boolean>![01])
    |(?P<null>null)
    |(?P<name>[A-Za-z_$][\w$]*)(?=:)
    |(?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)""",
    re.VERBOSE,
)


def read_object(script: bytes) -> bytes:
    """The object that a script exports, as a JSON document.

    Raises:
        ValueError: the script exports something else, or its object holds more than literals.
    """
    literal = _exported(script)
    tokens = []
    position = 0
    while position < len(literal):
        token = _TOKEN.match(literal, position)
        if not token:
            raise ValueError(f"no literal: {literal[position : position + 40]!r}")
        tokens.append(_as_json(token))
        position = token.end()
    return "".join(tokens).encode()


def read_weights(scripts: Sequence[bytes]) -> bytes:
    """The bytes whose base64 text the scripts export, joined in their order."""
    return b"".join(
        base64.b64decode(_exported(script).strip('"'), validate=True) for script in scripts
    )


def _exported(script: bytes) -> str:
    found = _EXPORT.search(script.decode())
    if not found:
        raise ValueError("the script exports no literal")
    return found["value"]


def _as_json(token: re.Match[str]) -> str:
    text = token.group()
    match token.lastgroup:
        case "boolean":
            return "true" if text == "!0" else "false"
        case "name":
            return f'"{text}"'
        case "number":
            return re.sub(r"^(-?)\.", r"\g<1>0.", text)
        case _:
            return text
