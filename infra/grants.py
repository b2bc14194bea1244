"""The policy of one function's role: the rights in `infra.needs`, on the resources of the state."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam

from infra.nag import wildcard
from infra.needs import Needs
from infra.rights import VIDEO_STEPS, Target
from infra.state import StateStack
from sightline.store.job_objects import PREFIX as NOTES
from sightline.store.shard_objects import PREFIX as SHARDS

# "Giving access to multiple Amazon SNS topics" in Rekognition's guide: so its own policy has it.
TOPICS = "AmazonRekognition*"
LISTS = {Target.NOTES: NOTES, Target.SHARDS: SHARDS}  # the prefix that alone may be listed
REASONS = {  # for the stars that are left
    Target.KEYS: "Access keys come and go without a deployment, each a secret under one prefix",
    Target.OBJECTS: "Callers name any object of these buckets",
    Target.NOTE: "Jobs come and go without a deployment, each with objects under one prefix",
    Target.SHARD: "Compaction makes objects under one prefix, and drops those that they replace",
    Target.TOPICS: "Callers name any topic of theirs, whose names begin as Rekognition asks for",
}


def statements(needs: Needs, state: StateStack, stack: Stack) -> list[iam.PolicyStatement]:
    """Statements for a role in `stack`: one per kind of resource, and one for the key."""
    found = [
        iam.PolicyStatement(
            actions=actions,
            resources=_arns(target, state, stack),
            conditions=_within(LISTS[target]) if target in LISTS else None,
        )
        for target, actions in _actions(needs).items()
    ]
    on_key = sorted({action for grant in needs.grants for action in grant.on_key})
    if on_key:
        found.append(iam.PolicyStatement(actions=on_key, resources=[state.key.key_arn]))
    return found


def reasons(needs: Needs, state: StateStack, stack: Stack) -> dict[str, str]:
    """Why there are stars in those statements' resources, by cdk-nag's rule."""
    return {
        wildcard(stack, arn): REASONS[target]
        for target in _actions(needs)
        if target in REASONS
        for arn in _arns(target, state, stack)
    }


def _within(prefix: str) -> dict[str, dict[str, str]]:
    return {"StringLike": {"s3:prefix": f"{prefix}*"}}


def _actions(needs: Needs) -> dict[Target, list[str]]:
    actions: dict[Target, set[str]] = {}
    for grant in needs.grants:
        for target, allowed in grant.statements:
            actions.setdefault(target, set()).update(allowed)
    return {target: sorted(allowed) for target, allowed in actions.items()}


def _arns(target: Target, state: StateStack, stack: Stack) -> list[str]:
    match target:
        case Target.KEYS:
            return [
                stack.format_arn(
                    service="secretsmanager",
                    resource="secret",
                    resource_name=f"{state.keys_prefix}/*",
                    arn_format=ArnFormat.COLON_RESOURCE_NAME,
                )
            ]
        case Target.IMAGES:
            return _buckets(state, stack)
        case Target.NOTES | Target.SHARDS:
            return [state.data.bucket_arn]
        case Target.NOTE:
            return [f"{state.export_value(state.data.bucket_arn)}/{NOTES}*"]
        case Target.SHARD:
            return [f"{state.export_value(state.data.bucket_arn)}/{SHARDS}*"]
        case Target.SEARCH:
            return [
                stack.format_arn(
                    service="lambda",
                    resource="function",
                    resource_name=state.config.search_function,
                    arn_format=ArnFormat.COLON_RESOURCE_NAME,
                )
            ]
        case Target.TOPICS:
            return [stack.format_arn(service="sns", resource=TOPICS)]
        case Target.OBJECTS:
            return [f"{bucket}/*" for bucket in _buckets(state, stack)]
    return [
        {
            Target.TABLE: state.table.table_arn,
            Target.REVIEWS: state.reviews.queue_arn,
            Target.UPLOADS: state.uploads.queue_arn,
            Target.UPLOADS_DEAD: state.uploads_dead.queue_arn,
            Target.RESULTS: state.results.topic_arn,
            **{target: state.video[step].queue_arn for step, target in VIDEO_STEPS.items()},
            Target.VIDEO_DEAD: state.video_dead.queue_arn,
            Target.MEDIA: state.media.queue_arn,
            Target.MEDIA_DEAD: state.media_dead.queue_arn,
            Target.COMPACTION: state.compaction.queue_arn,
        }[target]
    ]


def _buckets(state: StateStack, stack: Stack) -> list[str]:
    named = [
        stack.format_arn(service="s3", region="", account="", resource=name)
        for name in state.config.image_buckets
    ]
    return [state.export_value(state.photos.bucket_arn), *named]
