"""What contracts say to readers is what they were checked against."""

from pathlib import Path

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.dictionary import (
    format_published_tables,
    list_comments,
    list_dictionary_rows,
    list_metric_rows,
)
from regulars.pipelines.contracts.metric import Metric
from regulars.pipelines.contracts.odcs.load import load_contracts
from regulars.pipelines.contracts.rule import Column

ID = Column("id", "VARCHAR", "string", "The customer's id.", required=True, key_position=1)
RATE = Column("rate", "DOUBLE", "number", "Kept / all; it's NULL at first.", unit="ratio", is_metric=True)


KEEP_RATE = Metric(
    "rate",
    "sum(kept) / sum(all)",
    "",
    filter={"dimension": "all"},
    time_column="month",
    time_grain="month",
    over_time="sum",
    never_over=("dimension",),
    format="percent",
    good="up",
    n="all",
    interval=("low", "high"),
    synonyms=("keep rate", "loyalty"),
)


def contract(table: str, *columns: Column) -> Contract:
    metrics = (KEEP_RATE,) if RATE in columns else ()
    texts = ("Who | stays.", "Customers.", "One row per customer.")
    return Contract(table, "1.0.0", "table", *texts, columns, (), metrics=metrics)


CONTRACTS = {
    each.table: each
    for each in (contract("raw.x", ID), contract("core.a", ID), contract("marts.b", ID, RATE), contract("meta.c", ID))
}


def test_the_dictionary_lists_the_columns_of_published_tables_in_order():
    rows = list_dictionary_rows(CONTRACTS)
    assert [(row["table_name"], row["position"], row["column_name"]) for row in rows] == [
        ("marts.b", 1, "id"),
        ("marts.b", 2, "rate"),
        ("core.a", 1, "id"),
        ("meta.c", 1, "id"),
    ]
    assert rows[0] | {"table_name": ""} == {
        "table_name": "",
        "column_name": "id",
        "position": 1,
        "data_type": "VARCHAR",
        "description": "The customer's id.",
        "unit": None,
        "is_key": True,
        "is_required": True,
        "classification": "internal",
        "grain": "One row per customer.",
    }


def test_a_metric_is_published_with_its_sql():
    (row,) = list_metric_rows(CONTRACTS)
    assert row == {
        "metric": "rate",
        "table_name": "marts.b",
        "column_name": "rate",
        "definition": "Kept / all; it's NULL at first.",
        "synonyms": "keep rate, loyalty",
        "expression": '(1.0::double * sum("kept") / nullif(sum("all"), 0))',
        "not_additive": None,
        "filter": "\"dimension\" = 'all'",
        "time_column": "month",
        "time_grain": "month",
        "time_grain_column": None,
        "over_time": "sum",
        "never_over": "dimension",
        "format": "percent",
        "unit": "ratio",
        "good": "up",
        "n_column": "all",
        "known_column": None,
        "interval_low_column": "low",
        "interval_high_column": "high",
    }


def test_the_rows_have_the_columns_of_their_own_contracts():
    shipped = load_contracts(Path(__file__).parents[2] / "data_contracts")
    for table, rows in (("meta.data_dictionary", list_dictionary_rows), ("meta.metric_definitions", list_metric_rows)):
        declared = [column.name for column in shipped[table].columns]
        assert all(list(row) == declared for row in rows(CONTRACTS))


def test_comments_stand_on_every_published_table_and_column():
    assert list_comments(CONTRACTS)["marts.b"] == "Customers. One row per customer."
    assert list_comments(CONTRACTS)["marts.b.rate"] == "Kept / all; it's NULL at first. Unit: ratio."


def test_the_readme_lists_published_tables_by_layer():
    assert format_published_tables(CONTRACTS) == (
        "| marts | one row is | what it says |\n"
        "|---|---|---|\n"
        "| `marts.b` | customer | Who \\| stays. |\n"
        "\n"
        "| core | one row is | what it says |\n"
        "|---|---|---|\n"
        "| `core.a` | customer | Who \\| stays. |\n"
        "\n"
        "| meta | one row is | what it says |\n"
        "|---|---|---|\n"
        "| `meta.c` | customer | Who \\| stays. |\n"
    )
