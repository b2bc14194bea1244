"""Asking for compaction: a message to its worker, which may as well be lost or come twice, for a
schedule looks at every collection anyway.
"""

from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError

from sightline.errors import ProvisionedThroughputExceededException
from sightline.settings import compaction_queue
from sightline.store import queues


def ask(collection_id: str, uid: str, *, rebuild: bool = False) -> None:
    """Asks for the compaction of a collection, which must not hold up what a caller waits for.

    Args:
        collection_id: its id.
        uid: its own; a later one of that id is not meant.
        rebuild: whether a search found a damaged shard.
    """
    body = {"collection_id": collection_id, "uid": uid, "rebuild": rebuild}
    with suppress(BotoCoreError, ClientError, ProvisionedThroughputExceededException):
        queues.send(compaction_queue(), [body])
