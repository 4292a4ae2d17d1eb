import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl

from regulars.pipelines.sample.sample_company import write_sample_company


def nasty(company: Path) -> pl.DataFrame:
    return pl.read_csv(company / "truth" / "nastiness.csv")


def cents(column: str) -> pl.Expr:
    return (pl.col(column).cast(pl.Float64) * 100).round().cast(pl.Int64)


def test_an_orders_subtotal_is_the_sum_of_its_lines_to_the_cent(latest_orders, latest_lines):
    of_lines = latest_lines.group_by("order_id").agg(pl.col("cents").sum())
    both = latest_orders.select("order_id", subtotal=cents("subtotal")).join(of_lines, on="order_id", how="full")
    assert len(both) == len(latest_orders)
    assert both.filter(pl.col("subtotal").ne_missing(pl.col("cents"))).is_empty()


def test_the_latest_deliveries_hold_exactly_the_true_orders(company, latest_orders):
    truth = pl.read_csv(company / "truth" / "orders.csv")
    both = truth.join(latest_orders, on="order_id", how="full", suffix="_told")
    assert len(both) == len(truth) == len(latest_orders)
    assert both.filter(cents("gross_sales") != cents("subtotal")).is_empty()
    assert both.filter((pl.col("sort") == "cancelled") != pl.col("cancelled_at").is_not_null()).is_empty()


def test_the_true_totals_by_month_follow_from_the_exports_alone(company, latest_orders):
    rates = pl.read_csv(company / "exports" / "fx_rates.csv", separator=";", infer_schema=False)
    con = duckdb.connect()
    con.register("orders", latest_orders.to_arrow())
    con.register("rates", rates.to_arrow())
    con.execute("set timezone = 'Europe/Berlin'")
    found = con.execute(
        """
        with rate as (
            select date::date as day, replace(rate, ',', '.')::decimal(18, 8) as rate from rates
        ),
        sale as (
            select strptime(created_at, '%Y-%m-%d %H:%M:%S %z')::date as day, currency,
                subtotal::decimal(18, 4) as gross, discount_amount::decimal(18, 4) as discount
            from orders
            where test = 'false' and cancelled_at is null and subtotal::decimal(18, 4) > 0
        ),
        priced as (
            select sale.*, case currency when 'EUR' then 1::decimal(18, 8) else rate.rate end as rate
            from sale asof join rate on sale.day >= rate.day
        )
        select date_trunc('month', day)::date::varchar as month, count(*),
            sum((gross * rate)::decimal(18, 4)), sum((discount * rate)::decimal(18, 4))
        from priced where day <= date '2026-06-30' group by 1 order by 1
        """
    ).fetchall()
    months = pl.read_csv(company / "truth" / "months.csv", infer_schema=False)
    money = [[Decimal(x) for x in months[name]] for name in ("gross_sales_eur", "discounts_eur")]
    assert found == list(zip(months["month"], [int(x) for x in months["order_count"]], *money, strict=True))


def test_an_order_sent_again_is_in_two_deliveries(company, orders):
    again = orders.group_by("order_id").agg(pl.col("delivery").n_unique()).filter(pl.col("delivery") == 2)
    truth = pl.read_csv(company / "truth" / "orders.csv").filter(pl.col("first_delivery") != pl.col("last_delivery"))
    assert set(again["order_id"]) == set(truth["order_id"])


def test_a_late_order_is_not_in_the_delivery_of_its_own_time(company, latest_orders):
    late = nasty(company).filter(pl.col("what") == "orders that came one delivery late")["count"].item()
    day = pl.col("created_at").str.slice(0, 10)
    first_days = ["2023-07-01", "2024-01-01", "2025-01-01", "2026-01-01", "2026-04-01"]
    starts = pl.col("first_delivery").replace_strict(dict(enumerate(first_days)))
    truth = pl.read_csv(company / "truth" / "orders.csv").join(latest_orders, on="order_id")
    assert late > 0
    assert len(truth.filter(day < starts)) == late


def test_moments_carry_the_offset_of_summer_and_winter(latest_orders):
    july = latest_orders.filter(pl.col("created_at").str.contains("^202.-07-1"))["created_at"].str.slice(20)
    january = latest_orders.filter(pl.col("created_at").str.contains("^202.-01-1"))["created_at"].str.slice(20)
    assert (set(july), set(january)) == ({"+0200"}, {"+0100"})


def test_orders_of_the_day_after_as_of_are_in_the_newest_file(latest_orders):
    newest = latest_orders.filter(pl.col("delivery") == 4)["created_at"].str.slice(0, 10).max()
    assert newest >= "2026-07-01"


def test_the_crm_is_written_in_the_windows_encoding(company):
    content = (company / "exports" / "crm_contacts.csv").read_bytes()
    assert "Köln".encode("cp1252") in content
    assert "Köln".encode() not in content
    assert content.endswith(b"\r\n")


def test_answers_come_in_several_languages_with_signs_that_need_quotes(company):
    content = (company / "exports" / "nps_answers.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    answers = pl.read_csv(company / "exports" / "nps_answers.csv", separator=";", infer_schema=False)
    assert set(answers["Sprache"]) == {"de", "en", "fr", "es", "pl"}
    assert answers["Kommentar"].str.contains('[;"\n]').any()


def test_every_planted_line_is_where_the_truth_says(company):
    planted = nasty(company).filter(pl.col("row").is_not_null())
    rows = {(file, row): what for file, row, what in planted.select("file", "row", "what").iter_rows()}
    first = "shop_orders_2026-01-01.csv"
    row = next(row for (file, row), what in rows.items() if what == "an order on 30 February")
    lines = (company / "exports" / "orders" / first).read_text(encoding="utf-8").splitlines()
    assert lines[row].startswith("KK900001,")
    assert "2025-02-30" in lines[row]
    assert set(planted["file"]) == {
        "crm_contacts.csv",
        "shop_orders_2026-01-01.csv",
        "shop_order_lines_2026-01-01.csv",
        "shop_refunds.csv",
        "shop_refund_lines.csv",
        "nps_answers.csv",
        "coffee_club.csv",
        "tickets.csv",
        "survey_invitations.csv",
        "survey_answers.csv",
    }


def test_planted_lines_stay_below_the_budget_of_their_source(tmp_path):
    summary = write_sample_company(tmp_path, customers=60)
    bad = nasty(tmp_path).filter(pl.col("row").is_not_null()).group_by("file").len()
    for file, count in bad.iter_rows():
        if "orders_2" not in file and "lines_2" not in file:
            assert count < 0.01 * summary.files[f"exports/{file}"]
    orders = sum(rows for name, rows in summary.files.items() if "/orders/" in name)
    assert bad.filter(pl.col("file").str.starts_with("shop_orders"))["len"].sum() < 0.01 * orders


def test_each_kind_of_nastiness_is_there(company):
    spread = nasty(company).filter(pl.col("row").is_null())
    assert len(spread) == 27
    assert spread.filter(pl.col("count") == 0)["what"].to_list() == []


def test_a_truncated_company_breaks_off_in_the_middle_of_a_row(tmp_path):
    for name, truncated in (("whole", False), ("cut", True)):
        write_sample_company(tmp_path / name, customers=100, truncated=truncated)
    newest = Path("exports") / "orders" / "shop_orders_2026-07-01.csv"
    whole, cut = (tmp_path / "whole" / newest).read_bytes(), (tmp_path / "cut" / newest).read_bytes()
    assert whole.startswith(cut)
    assert whole[len(cut) - 1 : len(cut)] != b"\n"
    assert whole[len(cut) : len(cut) + 1] != b"\n"
    cut_off = nasty(tmp_path / "cut").filter(pl.col("file") == newest.name)
    assert cut_off["row"].item() == cut.count(b"\n")


def test_rates_are_there_on_weekdays_only(company):
    rates = pl.read_csv(company / "exports" / "fx_rates.csv", separator=";", infer_schema=False)
    days = [dt.date.fromisoformat(day) for day in rates["date"]]
    assert all(day.weekday() < 5 for day in days)
    assert days[0] < dt.date(2023, 7, 1)
    assert rates["rate"].str.contains(r"^1,\d{5}$").all()
