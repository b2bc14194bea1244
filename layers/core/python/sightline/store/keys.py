"""Access keys in Secrets Manager: one secret per key, named after its id, encrypted at rest."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from sightline.settings import settings
from sightline.store import aws


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A caller's key. `allowed` holds operation names; `*` stands for any part of one."""

    id: str
    secret: str
    allowed: tuple[str, ...]
    active: bool = True

    def __repr__(self) -> str:
        return f"AccessKey(id={self.id!r})"  # a secret has no business in a log


def put(key: AccessKey) -> None:
    """Writes a key, new or changed."""
    name, document = _name(key.id), json.dumps(asdict(key))
    client = aws.secrets()
    try:
        client.create_secret(Name=name, SecretString=document)
    except client.exceptions.ResourceExistsException:
        client.put_secret_value(SecretId=name, SecretString=document)


def get(key_id: str) -> AccessKey | None:
    """The key with that id, None when there is none."""
    client = aws.secrets()
    try:
        found = client.get_secret_value(SecretId=_name(key_id))
    except (
        client.exceptions.ResourceNotFoundException,
        client.exceptions.InvalidRequestException,  # marked for deletion
    ):
        return None
    return _parse(found["SecretString"])


def all_keys() -> Iterator[AccessKey]:
    """Every key, active or not."""
    client = aws.secrets()
    pages = client.get_paginator("list_secrets").paginate(
        Filters=[{"Key": "name", "Values": [_name("")]}]
    )
    for page in pages:
        for entry in page["SecretList"]:
            yield _parse(client.get_secret_value(SecretId=entry["Name"])["SecretString"])


def _name(key_id: str) -> str:
    return f"{settings().keys_prefix}/{key_id}"


def _parse(document: str) -> AccessKey:
    fields = json.loads(document)
    return AccessKey(**{**fields, "allowed": tuple(fields["allowed"])})
