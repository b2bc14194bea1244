"""Who may call what: access keys are the service's own, with the operations that each allows."""

import re
import secrets
import string
import time
from dataclasses import replace

from sightline.errors import AccessDeniedException, ResourceNotFoundException
from sightline.settings import settings
from sightline.store import keys
from sightline.store.keys import AccessKey

REMEMBERED = 10.0  # seconds that a key is used without a new look: a disabled key works that long
KEY_ID = re.compile(r"[\w.\-]{1,128}", re.ASCII)  # a shape Secrets Manager takes as part of a name
_remembered: dict[str, tuple[float, AccessKey]] = {}


def secret_of(key_id: str) -> str | None:
    """The secret of an active access key, None when there is no such key."""
    key = _key(key_id)
    return key.secret if key is not None and key.active else None


def authorize(key_id: str, operation: str) -> None:
    """Lets a proven key call an operation.

    Raises:
        AccessDeniedException: the key does not allow the operation.
    """
    key = _key(key_id)
    if key is None or not any(covers(allowed, operation) for allowed in key.allowed):
        raise AccessDeniedException(
            f"User: arn:aws:iam::{settings().account}:user/{key_id} is not authorized to perform: "
            f"rekognition:{operation} on resource: {settings().arn('*')}"
        )


def covers(allowed: str, operation: str) -> bool:
    """Whether an entry of a key's `allowed` names an operation; `*` stands for any part of it."""
    pattern = ".*".join(re.escape(part) for part in allowed.split("*"))
    return re.fullmatch(pattern, operation) is not None


def create(allowed: tuple[str, ...]) -> AccessKey:
    """Makes and stores a new key, in the shape of AWS's own ids and secrets."""
    letters = string.ascii_uppercase + "234567"
    key = AccessKey(
        id="AKIA" + "".join(secrets.choice(letters) for _ in range(16)),
        secret=secrets.token_urlsafe(30),  # 40 characters
        allowed=allowed,
    )
    keys.put(key)
    return key


def disable(key_id: str) -> None:
    """Makes a key useless; it stays listed.

    Raises:
        ResourceNotFoundException: there is no such key.
    """
    key = keys.get(key_id) if KEY_ID.fullmatch(key_id) else None
    if key is None:
        raise ResourceNotFoundException(f"The access key {key_id} does not exist")
    keys.put(replace(key, active=False))
    _remembered.pop(key_id, None)


def forget_keys() -> None:
    """Drops what this process remembers, for one that changes where its state lives."""
    _remembered.clear()


def _key(key_id: str) -> AccessKey | None:
    looked, key = _remembered.get(key_id, (0.0, None))
    if key is None or time.monotonic() - looked > REMEMBERED:
        key = keys.get(key_id) if KEY_ID.fullmatch(key_id) else None
        if key is not None:
            _remembered[key_id] = (time.monotonic(), key)
    return key
