"""Validates a table by all of its expectations at once, with the metrics of Great Expectations.

Put here: which metrics a suite needs, and their computing. Keep out: rules and what an expectation is (`validate.py`,
`expectations.py`).
As shipped, `Batch.validate` finds out what each expectation needs twice, copies it, and follows the path from a count
to the columns of the table once per expectation: with few rows that is most of the time. Here each metric is found
once, and what a suite needs is kept: the next run in the same process asks again for the same. The metrics, the graph
that puts them in order, and their SQL are the library's own.
Imported only by `validate.py`, and late: this imports Great Expectations.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.exceptions import GreatExpectationsError  # type: ignore[attr-defined]  # not declared so
from great_expectations.expectations.expectation import Expectation
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validation_graph import ValidationGraph


class Graph(ValidationGraph):
    """The metrics of a suite in the order of their needs; what several of them need is looked into once."""

    def __init__(self, execution_engine: Any) -> None:
        super().__init__(execution_engine)
        self._known: set[object] = set()

    def build_metric_dependency_graph(
        self, metric_configuration: MetricConfiguration, runtime_configuration: dict[str, Any] | None = None
    ) -> None:
        """Add a metric and all that it needs."""
        if metric_configuration.id not in self._known:
            self._known.add(metric_configuration.id)
            super().build_metric_dependency_graph(metric_configuration, runtime_configuration)


@dataclass(frozen=True)
class Suite:
    """Expectations about one table, ready to be validated as often as wanted.

    Attributes:
        expectations: The expectations.
        graph: Every metric that they need.
    """

    expectations: Sequence[Expectation]
    graph: Graph


def plan_suite(batches: Any, expectations: Sequence[Expectation]) -> Suite:
    """Find out which metrics the expectations need.

    Args:
        batches: The batch definition whose engine will compute them.
        expectations: The expectations.
    """
    engine = batches.data_asset.datasource.get_execution_engine()
    graph = Graph(engine)
    for each in expectations:
        for metric in each.get_validation_dependencies(engine).get_metric_configurations():
            graph.build_metric_dependency_graph(metric)
    return Suite(expectations, graph)


def validate_suite(suite: Suite, batches: Any) -> Iterator[tuple[Expectation, ExpectationValidationResult | None]]:
    """Each expectation with its result; None where a metric could not be computed.

    Why it could not is not told: the reason may quote a value.
    """
    batch = batches.get_batch()  # anew: the engine forgets the columns of the table that it saw before
    engine = batch.data.execution_engine
    engine.batch_manager.load_batch_list([batch])
    metrics, _ = suite.graph.resolve(show_progress_bars=False)
    for each in suite.expectations:
        try:
            yield each, each.metrics_validate(metrics, execution_engine=engine)
        except GreatExpectationsError:
            yield each, None
