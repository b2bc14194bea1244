"""A deployment's choices are checked before anything is made of them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra import config
from infra.config import CONTEXT, Config
from infra.functions import ROOT


def read(**context: Any) -> Config:
    return config.read(context.get)


def test_cdk_json_has_every_choice_and_the_defaults() -> None:
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    assert {name for name in context if not name.startswith("@aws-cdk")} == {*CONTEXT}
    assert config.read(context.get) == Config()


def test_the_command_line_gives_strings() -> None:
    assert read(
        vpc="true",
        log_retention_days="30",
        reserved_concurrency='{"on-upload": 10}',
        image_buckets='["photos"]',
        stage="prod",
    ) == Config(
        vpc=True,
        log_retention_days=30,
        reserved_concurrency={"on-upload": 10},
        image_buckets=("photos",),
        stage="prod",
    )


@pytest.mark.parametrize("name", ["snapshot", "memry_profile", "memory-profile", "Stage", ""])
def test_a_misspelt_name_is_refused_and_the_others_are_told(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: no such context\. There are stage, .*webp"):
        config.refuse_unknown([*CONTEXT, name])


def test_names_of_the_cdk_pass() -> None:
    config.refuse_unknown(
        [
            "@aws-cdk/core:checkSecretUsage",
            "aws:cdk:enable-path-metadata",
            "aws-cdk:enableDiffNoFail",
            "cdk-migrate",
            "availability-zones:account=1:region=us-east-1",
            "acknowledged-issue-numbers",
        ]
    )


def test_the_app_refuses_a_misspelt_name(app_of: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="snapshot: no such context"):
        app_of(snapshot=False)


def test_numbers_may_come_as_floats() -> None:
    assert read(log_retention_days=30.0).log_retention_days == 30


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stage", "Prod"),
        ("stage", "a" * 17),
        ("stage", "prod-eu"),  # what may be done to the stage `prod` could be done to it
        ("memory_profile", "huge"),
        ("domain", "vision.example.com"),  # without a certificate
        ("waf", True),
        ("vpc", "maybe"),
        ("vpc", 1),
        ("log_retention_days", 42),
        ("log_retention_days", "soon"),
        ("log_retention_days", True),
        ("reserved_concurrency", "10"),
        ("reserved_concurrency", '{"on-upload": "many"}'),
        ("reserved_concurrency", {"on-upload": -1}),
        ("reserved_concurrency", {"on-upload": 0}),  # its messages would become dead letters
        ("reserved_concurrency", {"on-upload": 1}),
        ("provisioned_concurrency", -1),
        ("image_buckets", "photos"),
        ("image_buckets", [1]),
        ("image_buckets", ["*"]),
        ("image_buckets", ["a b"]),
        ("image_buckets", ["arn:aws:s3:::photos"]),
    ],
)
def test_a_wrong_value_is_told_with_its_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        read(**{name: value})
