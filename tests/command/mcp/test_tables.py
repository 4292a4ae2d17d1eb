"""Tables are found by the words of a question and described in few words; a word gives all of some columns."""

import json
from pathlib import Path

import duckdb
import pytest
import yaml

from regulars.pipelines.command.mcp.describe import OF_ITSELF, describe_table, find_table, shorten
from regulars.pipelines.command.mcp.find import list_table_names, list_tables
from regulars.pipelines.contracts.odcs.names import read_shared_names
from regulars.pipelines.errors import UsageWrong
from regulars.pipelines.settings.package import CONTRACTS_FOLDER


def test_a_table_without_its_layer_is_found_unless_two_layers_have_it(tmp_path):
    path = tmp_path / "regulars.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create schema meta")
        con.execute(
            "create table meta.contracts as select table_name, '' as purpose, '' as description, '' as grain "
            "from (values ('core.orders'), ('marts.orders'), ('marts.churn')) t(table_name)"
        )
    assert find_table(path, "churn") == find_table(path, "marts.churn") == "marts.churn"
    with pytest.raises(UsageWrong, match=r"several tables `orders`: ask for `core.orders` or `marts.orders`"):
        find_table(path, "orders")
    with pytest.raises(UsageWrong, match=r"no table `chrn`; did you mean `marts.churn`"):
        find_table(path, "chrn")
    assert find_table(path, " Marts.CHURN") == "marts.churn"


def test_only_tables_and_columns_that_say_a_word_are_told(file):
    from regulars.pipelines.command.mcp.describe import describe_table

    about = {line.partition(" | ")[0] for line in list_tables(file, "Complaints")}
    assert {"marts.support_response", "marts.scorecard"} & about == {"marts.support_response"}
    assert len(about) < len(list_tables(file))
    columns = {row["column_name"] for row in describe_table(file, "CUSTOMER_360", " risk ")["columns"]}
    assert "value_at_risk_of_leaving_12m" in columns
    assert "city" not in columns
    either = {row["column_name"] for row in describe_table(file, "customer_360", "cities, refunding")["columns"]}
    assert "refunds" in either
    for ask_for in (lambda: list_tables(file, "quasar"), lambda: describe_table(file, "churn", "quasar")):
        with pytest.raises(UsageWrong, match=r"says `quasar`; ask (for another word|with other words)"):
            ask_for()


def test_a_table_is_listed_in_a_line_with_its_grain_answer_and_views(file):
    lines = list_tables(file)
    (churn,) = [line for line in lines if line.startswith("marts.churn | ")]
    assert churn == (
        "marts.churn | per month-end, dimension and dimension value | How many customers are active, new, back and "
        "lost month by month, and the 12-month churn | views: marts.churn_all, marts.churn_by_value"
    )
    assert len("".join(lines)) < 14_000
    (first, *_) = list_tables(file, "12-month churn of the whole base")
    assert "marts.churn_all (The whole base, month by month; without dimension, dimension_value)" in first
    assert "| columns: churned_customers_12m, " in first


QUESTIONS = yaml.safe_load((Path(__file__).parent / "questions.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("each", [each for asked in QUESTIONS.values() for each in asked], ids=lambda each: each["ask"])
def test_the_words_of_a_question_find_its_table_among_the_first(file, each):
    found = [line.partition(" | ")[0] for line in list_tables(file, each["ask"])]
    assert set(found[: each.get("within", 5)]) & set(each["tables"]), found


def test_a_filter_is_said_once_for_all_metrics_that_need_it(file):
    groups = describe_table(file, "marts.churn")["metrics"]
    filters = [(each.get("filter"), each.get("view_name")) for each in groups]
    assert len(set(filters)) == len(filters)
    with duckdb.connect(str(file), read_only=True) as con:
        query = "select metric from meta.metric_definitions where table_name = 'marts.churn'"
        names = {name for (name,) in con.execute(query).fetchall()}
    assert sorted(name for each in groups for name in each["metrics"]) == sorted(names)


def test_a_column_says_what_it_is_and_not_what_it_is_not(file):
    described = describe_table(file, "marts.nps_value", "of")
    columns = {row["column_name"]: row for row in described["columns"]}
    assert columns["nps_group"]["is_key"] is True
    assert "is_key" not in columns["customers"]
    assert not [name for name, row in columns.items() if "population" in row]
    told = [name for names in described["populations"].values() for name in names]
    assert len(told) == len(set(told)) > 5


def measure(file: Path, table: str) -> int:
    return len(json.dumps(describe_table(file, table), ensure_ascii=False, default=str))


def list_by_width(file: Path) -> list[str]:
    """Tables and views, those with most columns first: their descriptions are the longest."""
    with duckdb.connect(str(file), read_only=True) as con:
        query = "select table_name from meta.data_dictionary group by all order by count(*) desc, table_name"
        return [name for (name,) in con.execute(query).fetchall()]


def test_an_agent_can_afford_to_look_at_any_table(file):
    named = {line.partition(" | ")[0] for line in list_tables(file)}
    tables = [name for name in list_by_width(file) if name in named]
    sizes = {table: measure(file, table) for table in tables[:25]}
    assert max(sizes.values()) < 14_500, sizes
    assert sizes["marts.customer_360"] < 12_500
    middle = len(tables) // 2
    assert sorted(measure(file, table) for table in tables[middle - 3 : middle + 4])[3] < 3_500
    views = [name for name in list_table_names(file) if name not in named]
    assert views
    widest = [name for name in list_by_width(file) if name in views][:8]
    assert max(measure(file, view) for view in widest) < 5_000


def test_a_table_says_a_line_per_column_and_with_a_word_the_whole_text(file):
    (line,) = [each for each in describe_table(file, "churn")["columns"] if each.startswith("churn_rate_12m (")]
    assert line == (
        "churn_rate_12m (DOUBLE, ratio): churned_customers_12m / average_customers_12m. "
        "… Its own change is not tested, since both years have customers in common …"
    )
    (grain,) = [each for each in describe_table(file, "nps")["columns"] if each.startswith("grain (")]
    assert grain.endswith("[day, week, month, rolling_28d, rolling_90d, rolling_365d]")
    named = describe_table(file, "customer_360", "at_risk_because, value_at_any_risk_12m")["columns"]
    assert {each["column_name"] for each in named} == {"at_risk_because", "value_at_any_risk_12m"}
    (whole,) = describe_table(file, "churn", "churned_customers_12m / average_customers_12m")["columns"]
    assert "NULL until each of the 13 month-ends" in whole["description"]


def test_a_short_text_says_that_more_is_said_and_keeps_what_takes_something_back(file):
    lines = describe_table(file, "customer_360")["columns"]
    (overdue,) = [each for each in lines if each.startswith("is_overdue (")]
    assert overdue.endswith("typical_days_between_orders. … False with a live subscription without a known end")
    (segment,) = [each for each in lines if each.startswith("segment_last_week (")]
    assert segment.endswith("recomputed in the same way. … [as segment]")


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Orders of the month.", "Orders of the month"),
        ("Orders of the month. NULL without any.", "Orders of the month. …"),
        (
            "Orders of the month. 0 without any. Test orders do not count.",
            "Orders of the month. … Test orders do not count",
        ),
        ("Orders, e.g. of a shop. Never add them up. Ask.", "Orders, e.g. of a shop. Never add them up. …"),
        (
            "Loss. It is not a share: while the base grows it is lower, and higher while it shrinks.",
            "Loss. It is not a share …",
        ),
        ("Loss. gone_rate is another.", "Loss. …"),
        (f"{'Word ' * 40}end.", f"{'Word ' * 25}Word …"),
        (f"{'Word ' * 40}end. False for most.", f"{'Word ' * 25}Word … False for most"),
    ],
)
def test_a_text_is_cut_where_a_sentence_ends_and_says_so(text, short):
    assert shorten(text) == short


def test_every_column_whose_line_leaves_something_out_says_so(file):
    with duckdb.connect(str(file), read_only=True) as con:
        rows = con.execute("select distinct description from meta.data_dictionary").fetchall()
    assert len(rows) > 1000
    silent = [
        text for (text,) in rows if "…" not in shorten(text) and len(text.removesuffix(".")) != len(shorten(text))
    ]
    assert silent == []


def test_a_view_says_what_differs_from_its_table(file):
    view, table = describe_table(file, "marts.churn_all"), describe_table(file, "marts.churn")
    assert view["view_of"] == "marts.churn"
    assert view["description"].startswith("The whole base, month by month. The rows of marts.churn with dimension")
    assert len(view["description"]) < 200 < len(table["description"])
    assert (view["columns_left_out"], view["columns_that_differ"]) == (["dimension", "dimension_value"], [])
    assert {"lapsed_in_month"} <= set(view["additive"])
    assert "churn_rate_12m" not in view["additive"]
    (column, *_) = describe_table(file, "marts.churn_all", "month_end")["columns"]
    assert column["description"] == "Last day of the month."


def test_an_answer_names_the_views_of_a_table_and_says_what_those_hold_that_say_a_word(file):
    (churn,) = [line for line in list_tables(file, "whole base of customers lost") if line.startswith("marts.churn |")]
    assert "views: marts.churn_all (The whole base, month by month; without dimension, dimension_value), " in churn
    (seasons,) = [line for line in list_tables(file, "seasonality by customer type") if "marts.seasonality |" in line]
    assert "marts.seasonality_all (" in seasons
    assert "without customer_type, category)" in seasons
    assert "columns: customer_type, " in seasons


def test_what_a_table_is_split_by_is_searched(file):
    found = [line.partition(" | ")[0] for line in list_tables(file, "worse customers by first discount")]
    assert {"marts.churn", "marts.second_orders"} <= set(found)


def test_the_populations_that_go_without_saying_are_known_by_how_they_begin():
    populations = read_shared_names(CONTRACTS_FOLDER).populations
    assert {name for name, said in populations.items() if said.startswith(OF_ITSELF)} == {"record", "customer"}
