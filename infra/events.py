"""What starts workers: S3's events by way of EventBridge and a queue, and the clock.

The way into the queue belongs to the state, so that no event is lost while there are no functions.
"""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.functions import WORKERS, kebab, pascal
from infra.nag import acknowledge

# Messages by module, where they are not done one by one: ten photos by all operations fit into the
# worker's time.
BATCHES = {"on_upload": 10}
AT_ONCE = 10  # workers of a queue, so that a large import leaves callers their share
# Where it is less: one compaction at a time is enough for a collection, and few are at it.
FEWER_AT_ONCE = {"compact": 3}
SCHEDULES = {  # by module of the worker
    "sweep": Duration.minutes(5),
    "compact": Duration.hours(1),  # for what no message asked for, or one that was lost
}
INVOKED = {"search_shards"}  # by other functions


class UploadEvents(Construct):
    """Brings what happens to objects of these buckets to a queue.

    A bucket that is not ours must have EventBridge turned on.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        buckets: Sequence[str],
        queue: sqs.Queue,
        dead: sqs.Queue,
    ) -> None:
        super().__init__(scope, id)
        rule = events.CfnRule(
            self,
            "Rule",
            description="Sightline: objects that come and go",
            event_pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created", "Object Deleted"],
                "detail": {"bucket": {"name": [*buckets]}},
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="Uploads",
                    arn=queue.queue_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=dead.queue_arn),
                )
            ],
        )
        for each in (queue, dead):
            each.add_to_resource_policy(
                iam.PolicyStatement(
                    sid="Events",
                    principals=[iam.ServicePrincipal("events.amazonaws.com")],
                    actions=["sqs:SendMessage"],
                    resources=[each.queue_arn],
                    conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
                )
            )


class Triggers(Construct):
    """Starts the workers.

    Args:
        workers: aliases by module.
        queues: what starts each of them that no clock starts, by module.
        reserved: concurrency by the function's name, where it is limited.

    Raises:
        ValueError: nothing would start a worker.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        workers: Mapping[str, lambda_.Alias],
        queues: Mapping[str, sqs.IQueue],
        reserved: Mapping[str, int],
    ) -> None:
        super().__init__(scope, id)
        if idle := sorted(workers.keys() - queues.keys() - SCHEDULES.keys() - INVOKED):
            files = ", ".join(f"functions/{WORKERS}/{each}.py" for each in idle)
            raise ValueError(
                f"{files}: nothing starts it; give it a queue in infra/state.py or a schedule in "
                "infra/events.py."
            )
        for module, queue in queues.items():
            most = FEWER_AT_ONCE.get(module, AT_ONCE)
            at_once = min(most, reserved.get(kebab(module)) or most)
            self._source(workers[module], module, queue, at_once)
        for module, every in SCHEDULES.items():
            name = pascal(module)
            # What has a queue has an event source mapping by that name.
            self._schedule(workers[module], f"{name}Schedule" if module in queues else name, every)

    def _source(self, worker: lambda_.Alias, module: str, queue: sqs.IQueue, at_once: int) -> None:
        mapping = lambda_.EventSourceMapping(
            self,
            pascal(module),
            target=worker,
            event_source_arn=queue.queue_arn,
            batch_size=BATCHES.get(module, 1),
            max_concurrency=at_once,
            report_batch_item_failures=True,
        )
        acknowledge(
            mapping,
            {
                "Serverless-LambdaEventSourceMappingDestination": "Of a queue there is none: the "
                "queue's redrive policy takes what fails to its dead letters."
            },
        )

    def _schedule(self, worker: lambda_.Alias, id: str, every: Duration) -> None:
        rule = events.Rule(
            self,
            id,
            schedule=events.Schedule.rate(every),
            targets=[targets.LambdaFunction(worker, retry_attempts=0)],
        )
        acknowledge(
            rule,
            {
                "Serverless-EventBusDLQ": "What one run does not do the next one does; it takes "
                "nothing from the event."
            },
        )
