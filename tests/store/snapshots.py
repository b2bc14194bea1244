"""Takes back all that happened to the table and the bucket: a scene is set once, and played often.

moto's items never change once they are stored (`local.dynamodb`), so references will do.
"""

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from local.dynamodb import Partition
from sightline.settings import settings
from sightline.store import aws


class Snapshot:
    """The table and the bucket as they are now."""

    def __init__(self) -> None:
        self._table = dynamodb_backends[DEFAULT_ACCOUNT_ID][settings().region].tables[
            settings().table
        ]
        self._items = {key: dict(partition) for key, partition in self._table.items.items()}
        self._objects = {
            key: aws.s3().get_object(Bucket=settings().bucket, Key=key)["Body"].read()
            for key in _tags()
        }
        self._tags = _tags()

    def restore(self) -> None:
        """They are so again."""
        self._table.items.clear()
        for key, items in self._items.items():
            partition = Partition()
            partition.update(items)
            self._table.items[key] = partition
        tags = _tags()
        for key in tags.keys() - self._tags.keys():
            aws.s3().delete_object(Bucket=settings().bucket, Key=key)
        for key, tag in self._tags.items():
            if tags.get(key) != tag:
                aws.s3().put_object(Bucket=settings().bucket, Key=key, Body=self._objects[key])


def _tags() -> dict[str, str]:
    """The ETag of each object."""
    found = aws.s3().list_objects_v2(Bucket=settings().bucket).get("Contents", [])
    return {each["Key"]: each["ETag"] for each in found}
