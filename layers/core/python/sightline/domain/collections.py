"""Collections as their operations know them: made, described, listed, deleted and tagged."""

import re

from sightline.domain.pages import Page, cut
from sightline.errors import (
    InvalidParameterException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ThrottlingException,
)
from sightline.settings import settings
from sightline.store import collections, table
from sightline.store.collections import Collection
from sightline.vision.face import FACE_MODEL_VERSION

TAGS = 50  # of one resource, in all of AWS

# `arn:` may be missing, for CreateCollection's answer has none.
ARN = re.compile(r"(?:arn:)?aws:rekognition:(?P<region>[^:]*):(?P<account>[^:]*):(?P<resource>.+)")


def arn(collection_id: str) -> str:
    """A collection's ARN."""
    return settings().arn(f"collection/{collection_id}")


def arn_on_create(collection_id: str) -> str:
    """The ARN as CreateCollection answers it: without `arn:`, as in all of AWS's own examples.

    Programs that put the missing prefix before it exist, so both being alike would break them;
    tagging takes either form.
    """
    return arn(collection_id).removeprefix("arn:")


def create(collection_id: str, tags: dict[str, str]) -> Collection:
    """Makes an empty collection with the current face model.

    Raises:
        ResourceAlreadyExistsException: there is one with that id.
        ServiceQuotaExceededException: too many tags.
    """
    _check_number(tags)
    return collections.create(collection_id, FACE_MODEL_VERSION, tags)


def need(collection_id: str) -> Collection:
    """A collection that must be there.

    Raises:
        ResourceNotFoundException: it is not.
    """
    return collections.need(collection_id)


def need_current(collection_id: str) -> Collection:
    """A collection that vectors of the current face model may meet.

    Raises:
        ResourceNotFoundException: there is none.
        InvalidParameterException: its own vectors are of another model.
    """
    collection = collections.need(collection_id)
    check_current(collection)
    return collection


def check_current(collection: Collection) -> None:
    """Refuses a collection of another face model: vectors of two cannot be compared.

    Raises:
        InvalidParameterException: it is one.
    """
    if collection.model != FACE_MODEL_VERSION:
        raise InvalidParameterException(
            f"The collection id: {collection.id} has face model version {collection.model}, and "
            f"this service has {FACE_MODEL_VERSION}. `sightline collections reembed` makes a "
            f"collection of version {FACE_MODEL_VERSION} from its images."
        )


def page(after: str | None, size: int) -> Page[tuple[str, str]]:
    """Ids and face model versions of collections, by ascending id."""
    return cut(collections.page(after, size + 1), size)


def delete(collection_id: str) -> None:
    """Deletes a collection with all that it holds.

    Raises:
        ResourceNotFoundException: there is none.
    """
    collections.delete(collection_id)


def tagged(resource_arn: str) -> Collection:
    """The collection with that ARN, in either form.

    Raises:
        InvalidParameterException: not an ARN of this service.
        ResourceNotFoundException: no such collection, or another kind of resource.
    """
    parts = ARN.fullmatch(resource_arn)
    if parts is None:
        raise InvalidParameterException
    kind, _, collection_id = parts["resource"].partition("/")
    home = (settings().region, settings().account)
    named = kind == "collection" and collection_id and not collection_id.startswith(collections.OWN)
    if named and (parts["region"], parts["account"]) == home:
        collection, _ = collections.read(collection_id)
        if collection is not None:
            return collection
    raise ResourceNotFoundException(f"The resource: {resource_arn} does not exist")


def tag(resource_arn: str, tags: dict[str, str]) -> None:
    """Adds tags, and gives those that are there new values.

    Raises:
        InvalidParameterException, ResourceNotFoundException: as `tagged`.
        ServiceQuotaExceededException: there would be too many.
    """
    _retag(resource_arn, add=tags, remove=[])


def untag(resource_arn: str, names: list[str]) -> None:
    """Takes tags away; a name that is not there does not matter.

    Raises:
        InvalidParameterException, ResourceNotFoundException: as `tagged`.
    """
    _retag(resource_arn, add={}, remove=names)


def _retag(resource_arn: str, add: dict[str, str], remove: list[str]) -> None:
    for _ in table.attempts():
        collection = tagged(resource_arn)
        tags = {name: value for name, value in collection.tags.items() if name not in remove} | add
        _check_number(tags)
        if tags == collection.tags or collections.retag(collection, tags):
            return
    raise ThrottlingException


def _check_number(tags: dict[str, str]) -> None:
    if len(tags) > TAGS:
        raise ServiceQuotaExceededException(f"A resource can have at most {TAGS} tags")
