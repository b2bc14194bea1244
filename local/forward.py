"""Passes requests on to the server that `AWS_ENDPOINT_URL_<SERVICE>` names in moto's place.

So that one endpoint serves a whole application also when its tables or objects live elsewhere.
"""

import os
import re
from collections.abc import Mapping

import urllib3
from werkzeug import Response

from local.listener import Environ

PREFIX = "AWS_ENDPOINT_URL_"
SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([\w-]+)/aws4_request")
HOP = {"connection", "keep-alive", "transfer-encoding", "expect"}
TIMEOUT = urllib3.Timeout(connect=2, read=60)


class Forward:
    """The servers that stand in moto's place, by the service that a signature is for."""

    def __init__(self) -> None:
        self._endpoints = {
            name.removeprefix(PREFIX).replace("_", "").lower(): url.rstrip("/")
            for name, url in os.environ.items()
            if name.startswith(PREFIX)
        }
        self._pool = urllib3.PoolManager(maxsize=16, retries=False, timeout=TIMEOUT)

    def endpoint(self, environ: Environ) -> str | None:
        """Where a request goes, None for moto; an unsigned request is moto's."""
        query = environ.get("QUERY_STRING", "").replace("%2F", "/")
        found = SCOPE.search(environ.get("HTTP_AUTHORIZATION", "")) or SCOPE.search(query)
        return self._endpoints.get(found[1].lower()) if found else None

    def send(self, endpoint: str, environ: Environ, headers: Mapping[str, str]) -> Response:
        """The other server's answer; the host stays, since it is part of what was signed.

        Raises:
            urllib3.exceptions.HTTPError: it cannot be reached.
        """
        answer = self._pool.request(
            environ["REQUEST_METHOD"],
            endpoint + environ["RAW_URI"],
            body=environ["wsgi.input"].read(),
            headers={
                name: value
                for name, value in headers.items()
                if name not in HOP and name != "content-length"  # the client counts for itself
            },
            redirect=False,
            decode_content=False,
        )
        kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in HOP]
        return Response([answer.data], answer.status, kept)  # a HEAD keeps its length
