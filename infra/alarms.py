"""What the operator is told of, and one dashboard to look at then.

An alarm may add up ten metrics, so functions of a family are watched ten at a time: enough to know
where to look, and far fewer than one alarm per function.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import Config
from infra.functions import Kind, pascal
from infra.lambdas import LambdaFunction
from infra.state import StateStack

METRICS = 10  # of one alarm, CloudWatch's limit
PERIOD = Duration.minutes(5)
SLOW = Duration.seconds(10)  # p99 of an answer
SLOW_PERIODS = 3  # one after the other: a cold start now and then is nothing to be told of
OLD = Duration.minutes(15)  # an upload that waits so long: workers do not keep up, or fail

OLD_STEP = Duration.hours(1)  # four steps of the longest kind, or of compactions
FAIL_JOBS = ("fail_video", "media_failures")  # dead letters of jobs start these

MEASURED = (  # by `sightline.metrics`: title, name and statistic
    ("Cold starts", "ColdStarts", "Sum"),
    ("Model time of a call, ms", "ModelTime", "Average"),
)


class Alarms(Construct):
    """Alarms to the state's topic, and the dashboard of the stage."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: Config,
        state: StateStack,
        functions: Sequence[LambdaFunction],
        api: apigateway.RestApiBase,
    ) -> None:
        super().__init__(scope, id)
        self._config = config
        self._action = actions.SnsAction(state.alarms)
        self._graphs: list[cloudwatch.IWidget] = []
        self._answers(api)
        for name, group in _groups(functions):
            self._functions(name, group)
        for queue, name in (
            (state.uploads_dead, "Uploads"),
            (state.reviews_dead, "Reviews"),
            (state.compaction_dead, "Compaction"),
        ):
            self._dead_letters(name, queue)
        self._age("Uploads", [state.uploads], OLD)
        self._age("Jobs", [*state.video.values(), state.media], OLD_STEP)
        self._age("Compaction", [state.compaction], OLD_STEP)
        self._jobs_failed([each for each in functions if each.of.module in FAIL_JOBS])
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=config.name("service"),
            widgets=[self._graphs[row : row + 3] for row in range(0, len(self._graphs), 3)],
        )

    def _answers(self, api: apigateway.RestApiBase) -> None:
        """What callers see: an operation that fails answers 500, which is no error to Lambda."""
        failed = api.metric_server_error(period=PERIOD, statistic="Sum")
        self._alarm("AnswersFailed", failed, 0, "an answer was 500 or above")
        # Callers wait for the start of a process, too, which is not in a function's duration.
        latency = api.metric_latency(period=PERIOD, statistic="p99")
        self._alarm(
            "AnswersSlow",
            latency,
            SLOW.to_milliseconds(),
            "callers wait long",
            periods=SLOW_PERIODS,
        )
        refused = api.metric_client_error(period=PERIOD, statistic="Sum")
        self._graph("Answers", [api.metric_count(period=PERIOD, statistic="Sum"), refused, failed])
        self._graph("Answers: p99, ms", [latency])
        for title, metric, statistic in MEASURED:
            dimensions = "service,function,model" if metric == "ModelTime" else "service,function"
            found = (
                f"SEARCH('{{Sightline,{dimensions}}} MetricName=\"{metric}\"', '{statistic}', 300)"
            )
            self._graph(
                title, [cloudwatch.MathExpression(expression=found, label="", period=PERIOD)]
            )

    def _functions(self, name: str, group: Sequence[LambdaFunction]) -> None:
        errors = [each.function.metric_errors(period=PERIOD) for each in group]
        throttles = [each.function.metric_throttles(period=PERIOD) for each in group]
        self._alarm(f"{name}Errors", _sum(errors), 0, "a function failed")
        self._alarm(f"{name}Throttles", _sum(throttles), 0, "a call was turned away")
        durations = [
            each.function.metric_duration(period=PERIOD, statistic="p99") for each in group
        ]
        if all(each.of.kind is not Kind.WORKER for each in group):
            slowest = _math("MAX", durations)
            self._alarm(
                f"{name}Latency",
                slowest,
                SLOW.to_milliseconds(),
                "a function is slow",
                periods=SLOW_PERIODS,
            )
        calls = [each.function.metric_invocations(period=PERIOD) for each in group]
        self._graph(f"{name}: calls", calls)
        self._graph(f"{name}: errors and throttles", [*errors, *throttles])
        self._graph(f"{name}: p99, ms", durations)

    def _dead_letters(self, name: str, queue: sqs.IQueue) -> None:
        letters = queue.metric_approximate_number_of_messages_visible(
            period=PERIOD, statistic="Maximum"
        )
        self._alarm(f"{name}DeadLetters", letters, 0, "a message could not be handled")
        self._graph(f"{name}: dead letters", [letters])

    def _age(self, name: str, queues: Sequence[sqs.IQueue], old: Duration) -> None:
        ages = [
            each.metric_approximate_age_of_oldest_message(period=PERIOD, statistic="Maximum")
            for each in queues
        ]
        self._alarm(f"{name}Age", _math("MAX", ages), old.to_seconds(), f"{name.lower()} wait long")
        self._graph(f"{name}: age of the oldest, s", ages)

    def _jobs_failed(self, workers: Sequence[LambdaFunction]) -> None:
        """Jobs that ended for no fault of their video or manifest."""
        started = [each.function.metric_invocations(period=PERIOD) for each in workers]
        self._alarm("JobsFailed", _sum(started), 0, "a step of a job failed at every attempt")

    def _alarm(
        self, id: str, metric: cloudwatch.IMetric, most: float, why: str, periods: int = 1
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            id,
            alarm_name=self._config.name(id),
            alarm_description=f"Sightline {self._config.stage}: {why}",
            metric=metric,
            threshold=most,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)

    def _graph(self, title: str, metrics: Sequence[cloudwatch.IMetric]) -> None:
        self._graphs.append(cloudwatch.GraphWidget(title=title, left=[*metrics], width=8, height=6))


def _groups(
    functions: Sequence[LambdaFunction],
) -> Iterator[tuple[str, list[LambdaFunction]]]:
    """Functions by family, at most ten at a time, as `Faces1`, `Faces2`, `Image`, …"""
    for family, members in groupby(functions, lambda each: each.of.family):
        found = [*members]
        parts = [found[start : start + METRICS] for start in range(0, len(found), METRICS)]
        for number, part in enumerate(parts, 1):
            name = pascal(family)
            yield (f"{name}{number}" if len(parts) > 1 else name), part


def _sum(metrics: Sequence[cloudwatch.Metric]) -> cloudwatch.IMetric:
    return _math("SUM", metrics)


def _math(function: str, metrics: Sequence[cloudwatch.Metric]) -> cloudwatch.IMetric:
    using: dict[str, cloudwatch.IMetric] = {f"m{n}": each for n, each in enumerate(metrics)}
    return cloudwatch.MathExpression(
        expression=f"{function}([{', '.join(using)}])", using_metrics=using, period=PERIOD
    )
