"""docs/operate.md, in parts."""

import re

from infra.functions import ROOT

DOCUMENT = (ROOT / "docs" / "operate.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)


def table(heading: str) -> list[list[str]]:
    """The rows of the table whose first line begins with a heading."""
    (found,) = re.findall(rf"^\| {heading} .*\n\|[-|]+\n((?:\|.*\n)+)", DOCUMENT, re.MULTILINE)
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in found.splitlines()
    ]
