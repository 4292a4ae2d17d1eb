"""Which of Great Expectations' expectations work on DuckDB, and count right: an upgrade that breaks one is seen here.

Great Expectations 1.24 has no DuckDB of its own; `pipelines/contracts/validation/lent_connection.py` lends it ours. As
shipped, without the repairs there, 4 of these can be evaluated.
"""

import warnings
from typing import Any

import duckdb
import pytest

TABLE = """
create table people as select * from (values
    (1, 'ada',  36.0, 'a@x.org', date '2020-01-01', 10, 10, 1),
    (2, 'bob',  41.5, 'b@x.org', date '2020-01-02', 20, 21, 2),
    (3, 'bob',  17.0, 'no mail', date '2020-01-03', 30, 30, 2),
    (4, null,   99.0, 'd@x.org', date '2020-01-04', 40, 39, 2),
    (5, 'eve',  null, null,      date '2020-01-05', 50, 50, 2)
) people(id, name, age, email, joined, a, b, c)
"""

MATRIX: list[tuple[str, dict[str, Any], int]] = [
    # expectation, arguments, how many rows break it
    ("ColumnValuesToNotBeNull", {"column": "name"}, 1),
    ("ColumnValuesToBeNull", {"column": "name"}, 4),
    ("ColumnValuesToBeUnique", {"column": "name"}, 2),
    ("ColumnValuesToBeUnique", {"column": "id"}, 0),
    ("ColumnValuesToBeInSet", {"column": "name", "value_set": ["ada", "eve"]}, 2),
    ("ColumnValuesToNotBeInSet", {"column": "name", "value_set": ["bob"]}, 2),
    ("ColumnValuesToBeBetween", {"column": "age", "min_value": 18, "max_value": 65}, 2),
    ("ColumnValuesToBeBetween", {"column": "age", "min_value": 17, "strict_min": True}, 1),
    ("ColumnValuesToBeBetween", {"column": "joined", "min_value": "2020-01-03"}, 2),
    ("ColumnValueLengthsToBeBetween", {"column": "email", "max_value": 6}, 4),
    ("ColumnValueLengthsToEqual", {"column": "email", "value": 7}, 0),
    ("ColumnValuesToMatchRegex", {"column": "email", "regex": "^[^@ ]+@[^@ ]+$"}, 1),
    ("ColumnValuesToNotMatchRegex", {"column": "email", "regex": "@"}, 3),
    ("ColumnValuesToMatchRegexList", {"column": "email", "regex_list": ["^a@", "^b@"], "match_on": "any"}, 2),
    ("ColumnValuesToNotMatchRegexList", {"column": "email", "regex_list": ["^a@", "^b@"]}, 2),
    ("ColumnValuesToMatchLikePattern", {"column": "email", "like_pattern": "%@%"}, 1),
    ("ColumnValuesToNotMatchLikePattern", {"column": "email", "like_pattern": "%@%"}, 3),
    ("ColumnValuesToMatchLikePatternList", {"column": "email", "like_pattern_list": ["a%", "b%"]}, 2),
    ("ColumnValuesToNotMatchLikePatternList", {"column": "email", "like_pattern_list": ["a%", "b%"]}, 2),
    ("ColumnValueZScoresToBeLessThan", {"column": "age", "threshold": 1.2, "double_sided": False}, 1),
    ("ColumnPairValuesToBeEqual", {"column_A": "a", "column_B": "b"}, 2),
    ("ColumnPairValuesAToBeGreaterThanB", {"column_A": "a", "column_B": "b", "or_equal": True}, 1),
    ("ColumnPairValuesToBeInSet", {"column_A": "a", "column_B": "b", "value_pairs_set": [(10, 10), (20, 21)]}, 3),
    ("MulticolumnSumToEqual", {"column_list": ["a", "b"], "sum_total": 60}, 4),
    ("CompoundColumnsToBeUnique", {"column_list": ["name", "a"]}, 0),
    ("CompoundColumnsToBeUnique", {"column_list": ["name", "c"]}, 2),
    ("SelectColumnValuesToBeUniqueWithinRecord", {"column_list": ["a", "b"]}, 3),
]

AGGREGATES: list[tuple[str, dict[str, Any], bool]] = [
    # expectation, arguments, whether it holds
    ("ColumnToExist", {"column": "name"}, True),
    ("ColumnToExist", {"column": "surname"}, False),
    ("ColumnValuesToBeOfType", {"column": "id", "type_": "INTEGER"}, True),
    ("ColumnValuesToBeInTypeList", {"column": "id", "type_list": ["INTEGER", "BIGINT"]}, True),
    ("TableColumnCountToEqual", {"value": 8}, True),
    ("TableColumnCountToBeBetween", {"min_value": 9}, False),
    ("TableColumnsToMatchOrderedList", {"column_list": ["id", "name", "age", "email", "joined", "a", "b", "c"]}, True),
    ("TableColumnsToMatchSet", {"column_set": ["id", "name"], "exact_match": True}, False),
    ("TableRowCountToEqual", {"value": 5}, True),
    ("TableRowCountToBeBetween", {"min_value": 6}, False),
    ("TableRowCountToEqualOtherTable", {"other_table_name": "others"}, True),
    ("ColumnMaxToBeBetween", {"column": "age", "min_value": 99, "max_value": 99}, True),
    ("ColumnMinToBeBetween", {"column": "age", "min_value": 18}, False),
    ("ColumnMeanToBeBetween", {"column": "a", "min_value": 30, "max_value": 30}, True),
    ("ColumnMedianToBeBetween", {"column": "a", "min_value": 30, "max_value": 30}, True),
    ("ColumnSumToBeBetween", {"column": "a", "min_value": 150, "max_value": 150}, True),
    ("ColumnStdevToBeBetween", {"column": "a", "min_value": 15.8, "max_value": 15.82}, True),
    ("ColumnUniqueValueCountToBeBetween", {"column": "name", "min_value": 3, "max_value": 3}, True),
    ("ColumnProportionOfUniqueValuesToBeBetween", {"column": "name", "min_value": 0.75, "max_value": 0.75}, True),
    ("ColumnProportionOfNonNullValuesToBeBetween", {"column": "name", "min_value": 0.8, "max_value": 0.8}, True),
    ("ColumnDistinctValuesToBeInSet", {"column": "name", "value_set": ["ada", "bob", "eve"]}, True),
    ("ColumnDistinctValuesToContainSet", {"column": "name", "value_set": ["ada", "zoe"]}, False),
    ("ColumnDistinctValuesToEqualSet", {"column": "name", "value_set": ["ada", "bob", "eve"]}, True),
    ("ColumnMostCommonValueToBeInSet", {"column": "name", "value_set": ["bob"]}, True),
    (
        "ColumnQuantileValuesToBeBetween",
        {"column": "a", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[30, 30]]}},
        True,
    ),
]


def _id(row: tuple[str, dict[str, Any], Any]) -> str:
    return f"{row[0]}-{row[2]}"


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """Number of the row in MATRIX + AGGREGATES + queries -> Great Expectations' result; all in one validation."""
    con = duckdb.connect()
    con.execute(TABLE)
    con.execute("create table others as from people")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx

        from regulars.pipelines.contracts.validation.lent_connection import URL, lend

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        expectations = [
            getattr(gx.expectations, f"Expect{name}")(**arguments, meta={"number": str(number)})
            for number, (name, arguments, _) in enumerate([*MATRIX, *AGGREGATES])
        ]
        query = "select * from {batch} where a <> b"
        expectations.append(
            gx.expectations.UnexpectedRowsExpectation(unexpected_rows_query=query, meta={"number": "q"})
        )
        with lend(con):
            source = context.data_sources.add_sql("matrix", connection_string=URL)
            batch = source.add_table_asset("people", table_name="people").add_batch_definition_whole_table("all")
            suite = gx.ExpectationSuite(name="matrix", expectations=expectations)
            results = batch.get_batch().validate(suite, result_format="BASIC").results
    return {result.expectation_config.meta["number"]: result for result in results}


def test_the_matrix_covers_what_the_contracts_use():
    used = {"NotBeNull", "BeUnique", "BeInSet", "BeBetween", "MatchRegex"}
    names = {name for name, *_ in MATRIX}
    assert {f"ColumnValuesTo{name}" for name in used} | {"CompoundColumnsToBeUnique"} <= names


@pytest.mark.parametrize("row", MATRIX, ids=_id)
def test_an_expectation_about_rows_counts_those_that_break_it(results, row):
    result = results[str(MATRIX.index(row))]
    assert not result.exception_info.get("raised_exception"), result.exception_info
    assert result.result["unexpected_count"] == row[2]
    assert result.success is (row[2] == 0)


@pytest.mark.parametrize("row", AGGREGATES, ids=_id)
def test_an_expectation_about_the_table_holds_or_not(results, row):
    result = results[str(len(MATRIX) + AGGREGATES.index(row))]
    assert not result.exception_info.get("raised_exception"), result.exception_info
    assert bool(result.success) is row[2]


def test_a_query_of_unexpected_rows_counts_them(results):
    assert results["q"].result["observed_value"] == 2
