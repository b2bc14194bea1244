"""Rules say what is done with photos that are uploaded under a prefix of a bucket.

    {"Operations": {"DetectLabels": {"MaxLabels": 9}, "IndexFaces": {"CollectionId": "people"}},
     "ResultsPrefix": "results", "Publish": true}

The edge has checked a rule before it is stored, and `put` that no results prefix hides the photos
of a rule. Of several prefixes that fit a key the longest decides alone. A worker reads a bucket's
rules once per event and keeps to what it read.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sightline.errors import ValidationException
from sightline.store import rules

LOOP_NAME = 63  # characters of a human loop's name, the service's limit
LOOP_DIGITS = 32
RESULTS = "results"  # prefix of the results where a rule names none


@dataclass(frozen=True, slots=True)
class Rule:
    """Operations with their parameters, where results go, and whether the topic hears of them."""

    operations: dict[str, dict[str, Any]]
    results_prefix: str
    publish: bool

    def result_of(self, key: str) -> str:
        """The key of a photo's results."""
        return f"{self.results_prefix}/{key}.json"

    def requests(self, image: dict[str, Any], event: str) -> dict[str, dict[str, Any]]:
        """The operations' requests for an `Image`.

        Each event has a human loop of its own, for a loop is about one image; the rule's name for
        it begins the loop's name, and the event, as any text that tells it from others, ends it.
        """
        asked = {name: {**each, "Image": image} for name, each in self.operations.items()}
        for each in asked.values():
            if config := each.get("HumanLoopConfig"):
                own = sha256(event.encode()).hexdigest()[:LOOP_DIGITS]
                begun = config["HumanLoopName"][: LOOP_NAME - LOOP_DIGITS - 1]
                each["HumanLoopConfig"] = {**config, "HumanLoopName": f"{begun}-{own}"}
        return asked


def rule_of(document: dict[str, Any]) -> Rule:
    """A stored rule, with what it leaves open filled in."""
    return Rule(
        operations=document["Operations"],
        results_prefix=document.get("ResultsPrefix", RESULTS).rstrip("/"),
        publish=document.get("Publish", True),
    )


def check(bucket: str, prefix: str, document: dict[str, Any]) -> None:
    """Whether `put` would take the rule.

    Raises:
        ValidationException: as `put`.
    """
    _beside(rules.of(bucket), prefix, document)


def put(bucket: str, prefix: str, document: dict[str, Any]) -> None:
    """Sets the rule of a prefix, new or changed.

    Raises:
        ProvisionedThroughputExceededException: too many write at the same time.
        ValidationException: its results or those of another rule would lie where the other one's
            photos or results do.
    """
    rules.change(bucket, lambda held: _beside(held, prefix, document))


def _beside(held: rules.Rules, prefix: str, document: dict[str, Any]) -> rules.Rules:
    """The rules with a new one, if it leaves the others alone; those are not held to each other."""
    after = {**held, prefix: document}
    roots = {each: f"{rule_of(rule).results_prefix}/" for each, rule in after.items()}
    for other in after:
        _check_apart(roots, prefix, other)
        _check_apart(roots, other, prefix)
    return after


def _check_apart(roots: dict[str, str], prefix: str, other: str) -> None:
    """Refuses photos under `prefix` where results of `other` lie, which are never watched.

    The results of a rule may lie among its own photos, and everybody's among those of a rule for
    the whole bucket; then it is these keys that are left out, and no rule.
    """
    root, others = roots[prefix], roots[other]
    if f"{prefix}/".startswith(others):
        words = f"nothing under '{others}' is watched, so '{prefix}' would never have a photo"
    elif prefix and prefix != other and others.startswith(prefix):
        words = f"results under '{others}' would lie among the photos of '{prefix}'"
    elif root != others and root.startswith(others):
        words = f"results under '{root}' would lie among those under '{others}'"
    else:
        return
    raise ValidationException(f"ResultsPrefix: {words}.")


def remove(bucket: str, prefix: str) -> rules.Rules:
    """Takes the rule of a prefix away, if there is one; the bucket's rules afterwards.

    Raises:
        ProvisionedThroughputExceededException: too many write at the same time.
    """
    return rules.change(
        bucket, lambda held: {other: rule for other, rule in held.items() if other != prefix}
    )


def rule_for(bucket: str, key: str) -> Rule | None:
    """The rule for an object; None where nothing watches it.

    Whatever lies under a results prefix of the bucket is never watched, whichever rule names it.
    """
    found = {prefix: rule_of(document) for prefix, document in rules.of(bucket).items()}
    if any(key.startswith(f"{rule.results_prefix}/") for rule in found.values()):
        return None
    fitting = [prefix for prefix in found if key.startswith(prefix)]
    return found[max(fitting, key=len)] if fitting else None
