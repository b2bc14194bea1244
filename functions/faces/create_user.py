"""CreateUser: a user without faces."""

from typing import Any

from sightline.domain import users
from sightline.wire.operation import operation


@operation("CreateUser")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    call = users.call("CreateUser", request)
    users.create(request["CollectionId"], request["UserId"], call)
    return {}
