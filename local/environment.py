"""What the deployment would have told the functions, told to this process instead."""

import os
from pathlib import Path
from typing import Any

from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server import werkzeug_app

from local import dynamodb, notifications

MODELS = Path(__file__).resolve().parent.parent / "layers" / "models"
KEY = "test"  # id and secret of the access key that the local service starts with
DEFAULT_REGION = "us-east-1"


def prepare() -> None:
    """Set the service's environment, and put moto where AWS would be.

    A service that `AWS_ENDPOINT_URL_<SERVICE>` names is called there. What would lead the
    functions' own calls elsewhere (a general endpoint, which is most likely this very process, or
    the operator's profile) is dropped.
    """
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    os.environ |= {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "SIGHTLINE_ACCOUNT": DEFAULT_ACCOUNT_ID,
        "SIGHTLINE_TABLE": "sightline",
        "SIGHTLINE_BUCKET": "sightline-state",
        "SIGHTLINE_KEYS": "sightline/keys",
        "SIGHTLINE_MODELS": os.environ.get("SIGHTLINE_MODELS", str(MODELS)),
    }
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.setdefault(name, KEY)
    dynamodb.install()
    notifications.install()
    # Only what a bucket's own CORS settings allow, as on AWS: else any web page could read photos.
    werkzeug_app.DISABLE_GLOBAL_CORS = True  # type: ignore[attr-defined]
    # moto has a Rekognition of its own, of four canned answers
    config: Any = {
        "core": {
            "mock_credentials": False,
            "reset_boto3_session": False,
            "passthrough": {"services": ["rekognition"], "urls": []},
        }
    }
    mock_aws(config=config).start(reset=False)
