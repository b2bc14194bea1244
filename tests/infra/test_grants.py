"""Every function has a role of its own, with what its code calls and no more."""

from typing import Any

import pytest

from infra.functions import Function, Kind, functions
from infra.needs import needs
from infra.rights import VIDEO_STEPS, Grant
from tests.infra.conftest import of_type
from tests.infra.reach import reach
from tests.templates import Template

EVERY = [pytest.param(function, id=function.module) for function in functions()]
MODULES = {  # that call with a right, each of them alone
    Grant.KEYS: "sightline.store.keys",
    Grant.TABLE_READ: "sightline.store.table",
    Grant.REVIEWS_SEND: "sightline.store.reviews",
    Grant.RESULTS_WRITE: "sightline.store.uploads",
    Grant.RESULTS_PUBLISH: "sightline.store.messages",
    Grant.UPLOADS_BURY: "sightline.store.messages",
    Grant.COMPACTION_SEND: "sightline.store.asking",
}
IMAGE_MODULES = {f"sightline.store.{name}" for name in ("images", "objects", "uploads")}
STARS = {  # resources with a star by their ends, and what alone may be done with them
    ":secret:sightline/dev/keys/*": {"secretsmanager:GetSecretValue"},
    "Photos/*": {
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:PutObject",
    },
    "Data/jobs/*": {"s3:DeleteObject", "s3:GetObject", "s3:PutObject"},
    "Data/collections/*": {
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:PutObject",
    },
    ":AmazonRekognition*": {"sns:Publish"},
    "*": {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
}
# What an import's name begins with, to tell which resource of the state it is of.
STATE = ("Key", "Table", "Photos", "Reviews", "UploadsDead", "Uploads", "Results", "Data")
QUEUES = ("Compaction", "Media", "VideoDead", *(f"Video{step.title()}" for step in VIDEO_STEPS))
UNUSED = {  # rights of modules that a function imports for something else
    ("media_failures", Grant.IMAGES),  # a job's next message, not its start
    ("sweep", Grant.IMAGES),
    ("media_steps", Grant.REVIEWS_SEND),  # a manifest's images are not sent to people
    ("create_user", Grant.COMPACTION_SEND),  # which has no vector yet
    ("list_faces", Grant.COMPACTION_SEND),
    ("list_users", Grant.COMPACTION_SEND),
    ("search_shards", Grant.TABLE_READ),  # the table's module has the waits between two attempts
}
BY_NAME = {  # and those of modules that are imported by name
    ("merge_video", Grant.COMPACTION_SEND),
}


def statements(api: Template, function: Function) -> list[dict[str, Any]]:
    """All that a function may do."""
    (policy,) = (
        each
        for name, each in of_type(api, "IAM::Policy").items()
        if name.startswith(f"{function.id}RoleDefaultPolicy")
    )
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def plain(resource: Any) -> str:
    """An ARN as text: an import by the resource's own name."""
    match resource:
        case {"Fn::Join": ["", [*parts]]}:
            return "".join(map(plain, parts))
        case {"Fn::ImportValue": str(name)}:
            logical = name.split("FnGetAtt")[-1].split("ExportsOutputRef")[-1]
            return next(each for each in (*STATE, *QUEUES) if logical.startswith(each))
        case {"Fn::GetAtt": [str(name), _]} | {"Ref": str(name)}:
            return name
    return str(resource)


def allowed(api: Template, function: Function) -> dict[str, set[str]]:
    """Actions by resource."""
    found: dict[str, set[str]] = {}
    for statement in statements(api, function):
        assert statement["Effect"] == "Allow"
        for resource in listed(statement["Resource"]):
            actions = found.setdefault(plain(resource), set())
            actions.update(listed(statement["Action"]))
    return found


def test_every_function_has_its_own_role(api: Template) -> None:
    roles = [each["Role"]["Fn::GetAtt"][0] for each in of_type(api, "Lambda::Function").values()]
    assert len(roles) == len(set(roles)) == len(functions())
    for role in roles:
        assert "ManagedPolicyArns" not in of_type(api, "IAM::Role")[role]
    shared = [each["Roles"] for each in of_type(api, "IAM::Policy").values()]
    assert all(len(each) == 1 for each in shared)


@pytest.mark.parametrize("function", EVERY)
def test_no_star_in_actions_and_none_in_resources_but_those(
    api: Template, function: Function
) -> None:
    for resource, actions in allowed(api, function).items():
        assert not any("*" in action for action in actions)
        if "*" in resource:
            (kind,) = (
                end for end in STARS if (resource.endswith(end) if end != "*" else resource == end)
            )
            assert actions <= STARS[kind]


@pytest.mark.parametrize("function", EVERY)
def test_rights_are_those_of_the_modules_that_its_code_can_get_to(function: Function) -> None:
    modules, grants = reach(function.handler).modules, needs(function).grants
    used = {grant for grant, module in MODULES.items() if module in modules}
    used |= {Grant.IMAGES} if IMAGE_MODULES & modules else set()
    used -= {grant for name, grant in UNUSED if name == function.module}
    used |= {grant for name, grant in BY_NAME if name == function.module}
    assert used == {*grants} & {*MODULES, Grant.IMAGES}
    assert (Grant.UPLOADS_CONSUME in grants) == (function.module == "on_upload")
    assert (Grant.KEYS in grants) == (function.kind is not Kind.WORKER)
    assert len(grants) == len(set(grants))


@pytest.mark.parametrize("function", EVERY)
def test_who_only_reads_cannot_write(api: Template, function: Function) -> None:
    reads = ("Get", "List", "Describe", "Search", "Find", "Compare", "Detect", "Recognize")
    on_table = allowed(api, function).get("Table", set())
    starts_loops = Grant.REVIEWS_SEND in needs(function).grants
    if function.operation is not None and function.operation.startswith(reads) and not starts_loops:
        assert on_table <= {"dynamodb:BatchGetItem", "dynamodb:Query"}
    assert ("dynamodb:PutItem" in on_table) == (Grant.TABLE_WRITE in needs(function).grants)


def test_what_one_function_may_do(api: Template) -> None:
    (search,) = (each for each in functions() if each.module == "search_faces_by_image")
    found = allowed(api, search)
    (logs,) = (name for name in found if name.startswith("SearchFacesByImageLogs"))
    (secrets,) = (name for name in found if name.endswith("secret:sightline/dev/keys/*"))
    (searching,) = (name for name in found if name.endswith(":sightline-dev-search-shards:live"))
    assert found == {
        logs: {"logs:CreateLogStream", "logs:PutLogEvents"},
        secrets: {"secretsmanager:GetSecretValue"},
        "Photos/*": {"s3:GetObject", "s3:GetObjectVersion"},
        "Table": {"dynamodb:BatchGetItem", "dynamodb:Query"},
        "Data/collections/*": {"s3:GetObject"},
        "Compaction": {"sqs:SendMessage"},
        searching: {"lambda:InvokeFunction"},
        "Key": {"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"},
        "*": {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
    }


def test_only_ones_own_objects_are_listed(api: Template) -> None:
    found: dict[str, set[str]] = {}
    for function in functions():
        for statement in statements(api, function):
            if plain(statement["Resource"]) == "Data":
                assert statement["Action"] == "s3:ListBucket"
                ((operator, keys),) = statement["Condition"].items()
                assert (operator, [*keys]) == ("StringLike", ["s3:prefix"])
                found.setdefault(function.module, set()).add(keys["s3:prefix"])
            else:
                assert "Condition" not in statement
    assert found == {
        "compact": {"collections/*"},
        "media_failures": {"jobs/*"},
        "media_steps": {"jobs/*"},
        "sweep": {"collections/*", "jobs/*"},
    }


def test_other_buckets_are_named(templates_of: Any) -> None:
    api = templates_of(image_buckets=["other-photos"])["Api"]
    for function in functions():
        found = {name for name in allowed(api, function) if "other-photos" in name}
        asked = Grant.IMAGES in needs(function).grants
        assert any(name.endswith("s3:::other-photos/*") for name in found) == asked
