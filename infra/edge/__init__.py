"""The edge function: `route.js`, and what it is told of the service. Imports no CDK."""

import json
from pathlib import Path

from infra.openapi import families_of_operations
from sightline.wire.model import service_model

ROUTE = Path(__file__).with_name("route.js")
# Lambda takes 6 MiB in a synchronous call (its quotas), and that is the whole proxy event: the body
# with its quotes escaped, the headers twice, the request's context. What is left for the body
# carries 4.6 MB of image in base64.
BODY_LIMIT = 6_200_000


def edge_code() -> str:
    """The function's code, with the constant that it reads."""
    model, built = service_model(), families_of_operations()
    service = {
        "prefix": f"{model.metadata['targetPrefix']}.",
        "limit": BODY_LIMIT,
        "operations": {name: int(name in built) for name in sorted(model.operation_names)},
    }
    return f"const SERVICE = {json.dumps(service, separators=(',', ':'))};\n{ROUTE.read_text()}"
