"""The CDK app: `cdk synth`, or `python -m infra.app` for the templates alone; asks no account."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import App, Tags

from infra import config
from infra.api import ApiStack
from infra.functions import ROOT
from infra.nag import hold_to_rules
from infra.state import StateStack


def build(context: Mapping[str, Any] | None = None) -> App:
    """The app with the context of `cdk.json`, changed by `context` and by what `cdk` was told.

    Raises:
        ValueError: the context asks for what there is not.
    """
    defaults = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(context={**defaults, **(context or {})})
    config.refuse_unknown(app.node.get_all_context())
    chosen = config.read(app.node.try_get_context)
    name = f"Sightline-{chosen.stage}"
    state = StateStack(app, f"{name}-State", config=chosen)
    ApiStack(app, f"{name}-Api", config=chosen, state=state)
    Tags.of(app).add("sightline:stage", chosen.stage)
    hold_to_rules(app)
    return app


if __name__ == "__main__":
    build().synth()
