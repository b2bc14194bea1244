"""Who searches: with which rights, in how many files, and by whom what is too much for one."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.functions import functions
from infra.needs import Storage, needs
from infra.rights import Grant
from tests.infra.conftest import of_type
from tests.infra.reach import reach
from tests.templates import Template


def made(api: Template) -> dict[str, dict[str, Any]]:
    """The properties of every function, by module."""
    found = {each["FunctionName"]: each for each in of_type(api, "Lambda::Function").values()}
    return {each.module: found[f"sightline-dev-{each.name}"] for each in functions()}


def test_who_searches_reads_shards_or_has_them_searched() -> None:
    """`analyze` and `on_upload` have no room for the library that reads shards."""
    searching = {
        each.module
        for each in functions()
        if "sightline.domain.search" in reach(each.handler).modules
    } | {"merge_video"}
    granted = {
        grant: {each.module for each in functions() if grant in needs(each).grants}
        for grant in (Grant.SEARCH_INVOKE, Grant.SHARDS_READ)
    }
    assert granted[Grant.SEARCH_INVOKE] == searching
    assert granted[Grant.SHARDS_READ] == (
        searching - {"analyze", "on_upload"} | {"compact", "search_shards"}
    )


def test_the_function_that_searches_for_others_is_called_by_its_alias(api: Template) -> None:
    told = {
        module: each["Environment"]["Variables"].get("SIGHTLINE_SEARCH_FUNCTION")
        for module, each in made(api).items()
    }
    invoking = {each.module for each in functions() if Grant.SEARCH_INVOKE in needs(each).grants}
    name = "sightline-dev-search-shards"
    assert told == {
        each.module: f"{name}:live" if each.module in invoking else None for each in functions()
    }
    (alias,) = (
        each
        for logical, each in of_type(api, "Lambda::Alias").items()
        if logical.startswith("SearchShardsAlias")
    )
    assert (made(api)["search_shards"]["FunctionName"], alias["Name"]) == (name, "live")


@pytest.mark.parametrize("context", [{}, {"snapshots": False, "webp": True}], ids=str)
def test_files_take_as_much_as_the_memory_where_lambda_lets_them(
    templates_of: Callable[..., Any], context: dict[str, Any]
) -> None:
    api = templates_of(**context)["Api"]
    for module, found in made(api).items():
        least = {Storage.LITTLE: 512, Storage.MOST: 10_240}.get(
            next(needs(each).storage for each in functions() if each.module == module)
        )
        # Lambda refuses a snapshot of a function with more.
        files = 512 if "SnapStart" in found else least or found["MemorySize"]
        assert found.get("EphemeralStorage", {"Size": 512}) == {"Size": files}, module
