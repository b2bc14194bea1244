"""What a deployment may choose: the CDK context, checked before anything is made of it.

Every value has a default in `cdk.json`; `cdk deploy -c name=value` sets another one. On the command
line a value is a string: of a list and a mapping it is the JSON.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.functions import ALIAS, Kind, functions
from infra.needs import PROFILES

# What CloudWatch Logs keeps logs for, in days; its API's PutRetentionPolicy lists them.
RETENTIONS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
# Without a hyphen: rights on `sightline-prod-*` would be rights on a stage `prod-eu` too.
STAGE = re.compile(r"[a-z][a-z0-9]{0,15}")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# Names of context that the CDK, its command, its look-ups and other libraries set.
OF_OTHERS = re.compile(r"@.+|(aws|cdk)[:-].+|.+:account=.+|acknowledged-issue-numbers")
LEAST_WORKERS = 2  # that Lambda starts for a queue: what it turns away would become a dead letter
CONTEXT = (
    "stage",
    "memory_profile",
    "domain",
    "certificate",
    "waf",
    "vpc",
    "log_retention_days",
    "reserved_concurrency",
    "provisioned_concurrency",
    "snapshots",
    "webp",
    "image_buckets",
)


@dataclass(frozen=True, slots=True)
class Config:
    """A deployment.

    Attributes:
        stage: part of every name; several stages may stand side by side in an account.
        memory_profile: one of `infra.needs.PROFILES`.
        domain: the name that clients call, with the ARN of its certificate in us-east-1; without it
            they call the distribution's own.
        waf: ARN of a web ACL for CloudFront.
        vpc: whether functions run in a network without a way to the internet.
        log_retention_days: of every log group, a value that CloudWatch Logs knows.
        reserved_concurrency: by function, such as `{"on-upload": 10}`.
        provisioned_concurrency: of each function that runs models; these take no snapshots.
        snapshots: whether functions that run models start from a snapshot with the models loaded;
            Lambda bills what it keeps of each published version.
        webp: whether images may be WebP too.
        image_buckets: names of buckets, beside our own, whose images callers may name.
    """

    stage: str = "dev"
    memory_profile: str = "standard"
    domain: str | None = None
    certificate: str | None = None
    waf: str | None = None
    vpc: bool = False
    log_retention_days: int = 90
    reserved_concurrency: Mapping[str, int] = field(default_factory=dict)
    provisioned_concurrency: int = 0
    snapshots: bool = True
    webp: bool = False
    image_buckets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not STAGE.fullmatch(self.stage):
            raise ValueError("stage: up to 16 of a-z and 0-9, the first a letter.")
        if self.memory_profile not in PROFILES:
            raise ValueError(f"memory_profile: one of {', '.join(PROFILES)}.")
        if self.log_retention_days not in RETENTIONS:
            raise ValueError(f"log_retention_days: one of {', '.join(map(str, RETENTIONS))}.")
        if (self.domain is None) != (self.certificate is None):
            raise ValueError("domain and certificate: both or none.")
        if self.provisioned_concurrency < 0:
            raise ValueError("provisioned_concurrency: 0 or more.")
        if not all(type(each) is int and each >= 0 for each in self.reserved_concurrency.values()):
            raise ValueError("reserved_concurrency: a whole number for each function.")
        workers = (each.name for each in functions() if each.kind is Kind.WORKER)
        for name in self.reserved_concurrency.keys() & {*workers}:
            if self.reserved_concurrency[name] < LEAST_WORKERS:
                raise ValueError(f"reserved_concurrency: {LEAST_WORKERS} or more of {name}.")
        if not all(isinstance(each, str) and BUCKET.fullmatch(each) for each in self.image_buckets):
            raise ValueError("image_buckets: names of buckets, without stars and without ARNs.")

    def name(self, name: str) -> str:
        """A resource's name in this stage."""
        return f"sightline-{self.stage}-{name}"

    @property
    def search_function(self) -> str:
        """What searches shards for other functions, as these invoke it.

        A name, and no reference: functions of two stacks could not refer to each other.
        """
        return f"{self.name('search-shards')}:{ALIAS}"


def refuse_unknown(names: Iterable[str]) -> None:
    """Holds names of context against those that there are: a misspelt one would do nothing.

    Raises:
        ValueError: one of them is neither ours nor the CDK's.
    """
    unknown = sorted(
        each for each in names if each not in CONTEXT and not OF_OTHERS.fullmatch(each)
    )
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: no such context. There are {', '.join(CONTEXT)}.")


def read(context: Callable[[str], Any]) -> Config:
    """The deployment that a context asks for; what it leaves out is as in `Config`.

    Raises:
        ValueError: a value is not what its name needs.
    """
    given = {name: context(name) for name in CONTEXT}
    return Config(
        **{name: _typed(name, value) for name, value in given.items() if value not in (None, "")}
    )


def _typed(name: str, value: Any) -> Any:
    kind = type(getattr(Config(), name))
    if kind in (type(None), str):
        if not isinstance(value, str):
            raise ValueError(f"{name}: {value!r} is no string.")
        return value
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"{name}: {value!r} is not JSON.") from None
    if kind is tuple and isinstance(parsed, list):
        return tuple(parsed)
    if kind is int and isinstance(parsed, float) and parsed.is_integer():
        return int(parsed)  # CDK hands numbers over as floats
    if not isinstance(parsed, kind) or (kind is int and isinstance(parsed, bool)):
        raise ValueError(f"{name}: {value!r} is not of type {kind.__name__}.")
    return parsed
