"""The boto3 clients of this process: one per service, made at first use, shared by all threads.

Each honours `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>`, so that any compatible server
can stand behind it.
"""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from sightline.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

# Together under the 29 seconds that API Gateway waits for an answer.
CONFIG = Config(
    connect_timeout=2, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 3}
)
_making = Lock()  # making a client is not safe between threads; using one is

# What goes to the table is made in one module and in thousands of attributes, and its readers
# are more than the ten connections that botocore keeps.
TABLE = CONFIG.merge(Config(parameter_validation=False, max_pool_connections=32))

# A function that starts cold answers late, and once more would be too late.
FUNCTIONS = CONFIG.merge(Config(read_timeout=25, retries={"total_max_attempts": 1}))
CONFIGS = {"dynamodb": TABLE, "lambda": FUNCTIONS}


@cache
def _client(service: Any) -> Any:
    config = CONFIGS.get(service, CONFIG)
    return boto3.client(service, region_name=settings().region, config=config)


def _shared(service: str) -> Any:
    with _making:
        return _client(service)


def dynamodb() -> "DynamoDBClient":
    """The table's client."""
    client: DynamoDBClient = _shared("dynamodb")
    return client


def s3() -> "S3Client":
    """The client for callers' images and our own objects."""
    client: S3Client = _shared("s3")
    return client


def secrets() -> "SecretsManagerClient":
    """The client for access keys."""
    client: SecretsManagerClient = _shared("secretsmanager")
    return client


def sqs() -> "SQSClient":
    """The client for queues."""
    client: SQSClient = _shared("sqs")
    return client


def sns() -> "SNSClient":
    """The client for topics."""
    client: SNSClient = _shared("sns")
    return client


def functions() -> "LambdaClient":
    """The client for functions that work for others."""
    client: LambdaClient = _shared("lambda")
    return client


def forget_clients() -> None:
    """Drops all clients, for a process that changes where its state lives (tests, `serve`)."""
    _client.cache_clear()
