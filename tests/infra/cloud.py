"""CloudFront, the edge function in Node, and API Gateway, as far as they change a request.

What they do to headers is after the "Request and response behavior" of CloudFront's guide and the
"Important notes" of API Gateway's.
"""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from infra.edge import edge_code
from local.frontdoor import handler_of

LAMBDA_LIMIT = 6 * 2**20  # bytes of a synchronous call's payload
HEADER_LIMIT = 10_240  # bytes of headers that API Gateway takes
STAGE = "dev"
API = "abcdef1234.execute-api.us-east-1.amazonaws.com"
RUNTIME = Path(__file__).with_name("edge.mjs")
# "Restrictions on all edge functions": a function that adds one of these answers 502.
NOT_FOR_FUNCTIONS = (
    "connection",
    "expect",
    "x-accel-",
    "x-amz-cf-",
    "x-amzn-",
    "x-cache",
    "x-edge-",
)

Pairs = Iterable[tuple[str, str]]


class Answer(NamedTuple):
    """What the client gets."""

    status: int
    headers: dict[str, str]
    body: bytes


class Cloud:
    """The way of a request from the viewer to a handler.

    Args:
        node: path of Node.
        hosts: as the stage lists them.

    Attributes:
        viewed: the requests that reached the edge function.
    """

    def __init__(self, node: str, *hosts: str) -> None:
        self.hosts = list(hosts)
        self.viewed: list[dict[str, Any]] = []
        self._lock = Lock()
        self._runtime = subprocess.Popen(
            [node, str(RUNTIME)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._write({"code": edge_code()})

    def close(self) -> None:
        self._runtime.communicate()

    def answer(self, method: str, url: str, headers: Pairs, body: bytes) -> Answer:
        """A viewer's request from beginning to end."""
        routed = self.route(viewer_request(method, url, headers))
        if "statusCode" in routed:
            names = {name: each["value"] for name, each in routed["headers"].items()}
            return Answer(routed["statusCode"], names, routed["body"]["data"].encode())
        return self.invoke(proxy_event(routed, body, self.hosts))

    def route(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """What the edge function makes of a viewer's request: a request, or an answer."""
        with self._lock:
            self._write(event)
            assert self._runtime.stdout is not None
            given: dict[str, Any] = json.loads(self._runtime.stdout.readline())
        self.viewed.append(event["request"])
        before = event["request"]["headers"]
        for name in given["headers"].keys() - ({} if "statusCode" in given else before).keys():
            assert not name.startswith(NOT_FOR_FUNCTIONS), name
        return given

    def invoke(self, event: Mapping[str, Any]) -> Answer:
        """What the function behind a path answers to a proxy event, which came as JSON."""
        payload = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        assert len(payload.encode()) <= LAMBDA_LIMIT
        given = handler_of(event["path"].removeprefix("/"))(json.loads(payload), None)
        return Answer(given["statusCode"], given["headers"], given["body"].encode())

    def _write(self, message: Mapping[str, Any]) -> None:
        assert self._runtime.stdin is not None
        self._runtime.stdin.write(json.dumps(message) + "\n")
        self._runtime.stdin.flush()


def viewer_request(method: str, url: str, headers: Pairs) -> dict[str, Any]:
    """The event of a CloudFront function: names in lower case, no body."""
    parts = urlsplit(url)
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(value)
    return {
        "version": "1.0",
        "context": {"eventType": "viewer-request", "distributionDomainName": "d1.cloudfront.net"},
        "viewer": {"ip": "198.51.100.7"},
        "request": {
            "method": method,
            "uri": parts.path,
            "querystring": {name: {"value": value} for name, value in parse_qsl(parts.query, True)},
            "headers": {
                name: {"value": many[-1]}
                | ({"multiValue": [{"value": each} for each in many]} if many[1:] else {})
                for name, many in values.items()
            },
            "cookies": {},
        },
    }


def proxy_event(request: Mapping[str, Any], body: bytes, hosts: Iterable[str]) -> dict[str, Any]:
    """What API Gateway calls a function with for a request that left the edge."""
    headers = {
        name: [each["value"] for each in value.get("multiValue", [value])]
        for name, value in request["headers"].items()
    }
    headers |= {
        "host": [API],
        "via": ["1.1 0123456789abcdef.cloudfront.net (CloudFront)"],
        "x-amz-cf-id": ["u1CeFvGbhGsDUm8SAUtSCBnH8VuBLlNwz7RqyfHqUeHVbqkOjTNp_w=="],
        "x-amzn-trace-id": ["Root=1-65a1b2c3-0123456789abcdef01234567"],
        "x-forwarded-for": ["198.51.100.7, 203.0.113.178"],
        "x-forwarded-port": ["443"],
        "x-forwarded-proto": ["https"],
    }
    # "The Authorization header is dropped if it contains a Signature Version 4 signature."
    if headers.get("authorization", [""])[0].startswith("AWS4-HMAC-SHA256"):
        del headers["authorization"]
    for name in ("connection", "content-length", "expect", "te", "transfer-encoding"):
        headers.pop(name, None)
    spelt = {name.title() if "amz" not in name else name: each for name, each in headers.items()}
    query = {name: each["value"] for name, each in request["querystring"].items()}
    return {
        "resource": request["uri"],
        "path": request["uri"],
        "httpMethod": request["method"],
        "headers": {name: values[-1] for name, values in spelt.items()},
        "multiValueHeaders": spelt,
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {name: [each] for name, each in query.items()} or None,
        "pathParameters": None,
        "stageVariables": {"hosts": ",".join(hosts)},
        "requestContext": {
            "resourceId": "a1b2c3",
            "resourcePath": request["uri"],
            "httpMethod": request["method"],
            "path": f"/{STAGE}{request['uri']}",
            "protocol": "HTTP/1.1",
            "stage": STAGE,
            "requestId": "7d6f1d0e-7b8a-4c3e-9d1c-0f6d5b1a2c3d",
            "identity": {"sourceIp": "203.0.113.178", "userAgent": "Amazon CloudFront"},
            "domainName": API,
            "apiId": API.partition(".")[0],
        },
        "body": body.decode() or None,
        "isBase64Encoded": False,
    }


@contextmanager
def serving(cloud: Cloud) -> Iterator[str]:
    """Listens for the cloud; gives the endpoint, whose host the stage then lists."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            status, headers, content = cloud.answer("POST", self.path, self.headers.items(), body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host = f"127.0.0.1:{server.server_address[1]}"
    cloud.hosts.append(host)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://{host}"
    finally:
        server.shutdown()
        server.server_close()
        cloud.hosts.remove(host)
