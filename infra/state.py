"""What must outlive every deployment: faces, photos, messages on their way, and the key to them.

All of it is retained when the stack goes, and the queue goes on taking events of S3 while there is
no `ApiStack` to work on them. Logical ids are pinned by a test: one that changes would make a new,
empty resource.
"""

import re
from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import Config
from infra.events import UploadEvents
from infra.key import KEPT, service_key
from infra.nag import acknowledge
from infra.needs import LONG, NEEDS
from infra.rights import VIDEO_STEPS
from sightline.domain.video.kinds import WORKERS
from sightline.store.job_objects import PREFIX as NOTES
from sightline.store.shard_objects import PREFIX as SHARDS

DELIVERIES = 5  # of a message that fails, before it goes to the dead letters
LONGEST = Duration.days(14)  # SQS keeps a message no longer
OLD_VERSIONS = Duration.days(30)  # for whoever deletes what was not meant
UNFINISHED = Duration.days(7)
# Lambda's guide: six times the function's timeout, so that a batch is not given out twice.
UPLOADS_HIDDEN = Duration.seconds(6 * NEEDS["on_upload"].timeout)
# Of single messages: once the worker's time is up, another may try.
STEPS_HIDDEN = Duration.seconds(LONG + 60)
FAILURES_HIDDEN = Duration.seconds(NEEDS["fail_video"].timeout + 60)
# After seven days a job is failed at the latest, and seven days later its results go.
NOTES_KEPT = Duration.days(15)


class StateStack(Stack):
    """The resources with data in them.

    Attributes:
        keys_prefix: of the names of access keys' secrets, which the operator's command makes.
        alarms: topic of what the operator should know, here so that its subscribers stay.
        video: the queues of video jobs by step, as `sightline.settings.video_queue` names them.
    """

    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(
            scope,
            id,
            description=f"Sightline {config.stage}: state, retained",
            termination_protection=True,
        )
        self.config = config
        self.keys_prefix = f"sightline/{config.stage}/keys"
        self.key = service_key(self, config)
        self.table = self._table()
        self.access_logs = self._access_logs()
        self.data = self._bucket("Data")
        self.data.add_lifecycle_rule(
            prefix=NOTES,
            expiration=NOTES_KEPT,
            noncurrent_version_expiration=Duration.days(1),
        )
        # Whose face was deleted is in no shard any more once compaction has written it anew.
        self.data.add_lifecycle_rule(
            prefix=SHARDS,
            noncurrent_version_expiration=Duration.days(1),
            abort_incomplete_multipart_upload_after=Duration.days(1),
        )
        self.photos = self._bucket("Photos")
        self.uploads, self.uploads_dead = self._queue("Uploads", UPLOADS_HIDDEN)
        self.reviews, self.reviews_dead = self._queue("Reviews", Duration.minutes(5))
        self.video_dead = self._dead("Video", FAILURES_HIDDEN)
        self.video = {
            step: self._queue_to(self.video_dead, f"Video{step.title()}", STEPS_HIDDEN)
            for step in VIDEO_STEPS
        }
        self.media_dead = self._dead("Media", FAILURES_HIDDEN)
        self.media = self._queue_to(self.media_dead, "Media", STEPS_HIDDEN)
        self.compaction, self.compaction_dead = self._queue("Compaction", STEPS_HIDDEN)
        self.results = self._topic("Results")
        self.alarms = self._topic("Alarms")
        self._let_cloudwatch_publish()
        UploadEvents(
            self,
            "UploadEvents",
            buckets=self.image_buckets,
            queue=self.uploads,
            dead=self.uploads_dead,
        )
        self._keep_policies()
        self._outputs()
        self._exports()

    @property
    def queues(self) -> list[sqs.Queue]:
        """All of them, dead letters' among them."""
        pairs = self.uploads, self.uploads_dead, self.reviews, self.reviews_dead
        jobs = *self.video.values(), self.video_dead, self.media, self.media_dead
        return [*pairs, *jobs, self.compaction, self.compaction_dead]

    @property
    def sources(self) -> dict[str, sqs.Queue]:
        """The queues that start workers, by the worker's module."""
        return {
            "on_upload": self.uploads,
            "plan_video": self.video["plan"],
            "merge_video": self.video["merge"],
            **{f"analyse_{worker}": self.video[worker] for worker in WORKERS},
            "fail_video": self.video_dead,
            "media_steps": self.media,
            "media_failures": self.media_dead,
            "compact": self.compaction,
        }

    @property
    def image_buckets(self) -> list[str]:
        """Names of all buckets with callers' images."""
        return [self.photos.bucket_name, *self.config.image_buckets]

    def _table(self) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="PK", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="SK", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.key,
            deletion_protection=True,
            removal_policy=KEPT,
        )

    def _access_logs(self) -> s3.Bucket:
        logs = s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,  # S3 delivers its logs to no other
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(self.config.log_retention_days),
                    abort_incomplete_multipart_upload_after=UNFINISHED,
                )
            ],
            removal_policy=KEPT,
        )
        acknowledge(logs, {"AwsSolutions-S1": "Logs of access to this one would log themselves."})
        return logs

    def _bucket(self, id: str) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            id,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            server_access_logs_bucket=self.access_logs,
            server_access_logs_prefix=f"{id.lower()}/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    noncurrent_version_expiration=OLD_VERSIONS,
                    abort_incomplete_multipart_upload_after=UNFINISHED,
                    expired_object_delete_marker=True,
                )
            ],
            removal_policy=KEPT,
        )
        if id == "Photos":  # the property of the construct would bring a function along
            resource = bucket.node.default_child
            assert isinstance(resource, s3.CfnBucket)  # noqa: S101
            resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
                event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                    event_bridge_enabled=True
                )
            )
        return bucket

    def _queue(self, id: str, hidden: Duration) -> tuple[sqs.Queue, sqs.Queue]:
        """A queue and the one for its dead letters."""
        dead = self._dead(id, Duration.seconds(30))
        return self._queue_to(dead, id, hidden), dead

    def _dead(self, id: str, hidden: Duration) -> sqs.Queue:
        dead = sqs.Queue(self, f"{id}Dead", **self._letters(f"{id.lower()}-dead", hidden))
        acknowledge(dead, {"Serverless-SQSRedrivePolicy": "Here is where dead letters go."})
        return dead

    def _queue_to(self, dead: sqs.Queue, id: str, hidden: Duration) -> sqs.Queue:
        """A queue whose dead letters go there; `id` is its name in title case, as `VideoPlan`."""
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", id).lower()
        after = sqs.DeadLetterQueue(queue=dead, max_receive_count=DELIVERIES)
        return sqs.Queue(self, id, dead_letter_queue=after, **self._letters(name, hidden))

    def _letters(self, name: str, hidden: Duration) -> dict[str, Any]:
        return {
            "queue_name": self.config.name(name),
            "encryption": sqs.QueueEncryption.KMS,
            "encryption_master_key": self.key,
            "enforce_ssl": True,
            "retention_period": LONGEST,
            "visibility_timeout": hidden,
            "removal_policy": KEPT,
        }

    def _topic(self, id: str) -> sns.Topic:
        topic = sns.Topic(
            self,
            id,
            topic_name=self.config.name(id.lower()),
            master_key=self.key,
            enforce_ssl=True,
        )
        topic.apply_removal_policy(KEPT)
        return topic

    def _let_cloudwatch_publish(self) -> None:
        self.alarms.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.alarms.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )

    def _keep_policies(self) -> None:
        """What stays when the stack goes still takes nothing without TLS."""
        for each in self.node.find_all():
            if isinstance(each, s3.CfnBucketPolicy | sns.CfnTopicPolicy | sqs.CfnQueuePolicy):
                each.apply_removal_policy(KEPT)

    def _outputs(self) -> None:
        """What the operator's command needs to know."""
        values = {
            "TableName": self.table.table_name,
            "DataBucket": self.data.bucket_name,
            "PhotosBucket": self.photos.bucket_name,
            "KeysPrefix": self.keys_prefix,
            "UploadsQueue": self.uploads.queue_url,
            "UploadsDeadLetters": self.uploads_dead.queue_url,
            "ReviewsQueue": self.reviews.queue_url,
            "CompactionDeadLetters": self.compaction_dead.queue_url,
            "ResultsTopic": self.results.topic_arn,
            "AlarmsTopic": self.alarms.topic_arn,
        }
        for name, value in values.items():
            CfnOutput(self, name, value=value)

    def _exports(self) -> None:
        """All that a service may refer to, whether this one does or not.

        An export that only an earlier service needs could else not be taken away while that one
        stands, nor would it be there for going back to it.
        """
        values = [self.key.key_arn, self.table.table_arn, self.table.table_name]
        for bucket in (self.data, self.photos):
            values += [bucket.bucket_arn, bucket.bucket_name]
        for queue in self.queues:
            values += [queue.queue_arn, queue.queue_name, queue.queue_url]
        for value in (*values, self.results.topic_arn, self.alarms.topic_arn):
            self.export_value(value)
