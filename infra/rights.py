"""The rights that functions may have: actions by the resource they are on, and on the key. Data.

Imports no CDK, so that tests and guards can read it.
"""

from enum import Enum


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
    VIDEO_PLAN = "the queue of videos to cut"
    VIDEO_FACES = "the queue of pieces to find faces in"
    VIDEO_LABELS = "the queue of pieces to find labels in"
    VIDEO_TEXT = "the queue of pieces to find text in"
    VIDEO_SEGMENTS = "the queue of pieces to measure every frame of"
    VIDEO_MERGE = "the queue of videos whose pieces are done"
    VIDEO_DEAD = "the dead letters of the queues of video jobs"
    MEDIA = "the queue of steps of jobs over manifests"
    MEDIA_DEAD = "the dead letters of that queue"
    COMPACTION = "the queue of collections whose log is to be moved into shards"
    SEARCH = "the function that searches shards for others"
    NOTES = "the list of jobs' objects in the bucket of our own"
    NOTE = "these objects"
    SHARDS = "the list of collections' shards in that bucket"
    SHARD = "these shards"
    TOPICS = "the topics that callers may name"


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


CONSUME = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
SEND, LOOK = ("sqs:SendMessage",), ("sqs:GetQueueAttributes",)
PIECES = (Target.VIDEO_FACES, Target.VIDEO_LABELS, Target.VIDEO_TEXT, Target.VIDEO_SEGMENTS)
VIDEO_STEPS = {  # queues by the step of a video job, or its worker
    "plan": Target.VIDEO_PLAN,
    "faces": Target.VIDEO_FACES,
    "labels": Target.VIDEO_LABELS,
    "text": Target.VIDEO_TEXT,
    "segments": Target.VIDEO_SEGMENTS,
    "merge": Target.VIDEO_MERGE,
}


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
    REVIEWS_SEND = ((Target.REVIEWS, SEND),), ENCRYPT
    UPLOADS_CONSUME = ((Target.UPLOADS, CONSUME),), DECRYPT
    UPLOADS_BURY = ((Target.UPLOADS_DEAD, SEND),), ENCRYPT
    RESULTS_PUBLISH = ((Target.RESULTS, ("sns:Publish",)),), ENCRYPT
    PLAN_SEND = ((Target.VIDEO_PLAN, SEND),), ENCRYPT
    PIECES_SEND = tuple((queue, SEND) for queue in PIECES), ENCRYPT
    MERGE_SEND = ((Target.VIDEO_MERGE, SEND),), ENCRYPT
    STEPS_LOOK = tuple((queue, LOOK) for queue in VIDEO_STEPS.values()), ()
    PLAN_CONSUME = ((Target.VIDEO_PLAN, CONSUME),), DECRYPT
    FACES_CONSUME = ((Target.VIDEO_FACES, CONSUME),), DECRYPT
    LABELS_CONSUME = ((Target.VIDEO_LABELS, CONSUME),), DECRYPT
    TEXT_CONSUME = ((Target.VIDEO_TEXT, CONSUME),), DECRYPT
    SEGMENTS_CONSUME = ((Target.VIDEO_SEGMENTS, CONSUME),), DECRYPT
    MERGE_CONSUME = ((Target.VIDEO_MERGE, CONSUME),), DECRYPT
    VIDEO_DEAD_CONSUME = ((Target.VIDEO_DEAD, CONSUME),), DECRYPT
    MEDIA_SEND = ((Target.MEDIA, SEND),), ENCRYPT
    MEDIA_LOOK = ((Target.MEDIA, LOOK),), ()
    MEDIA_CONSUME = ((Target.MEDIA, CONSUME),), DECRYPT
    MEDIA_DEAD_CONSUME = ((Target.MEDIA_DEAD, CONSUME),), DECRYPT
    NOTES_READ = ((Target.NOTE, ("s3:GetObject",)),), DECRYPT
    NOTES_WRITE = ((Target.NOTE, ("s3:PutObject",)),), ENCRYPT
    NOTES_DROP = (
        ((Target.NOTES, ("s3:ListBucket",)), (Target.NOTE, ("s3:DeleteObject",))),
        (),
    )
    SHARDS_READ = ((Target.SHARD, ("s3:GetObject",)),), DECRYPT
    SHARDS_WRITE = ((Target.SHARD, ("s3:AbortMultipartUpload", "s3:PutObject")),), ENCRYPT
    SHARDS_DROP = (
        ((Target.SHARDS, ("s3:ListBucket",)), (Target.SHARD, ("s3:DeleteObject",))),
        (),
    )
    COMPACTION_SEND = ((Target.COMPACTION, SEND),), ENCRYPT
    COMPACTION_CONSUME = ((Target.COMPACTION, CONSUME),), DECRYPT
    SEARCH_INVOKE = ((Target.SEARCH, ("lambda:InvokeFunction",)),), ()
    OUTPUT_WRITE = ((Target.OBJECTS, ("s3:AbortMultipartUpload", "s3:PutObject")),), ENCRYPT
    TOPICS_PUBLISH = ((Target.TOPICS, ("sns:Publish",)),), ENCRYPT

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

    @property
    def sends_to(self) -> tuple[Target, ...]:
        """The queues that it lets messages be sent to."""
        return tuple(target for target, actions in self.statements if actions == SEND)
