"""Great Expectations' own expectations, cut down to one number: how many rows break them.

Put here: subclasses that ask for a count and for nothing else. Keep out: which rule needs which (`validate.py`).
As shipped, an expectation also fetches the values it did not expect, which may be a person's name, and asks for three
metrics besides: a suite takes three times as long. The metric that counts, and its SQL, are the library's own.
Imported only by `validate.py`, and late: this imports Great Expectations.
"""

from typing import Any, ClassVar

from great_expectations.compatibility.pydantic import PrivateAttr
from great_expectations.expectations import (  # type: ignore[attr-defined]  # exported, not declared so
    ExpectColumnValuesToBeBetween,
    ExpectColumnValuesToBeInSet,
    ExpectColumnValuesToBeUnique,
    ExpectColumnValuesToMatchRegex,
    ExpectColumnValuesToNotBeNull,
    ExpectCompoundColumnsToBeUnique,
    UnexpectedRowsExpectation,
)
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.registry import get_metric_kwargs
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies


class CountsOnly(Expectation):
    """Asks for the count of unexpected rows only; `result` holds nothing else."""

    counting_metric: ClassVar[str] = ""

    _needs: ValidationDependencies | None = PrivateAttr(None)  # asked for at every validation, and always the same

    def get_validation_dependencies(
        self, execution_engine: Any = None, runtime_configuration: Any = None, **kwargs: Any
    ) -> ValidationDependencies:
        """The one metric to compute."""
        self._needs = self._needs or self._list_needs()
        return self._needs

    def _list_needs(self) -> ValidationDependencies:
        given = self.dict()
        keys = get_metric_kwargs(self.counting_metric)
        metric = MetricConfiguration(
            self.counting_metric,
            {key: given.get(key) for key in keys["metric_domain_keys"]},
            {key: given.get(key) for key in keys["metric_value_keys"]},
        )
        return ValidationDependencies(
            metric_configurations={self.counting_metric: metric}, result_format={"result_format": "BASIC"}
        )

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        count = int(metrics[self.counting_metric] or 0)  # the sum over no rows is NULL
        return {"success": count == 0, "result": {"unexpected_count": count}}


class NoMissingValues(CountsOnly, ExpectColumnValuesToNotBeNull):
    """No value of the column is NULL."""

    counting_metric = "column_values.nonnull.unexpected_count"


class ValuesMatch(CountsOnly, ExpectColumnValuesToMatchRegex):
    """Every value matches the regular expression somewhere."""

    counting_metric = "column_values.match_regex.unexpected_count"


class ValuesInSet(CountsOnly, ExpectColumnValuesToBeInSet):
    """Every value is in the set."""

    counting_metric = "column_values.in_set.unexpected_count"


class ValuesBetween(CountsOnly, ExpectColumnValuesToBeBetween):
    """Every value lies within the bounds."""

    counting_metric = "column_values.between.unexpected_count"


class ValuesUnique(CountsOnly, ExpectColumnValuesToBeUnique):
    """No value appears twice."""

    counting_metric = "column_values.unique.unexpected_count"


class RowsUnique(CountsOnly, ExpectCompoundColumnsToBeUnique):
    """No combination of values appears twice."""

    counting_metric = "compound_columns.unique.unexpected_count"


class NoRows(CountsOnly, UnexpectedRowsExpectation):
    """A query returns no rows."""

    counting_metric = "unexpected_rows_query.row_count"
