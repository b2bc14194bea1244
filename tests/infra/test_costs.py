"""What docs/operate.md says that a deployment costs is what its templates bring about."""

from decimal import ROUND_HALF_UP, Decimal

from infra.functions import Kind, functions
from infra.models import MODELS, models
from infra.needs import NEEDS, PROFILES
from tests.infra.conftest import of_type
from tests.infra.document import DOCUMENT, table
from tests.templates import Template

MONTH = 730 * 3600  # seconds
# "Lambda uses long polling ... starts with five concurrent batches", of up to 20 seconds.
POLLS, LONG_POLL = 5, 20


def snapshots(profile: str) -> float:
    """GiB of all functions with snapshots."""
    sizes = PROFILES[profile]
    return sum(sizes[NEEDS[each.module].size] for each in functions() if models(each.module)) / 1024


def of_cost(row: str) -> str:
    """Where what is not as told is told."""
    return f"docs/operate.md, Cost, the row: {row}"


def test_the_example_adds_up() -> None:
    *rows, total = table("what \\| quantity")
    amounts = []
    for what, quantity, _, price, amount in rows:
        paid = Decimal(quantity.replace(",", "")) * Decimal(price.strip("$"))
        amounts.append(paid.quantize(Decimal("0.01"), ROUND_HALF_UP))
        assert amount == f"${amounts[-1]}", what
    assert total[-1] == f"**${sum(amounts)}**"


def test_the_fixed_costs_are_those_of_the_templates(api: Template) -> None:
    quantities = {row[0]: row[1].replace(",", "") for row in table("what \\| quantity")}
    kept = float(quantities["Lambda, snapshots kept"])
    assert kept == round(snapshots("standard") * MONTH, -3), of_cost("Lambda, snapshots kept")
    watched = [
        metric
        for alarm in of_type(api, "CloudWatch::Alarm").values()
        for metric in alarm.get("Metrics", [{"MetricStat": alarm}])
        if "MetricStat" in metric
    ]
    alarms = float(quantities["CloudWatch, alarms"])
    assert alarms == len(watched), of_cost("CloudWatch, alarms")
    used = ("detect_labels", "index_faces", "search_faces_by_image")
    polled = len(of_type(api, "Lambda::EventSourceMapping")) * POLLS * MONTH / LONG_POLL / 1e6
    row = "SQS, asking for work"
    assert float(quantities[row]) == round(polled, 2), of_cost(row)
    named = len(used) * 5 + sum(len(MODELS[each]) for each in used)
    metrics = "CloudWatch, metrics of three operations"
    assert float(quantities[metrics]) == named, of_cost(metrics)
    price = 0.0000015046
    assert table("profile \\| memory of all") == [
        [f"`{each}`", f"{snapshots(each):.1f} GiB", f"${snapshots(each) * MONTH * price:.2f}"]
        for each in PROFILES
    ], of_cost("profile")
    workers = [
        PROFILES["standard"][NEEDS[each.module].size]
        for each in functions()
        if each.kind is Kind.WORKER and models(each.module)
    ]
    assert len(workers) == 2
    running = (snapshots("standard") - sum(workers) / 1024) * MONTH * 0.0000033334
    assert f"is ${running:.2f} a month" in DOCUMENT, "docs/operate.md, Cost: the last paragraph"
