"""What each function needs and no more: rights, layers, size, time. Data, as `infra.models` is.

Imports no CDK, so that tests and guards can read it. A function without an entry in `NEEDS` fails
the synthesis: whoever adds a handler says here what it may do.
"""

from dataclasses import dataclass, replace
from enum import Enum

from infra.functions import Function, Kind


class Target(Enum):
    """The resources that functions use, for `infra.grants` to give the ARNs of."""

    KEYS = "secrets of access keys"
    TABLE = "the table"
    IMAGES = "the buckets of callers' images"
    OBJECTS = "the objects in them"
    REVIEWS = "the queue of reviews"
    UPLOADS = "the queue of S3's events"
    UPLOADS_DEAD = "the dead letters of the queue of S3's events"
    RESULTS = "the topic of results"


Statement = tuple[Target, tuple[str, ...]]  # actions on a resource

DECRYPT, ENCRYPT = ("kms:Decrypt",), ("kms:Decrypt", "kms:GenerateDataKey")
# DynamoDB uses the key in its caller's name; these are what CDK's own grants give, without stars.
DECRYPT_TABLE = ("kms:Decrypt", "kms:DescribeKey")
ENCRYPT_TABLE = (
    *DECRYPT_TABLE,
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


class Grant(Enum):
    """A right of a function: actions on our own resources, and on the key that encrypts these.

    Access keys are encrypted with Secrets Manager's own key, which needs no right.
    """

    KEYS = ((Target.KEYS, ("secretsmanager:GetSecretValue",)),), ()
    TABLE_READ = ((Target.TABLE, ("dynamodb:BatchGetItem", "dynamodb:Query")),), DECRYPT_TABLE
    TABLE_WRITE = (
        (
            (
                Target.TABLE,
                (  # TransactWriteItems asks for these one by one
                    "dynamodb:BatchWriteItem",
                    "dynamodb:ConditionCheckItem",
                    "dynamodb:DeleteItem",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                ),
            ),
        ),
        ENCRYPT_TABLE,
    )
    IMAGES = ((Target.OBJECTS, ("s3:GetObject", "s3:GetObjectVersion")),), DECRYPT
    RESULTS_WRITE = (
        (
            (Target.OBJECTS, ("s3:DeleteObject", "s3:PutObject")),
            (Target.IMAGES, ("s3:ListBucket",)),  # without it S3 hides what is gone behind 403
        ),
        ENCRYPT,
    )
    REVIEWS_SEND = ((Target.REVIEWS, ("sqs:SendMessage",)),), ENCRYPT
    UPLOADS_CONSUME = (
        (
            (
                Target.UPLOADS,
                ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
            ),
        ),
        DECRYPT,
    )
    UPLOADS_BURY = ((Target.UPLOADS_DEAD, ("sqs:SendMessage",)),), ENCRYPT
    RESULTS_PUBLISH = ((Target.RESULTS, ("sns:Publish",)),), ENCRYPT

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Actions by the resource that they are on."""
        statements: tuple[Statement, ...] = self.value[0]
        return statements

    @property
    def on_key(self) -> tuple[str, ...]:
        """Actions on the KMS key."""
        actions: tuple[str, ...] = self.value[1]
        return actions


class Size(Enum):
    """How much a function does; what that is in memory, a profile says."""

    TABLE = "reads and writes items"
    SEARCH = "holds vectors of collections, half of its memory"
    MODELS = "runs models on a photo"
    EVERYTHING = "runs all models on a photo, or on ten one after the other"


# MiB by profile. Lambda gives a whole vCPU at 1,769 MiB, and new accounts have at most 3,008.
PROFILES = {
    "economy": {Size.TABLE: 256, Size.SEARCH: 512, Size.MODELS: 1024, Size.EVERYTHING: 1769},
    "standard": {Size.TABLE: 256, Size.SEARCH: 1024, Size.MODELS: 1769, Size.EVERYTHING: 3008},
    "fast": {Size.TABLE: 512, Size.SEARCH: 1769, Size.MODELS: 3538, Size.EVERYTHING: 5307},
}

INFERENCE = "inference"
FACES, SCENES, TEXT = "models-faces", "models-scenes", "models-text"
ANSWER = 29  # seconds that API Gateway waits for an answer


@dataclass(frozen=True, slots=True)
class Needs:
    """Of one function.

    Attributes:
        layers: beside `base`, which every function has.
        timeout: seconds.
    """

    grants: tuple[Grant, ...] = ()
    layers: tuple[str, ...] = ()
    size: Size = Size.TABLE
    timeout: int = ANSWER


READ = (Grant.TABLE_READ,)
WRITE = (Grant.TABLE_READ, Grant.TABLE_WRITE)
REVIEW = (*WRITE, Grant.REVIEWS_SEND)  # a human loop is written and sent

_reads = Needs(READ)
_writes = Needs(WRITE)
_searches = Needs(READ, (INFERENCE,), Size.SEARCH)
_sees = Needs((Grant.IMAGES,), (INFERENCE, FACES), Size.MODELS)
_sees_all = Needs((Grant.IMAGES, *REVIEW), (INFERENCE, FACES, SCENES, TEXT), Size.EVERYTHING)

NEEDS: dict[str, Needs] = {  # by module
    "associate_faces": _writes,
    "create_collection": _writes,
    "create_user": _writes,
    "delete_collection": _writes,
    "delete_faces": _writes,
    "delete_user": _writes,
    "describe_collection": _reads,
    "disassociate_faces": _writes,
    "index_faces": replace(_sees, grants=(Grant.IMAGES, *WRITE)),
    "list_collections": _reads,
    "list_faces": _reads,
    "list_users": _reads,
    "search_faces": _searches,
    "search_faces_by_image": replace(_sees, grants=(Grant.IMAGES, *READ)),
    "search_users": _searches,
    "search_users_by_image": replace(_sees, grants=(Grant.IMAGES, *READ)),
    "compare_faces": _sees,
    "detect_faces": _sees,
    "detect_labels": replace(_sees_all, grants=(Grant.IMAGES,)),
    "detect_moderation_labels": replace(
        _sees, grants=(Grant.IMAGES, *REVIEW), layers=(INFERENCE, SCENES)
    ),
    "detect_protective_equipment": replace(_sees, layers=(INFERENCE, FACES, SCENES)),
    "detect_text": replace(_sees, layers=(INFERENCE, TEXT)),
    "get_celebrity_info": _reads,
    "recognize_celebrities": replace(_sees, grants=(Grant.IMAGES, *READ)),
    "list_tags_for_resource": _reads,
    "tag_resource": _writes,
    "untag_resource": _writes,
    "analyze": _sees_all,
    "find_photos": _reads,
    "on_upload": replace(
        _sees_all,
        grants=(
            Grant.IMAGES,
            Grant.RESULTS_WRITE,
            *REVIEW,
            Grant.UPLOADS_CONSUME,
            Grant.UPLOADS_BURY,
            Grant.RESULTS_PUBLISH,
        ),
        timeout=120,  # ten photos by all operations
    ),
    "sweep": Needs(WRITE, timeout=120),
}


def needs(function: Function) -> Needs:
    """What a function needs; whoever is called over HTTP also looks up access keys.

    Raises:
        ValueError: nobody has said what it needs.
    """
    found = NEEDS.get(function.module)
    if found is None:
        raise ValueError(f"{function.file}: infra/needs.py, NEEDS, does not say what it needs.")
    if function.kind is Kind.WORKER:
        return found
    return replace(found, grants=(Grant.KEYS, *found.grants))
