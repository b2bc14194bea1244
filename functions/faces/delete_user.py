"""DeleteUser: a user goes, its faces stay."""

from typing import Any

from sightline.domain import users
from sightline.wire.operation import operation


@operation("DeleteUser")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    call = users.call("DeleteUser", request)
    users.delete(request["CollectionId"], request["UserId"], call)
    return {}
