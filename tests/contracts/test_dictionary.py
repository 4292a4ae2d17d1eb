"""What contracts say to readers is what they were checked against."""

import dataclasses
from pathlib import Path

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.dictionary import (
    format_published_tables,
    list_allowed_value_rows,
    list_comments,
    list_dictionary_rows,
    list_metric_rows,
    list_relationship_rows,
)
from regulars.pipelines.contracts.headline_view import HeadlineView
from regulars.pipelines.contracts.metric import Metric
from regulars.pipelines.contracts.odcs.load import load_contract, load_contracts
from regulars.pipelines.contracts.odcs.names import SharedNames
from regulars.pipelines.contracts.rule import Column, Rule, Severity
from regulars.pipelines.contracts.view_contracts import find_view, list_selects

ID = Column("id", "VARCHAR", "string", "The customer's id.", required=True, key_position=1)
KEPT = Column("kept", "BIGINT", "integer", "Who stayed.", required=True, unit="customers")
RATE = Column("rate", "DOUBLE", "number", "Kept / all; it's NULL at first.", unit="ratio")

NAMES = SharedNames(
    definitions={"id": "A customer."}, populations={"everybody": "All."}, numbers={"kept": {"marts.b": "everybody"}}
)

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
    rows = list_dictionary_rows(CONTRACTS, NAMES)
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
        "is_additive": None,
        "shared_definition": "A customer.",
        "population": None,
    }


GROUP = Column("dimension", "VARCHAR", "string", "The group.", required=True, key_position=1)
CUSTOMER = dataclasses.replace(ID, key_position=2)
B_ALL = HeadlineView("b_all", "All groups together.", "One row.", {"dimension": "all"}, {"id": "x"}, ("kept",))
WITH_VIEW = {"marts.b": dataclasses.replace(contract("marts.b", GROUP, CUSTOMER, RATE, KEPT), views=(B_ALL,))}


def test_a_view_has_its_rows_of_the_dictionary_without_what_it_fixes():
    rows = [row for row in list_dictionary_rows(WITH_VIEW, NAMES) if row["table_name"] == "marts.b_all"]
    assert [(row["position"], row["column_name"], row["is_key"], row["is_additive"]) for row in rows] == [
        (1, "id", True, None),
        (2, "rate", False, False),
        (3, "kept", False, True),
    ]
    assert {row["grain"] for row in rows} == {"One row."}
    assert [row["population"] for row in rows] == [None, None, "All."]


def test_a_view_says_which_rows_it_holds_and_what_may_be_added_up():
    comments = list_comments(WITH_VIEW)
    rows = "The rows of marts.b with dimension = all, without id = x."
    assert comments["marts.b_all"] == f"All groups together. {rows} Customers. One row."
    assert comments["marts.b_all.kept"] == "Who stayed. Unit: customers. May be added up over any rows."
    assert comments["marts.b_all.rate"].endswith("Not to be added up over rows.")
    assert comments["marts.b.kept"] == "Who stayed. Unit: customers."


def test_a_view_of_all_but_the_whole_says_what_it_leaves_out():
    by_group = HeadlineView("b_by_group", "Each group.", "One row.", {}, {"dimension": "all"})
    contracts = {"marts.b": dataclasses.replace(WITH_VIEW["marts.b"], views=(by_group,))}
    assert list_comments(contracts)["marts.b_by_group"].startswith(
        "Each group. The rows of marts.b without dimension = all. "
    )
    assert "where \"dimension\" is distinct from 'all'" in list_selects(contracts.values())["marts.b_by_group"]


def test_a_view_is_listed_behind_its_table():
    assert "| `marts.b_all` | One row | All groups together. |" in format_published_tables(WITH_VIEW)


def test_a_view_selects_its_rows():
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.execute("""
            create table marts.b as from (values ('all', 'x', 0.5, 1), ('all', 'y', 0.5, 2), ('all', null, 0.5, 4),
                ('country', 'y', 0.5, 8)) as rows(dimension, id, rate, kept)
        """)
        assert con.sql(list_selects(WITH_VIEW.values())["marts.b_all"]).columns == ["id", "rate", "kept"]
        con.execute(f"create view marts.b_all as {list_selects(WITH_VIEW.values())['marts.b_all']}")
        assert con.sql("select sum(kept) from marts.b_all").fetchall() == [(6,)]


def test_a_metric_names_the_view_with_its_rows_and_what_of_its_filter_is_left():
    with_more = dataclasses.replace(KEEP_RATE, filter={"dimension": "all", "rate": True})
    table = dataclasses.replace(WITH_VIEW["marts.b"], metrics=(KEEP_RATE, with_more))
    found = [(row["view_name"], row["view_filter"]) for row in list_metric_rows({"marts.b": table})]
    assert found == [("marts.b_all", None), ("marts.b_all", '"rate" = true')]
    other = dataclasses.replace(KEEP_RATE, filter={"dimension": "country"})
    (row,) = list_metric_rows({"marts.b": dataclasses.replace(table, metrics=(other,))})
    assert row["view_name"] is None


def test_a_metric_is_published_with_its_sql():
    (row,) = list_metric_rows(CONTRACTS)
    assert row == {
        "metric": "rate",
        "table_name": "marts.b",
        "column_name": "rate",
        "definition": "Kept / all; it's NULL at first.",
        "synonyms": "keep rate, loyalty",
        "expression": '(1.0::double precision * sum("kept") / nullif(sum("all"), 0))',
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
        "view_name": None,
        "view_filter": None,
    }


def test_the_rows_have_the_columns_of_their_own_contracts():
    shipped = load_contracts(Path(__file__).parents[2] / "data_contracts")
    made = {
        "meta.data_dictionary": list_dictionary_rows(CONTRACTS, NAMES),
        "meta.metric_definitions": list_metric_rows(CONTRACTS),
        "meta.allowed_values": list_allowed_value_rows(shipped),
        "meta.relationships": list_relationship_rows(shipped),
    }
    for table, rows in made.items():
        declared = [column.name for column in shipped[table].columns]
        assert rows
        assert all(list(row) == declared for row in rows)


def test_allowed_values_are_listed_with_their_meaning_in_the_order_of_the_contract():
    mood = Column("mood", "VARCHAR", "string", "How it went.", allowed_values=(("good", "Well."), ("bad", "Badly.")))
    rows = list_allowed_value_rows({"core.a": contract("core.a", ID, mood), "raw.x": contract("raw.x", mood)})
    assert [tuple(row.values()) for row in rows] == [
        ("core.a", "mood", "good", 1, "Well."),
        ("core.a", "mood", "bad", 2, "Badly."),
    ]


def test_references_between_published_tables_are_relationships_and_say_whether_they_are_enforced():
    def refers(to: str, severity: Severity) -> Contract:
        own = Rule(
            "a.x.references", "marts.b", "references", ("x", "y"), {"table": to, "columns": ("id", "no")}, severity
        )
        return dataclasses.replace(contract("marts.b", ID), rules=(own,))

    tables = {"core.a": contract("core.a", ID), "marts.b": refers("core.a", "critical")}
    assert [tuple(row.values()) for row in list_relationship_rows(tables)] == [
        ("marts.b", "x, y", "core.a", "id, no", True, False)
    ]
    (counted,) = list_relationship_rows(tables | {"marts.b": refers("core.a", "warning")})
    assert not counted["is_enforced"]
    assert list_relationship_rows(tables | {"marts.b": refers("raw.x", "critical")}) == []


def test_columns_that_are_named_as_a_key_of_core_join_with_it():
    def table(name: str, *columns: str, key: tuple[str, ...] = ()) -> Contract:
        made = [
            Column(each, "VARCHAR", "string", "An id.", key_position=key.index(each) + 1 if each in key else None)
            for each in columns
        ]
        return contract(name, *made)

    tables = [
        table("core.orders", "system", "order_id", "customer_id", key=("system", "order_id")),
        table("core.customers", "customer_id", key=("customer_id",)),
        table("core.lines", "system", "order_id", "line", key=("system", "order_id", "line")),
        table("core.answers", "system", "order_system", "order_id"),
        table("meta.files", "system", "order_id"),
    ]
    found = [tuple(row.values()) for row in list_relationship_rows({each.table: each for each in tables})]
    assert sorted(found) == [
        ("core.answers", "order_system, order_id", "core.orders", "system, order_id", False, False),
        ("core.lines", "system, order_id", "core.orders", "system, order_id", False, False),
        ("core.orders", "customer_id", "core.customers", "customer_id", False, False),
    ]


def test_a_column_that_holds_unknown_where_it_names_nothing_says_so():
    stores = contract("core.stores", Column("store_id", "VARCHAR", "string", "An id.", key_position=1))
    sales = contract("marts.sales", Column("store_id", "VARCHAR", "string", "The store; `unknown`: none is named."))
    (found,) = list_relationship_rows({each.table: each for each in (stores, sales)})
    assert found["may_be_unknown"]


def test_the_published_columns_that_hold_unknown_are_those_that_say_so(published_demo):
    with duckdb.connect(str(published_demo / "home/current/regulars.duckdb"), read_only=True) as con:
        rows = con.execute("select table_name, column_names, may_be_unknown from meta.relationships").fetchall()
        for table, columns, may_be_unknown in rows:
            is_there = " or ".join(f"{name}::varchar = 'unknown'" for name in columns.split(", "))
            (count,) = con.execute(f"select count(*) from {table} where {is_there}").fetchone()
            assert may_be_unknown or count == 0, (table, columns)
    said = {(table, columns) for table, columns, may_be_unknown in rows if may_be_unknown}
    assert said >= {("marts.product_sales", "system, store_id"), ("marts.product_sales", "system, product_id")}


def test_comments_stand_on_every_published_table_and_column():
    assert list_comments(CONTRACTS)["marts.b"] == "Customers. One row per customer."
    assert list_comments(CONTRACTS)["marts.b.rate"] == "Kept / all; it's NULL at first. Unit: ratio."


def test_the_comment_of_a_text_lists_its_values():
    values = (("good", "Well."), ("bad", "Badly."))
    mood = Column("mood", "VARCHAR", "string", "How it went.", allowed_values=values)
    grade = dataclasses.replace(mood, name="grade", type="INTEGER", allowed_values=((1, "Well."),))
    contracts = {"marts.b": dataclasses.replace(CONTRACTS["marts.b"], columns=(mood, grade))}
    assert list_comments(contracts)["marts.b.mood"] == "How it went. Values: good, bad."
    assert list_comments(contracts)["marts.b.grade"] == "How it went."


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


def test_a_metric_of_every_value_but_the_whole_is_in_the_view_of_these_values():
    churn = load_contract(Path(__file__).parents[2] / "data_contracts" / "marts" / "churn.odcs.yaml")
    views = {metric.name: find_view(churn, metric) for metric in churn.metrics}
    assert views["gone_rate_12m"] is not None
    assert views["gone_rate_12m_over_others"].name == "churn_by_value"
