"""What the environment tells a function, read once; a missing name fails with that name."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Names of the resources that the deployment made, and where it put them."""

    region: str
    account: str
    table: str
    bucket: str
    keys_prefix: str  # Secrets Manager: one secret per access key, named "<prefix>/<access key id>"
    models: Path  # folder of the built ONNX files and their manifest

    def arn(self, resource: str) -> str:
        """The ARN of one of the service's own resources, such as `collection/people`."""
        return f"arn:aws:rekognition:{self.region}:{self.account}:{resource}"


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises:
        KeyError: naming the environment variable that is missing.
    """
    env = os.environ
    return Settings(
        region=env["AWS_REGION"],
        account=env["SIGHTLINE_ACCOUNT"],
        table=env["SIGHTLINE_TABLE"],
        bucket=env["SIGHTLINE_BUCKET"],
        keys_prefix=env["SIGHTLINE_KEYS"],
        models=Path(env.get("SIGHTLINE_MODELS", "/opt/models")),
    )
