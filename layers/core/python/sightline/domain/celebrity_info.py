"""Who is in the operator's gallery of celebrities, for the operations that look at no photo."""

import string
from hashlib import sha256
from typing import Any
from unicodedata import normalize

from sightline.errors import ResourceNotFoundException
from sightline.store import celebrities
from sightline.store.celebrities import Celebrity
from sightline.store.collections import OWN

# A collection with a user for each person, of which no request and no listing knows.
GALLERY = f"{OWN}celebrities"

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
ID_LENGTH = 7  # as in the service's own, such as 3Ir0du6


def celebrity_id(name: str) -> str:
    """The id of the person of that name, the same wherever and whenever it is imported."""
    number = int.from_bytes(sha256(normalize("NFC", name).encode()).digest())
    characters = []
    for _ in range(ID_LENGTH):
        number, digit = divmod(number, len(DIGITS))
        characters.append(DIGITS[digit])
    return "".join(characters)


def card(celebrity: Celebrity) -> dict[str, Any]:
    """What every answer says of a celebrity, whatever the photo."""
    return {
        "Name": celebrity.name,
        "Urls": list(celebrity.urls),
        "KnownGender": {"Type": celebrity.gender},
    }


def get_celebrity_info(request: dict[str, Any]) -> dict[str, Any]:
    """The answer of GetCelebrityInfo.

    Raises:
        ResourceNotFoundException: there is no celebrity with that id.
    """
    found = celebrities.get([request["Id"]]).get(request["Id"])
    if found is None:
        raise ResourceNotFoundException(f"The celebrity id: {request['Id']} does not exist")
    return card(found)
