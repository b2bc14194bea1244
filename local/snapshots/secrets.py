"""Secrets Manager's secrets in a snapshot: Sightline's access keys, and the user's own.

Replicas in other regions are not kept.
"""

import json
from collections.abc import Iterator
from typing import Any

from moto.secretsmanager.models import FakeSecret, SecretsStore, secretsmanager_backends

from local.snapshots import plain
from local.snapshots.folder import Folder


class Secrets:
    """Writes secrets into snapshots, all of them each time: they are few and small."""

    def view(self) -> list[Any]:
        """All secrets as they are, encoded; call it while no request runs."""
        return [
            [account, region, [_encoded(each) for each in _originals(backend.secrets)]]
            for account, regions in secretsmanager_backends.items()
            for region, backend in regions.items()
            if backend.secrets
        ]

    def write(self, secrets: list[Any], folder: Folder) -> tuple[str, set[str], None]:
        """Write them; return the manifest's part, the blobs it names, and nothing to keep."""
        blob = folder.put(json.dumps(secrets).encode())
        return blob, {blob}, None

    def keep(self, _: None) -> None:
        """Nothing need be remembered."""

    def load(self, blob: str, folder: Folder) -> set[str]:
        """Put the secrets into moto; return the names of the blobs it read."""
        for account, region, secrets in json.loads(folder.read(blob)):
            for encoded in secrets:
                attributes = plain.decode(encoded)
                secret = FakeSecret(account, region, attributes["secret_id"], {}, "")
                vars(secret).update(attributes)
                secretsmanager_backends[account][region].secrets[secret.secret_id] = secret
        return {blob}


def _originals(secrets: SecretsStore) -> Iterator[FakeSecret]:
    return (each for each in dict.values(secrets) if isinstance(each, FakeSecret))


def _encoded(secret: FakeSecret) -> Any:
    return plain.encode({name: each for name, each in vars(secret).items() if name != "replicas"})
