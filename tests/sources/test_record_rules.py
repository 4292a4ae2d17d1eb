"""Which records of a file are ours, which a rule of the settings leaves out, and which cannot be told."""

import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.sources.landed_rows import write_landed_rows

HEAD = "id,day,total,state\n"
EXCLUDED = "kind, row, rule"


def file_of(*states: str) -> str:
    return HEAD + "".join(f"{number},2026-01-01,9.50,{state}\n" for number, state in enumerate(states, 1))


def test_a_record_is_left_out_by_the_first_rule_that_applies(shop):
    shop.sources["shop"] |= {
        "exclude": {"failed": "coalesce(state, '') = 'failed'", "short": "length(coalesce(state, '')) < 7"},
        "include": {"known": "coalesce(state, '') <> 'unknown'"},
    }
    shop.write("orders.csv", file_of("failed", "lost", "unknown", "paid for"))
    assert shop.rows(EXCLUDED, "excluded") == [("orders", 1, "failed"), ("orders", 2, "short"), ("orders", 3, "known")]
    assert shop.rows("order_id") == [("4",)]
    assert shop.rows("*", "malformed") == []


def test_a_condition_that_is_null_leaves_its_record_in_quarantine_and_is_said(shop):
    shop.sources["shop"]["exclude"] = {"failed": "state = 'failed'", "test": "id = '2'"}
    shop.write("orders.csv", file_of("failed", "", "", "paid"))
    landed = shop.land()
    with shop.delivered(landed) as con:
        findings = write_landed_rows(con, shop.settings, list(landed.values()), shop.home)
        rows = con.execute("select line, rule, reason from landed.malformed").fetchall()
        kept = con.execute("select order_id from landed.orders").fetchall()
    assert rows == [(4, "condition_is_null", "the condition `exclude.failed` is NULL for it")]
    assert kept == [("4",)]
    assert [(finding.name, finding.source, finding.count) for finding in findings] == [("condition_is_null", "shop", 1)]


def test_an_only_kind_excludes_what_its_condition_does_not_take(shop):
    columns = shop.sources["shop"]["columns"]
    shop.sources["shop"] = {
        "path": "orders.csv",
        "kinds": {"orders": {"columns": columns, "when": "state = 'paid'"}},
    }
    shop.write("orders.csv", file_of("paid", "failed", ""))
    assert shop.rows(EXCLUDED, "excluded") == [("orders", 2, "when")]
    assert shop.rows("line, rule", "malformed") == [(4, "condition_is_null")]


def test_an_excluded_record_counts_for_every_kind_that_would_have_taken_it(shop):
    lines = {"columns": {"order_id": "id", "unit_price": "total"}, "when": "state <> 'header'"}
    orders = {"columns": {"order_id": "id", "ordered_at": "day"}, "when": "state = 'both'"}
    shop.sources["shop"] = {
        "path": "orders.csv",
        "exclude": {"first_three": "id <= '3'"},
        "kinds": {"orders": orders, "order_lines": lines},
    }
    shop.write("orders.csv", file_of("both", "line", "header", "both"))
    assert shop.rows(EXCLUDED, "excluded") == [
        ("none", 3, "first_three"),
        ("order_lines", 1, "first_three"),
        ("order_lines", 2, "first_three"),
        ("orders", 1, "first_three"),
    ]


def test_a_second_header_row_is_excluded_before_anything_is_made_of_it(shop):
    columns = shop.sources["shop"]["columns"] | {"discounts": {"sql": "cast(total as decimal(9, 2)) / 10"}}
    shop.sources["shop"] |= {"columns": columns, "exclude": {"second_header": "total = 'The total'"}}
    shop.write("orders.csv", "id,day,total\nThe id,The day,The total\n1,2026-01-01,9.50\n")
    assert shop.rows("order_id, discounts") == [("1", "0.95")]


def test_a_column_that_only_a_rule_reads_is_not_kept(shop):
    shop.sources["shop"]["exclude"] = {"failed": "state = 'failed'"}
    shop.write("orders.csv", "id,day,total,state,note\n1,2026-01-01,9.50,paid,x\n")
    assert shop.rows("_rest") == [('{"note":"x"}',)]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"exclude": {"failed": "state = (select 1)"}}, r"sources\.shop\.exclude\.failed uses a subquery"),
        ({"include": {"paid": "length(state)"}}, r"include\.paid is bigint, not yes or no: write a comparison"),
        ({"exclude": {"failed": "cast(total as integer) > 1"}}, r"a condition of `exclude`.* fails on a row"),
    ],
)
def test_a_rule_that_is_no_condition_is_a_mistake_of_the_settings(shop, rules, message):
    shop.sources["shop"] |= rules
    shop.write("orders.csv", HEAD + "1,2026-01-01,much,paid\n")
    with pytest.raises(SettingsWrong, match=message):
        shop.delivered()


def test_a_rule_that_reads_a_column_the_file_lacks_refuses_the_file(shop):
    shop.sources["shop"]["exclude"] = {"failed": "status = 'failed'"}
    shop.write("orders.csv", file_of("paid"))
    assert shop.refusal().sentence.startswith("orders.csv (header): column `status` for exclude.failed is missing")


@pytest.mark.parametrize("delivery", ["full", "incremental"])
@pytest.mark.parametrize(("failed", "jump"), [(2, 0.0), (5, 0.15)])
def test_a_rule_that_leaves_out_another_share_of_the_newest_file_is_said(shop, delivery, failed, jump):
    shop.sources["shop"] |= {"path": "o-*.csv", "delivery": delivery}
    shop.sources["shop"]["exclude"] = {"failed": "state = 'failed'"}
    for number, count in ((1, 2), (2, failed)):
        states = ["failed"] * count + ["paid"] * (20 - count) + [f"refunded {number}"]
        shop.write(f"o-{number}.csv", file_of(*states), hours_old=5 - number)
    landed = shop.land()
    with shop.delivered(landed) as con:
        findings = write_landed_rows(con, shop.settings, list(landed.values()), shop.home)
    assert [(each.name, each.share) for each in findings] == (
        [("excluded_share_jumps", pytest.approx(jump * 20 / 21))] if jump else []
    )
