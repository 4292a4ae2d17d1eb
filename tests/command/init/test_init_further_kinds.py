"""Subscriptions and reports of spend that no profile knows, and amounts that are no sales."""

import datetime as dt
import json

import pytest

from regulars.pipelines.command.preview.preview import preview_sources
from tests.command.init.test_init_sales import read, sales  # noqa: F401

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
RECHARGE = (
    "subscription_id,customer_id,customer_email,status,product_title,quantity,recurring_price,"
    "charge_interval_frequency,charge_interval_unit_type,created_at,cancelled_at"
)


def subscriptions(header, *ends, start="2026-01-0{day}"):
    rows = "".join(f"U{n},a{n}@x.example,{start.format(day=1 + n % 9)},{ends[n % len(ends)]}\n" for n in range(18))
    return f"Subscription ID,Customer Email,Start date,{header}\n{rows}"


def show(tmp_path, source):
    """Our columns of a source -> the values of its first rows, as a preview shows them."""
    told, _ = preview_sources(tmp_path / "regulars.yaml", only=source, data=None, as_json=True, now=NOW)
    [found] = json.loads(told)["sources"]
    assert found["quarantined"] == []
    return {each["column"]: each["values"] for columns in found["kinds"].values() for each in columns}


def test_subscriptions_are_read_with_their_interval_in_words(read, tmp_path):  # noqa: F811
    ends = ("20.00,Monthly,", "240.00,Annual,2026-05-01", "60.00,quarterly,")
    said, sources = read(abos=subscriptions("Amount,Billing period,Cancelled at", *ends))
    assert sources["abos"].kind == "subscriptions"
    assert show(tmp_path, "abos")["billing_interval"][:3] == ["month", "year", "quarter"]
    assert "does `Amount` hold the tax?" in said


def test_a_price_every_so_many_days_is_made_monthly(read, tmp_path):  # noqa: F811
    rows = "".join(
        f"{n},C{n},a{n}@x.example,active,Tea,{1 + n % 2},12.00,{(30, 2, 1)[n % 3]},{('days', 'week', 'month')[n % 3]},"
        f"2026-01-0{1 + n % 9}T10:00:00,\n"
        for n in range(9)
    )
    said, sources = read(subs=f"{RECHARGE}\n{rows}")
    assert sources["subs"].kind == "subscriptions"
    # 12.00 × 365 / (30 × 12); two pieces of 12.00 × 52 / (2 × 12); 12.00 a month
    assert [float(each) for each in show(tmp_path, "subs")["monthly_amount"][:3]] == [12.1667, 52.0, 12.0]
    assert "`recurring_price` is paid every so many (`charge_interval_frequency`)" in said


def test_an_interval_that_nobody_knows_is_quarantined(read, tmp_path):  # noqa: F811
    read(abos=subscriptions("Amount,Billing period,Cancelled at", "20.00,Monthly,", "40.00,Every 2 months,"))
    told, _ = preview_sources(tmp_path / "regulars.yaml", only=None, data=None, as_json=False, now=NOW)
    assert "quarantined  9 rows" in told


@pytest.mark.parametrize(
    ("header", "end", "said"),
    [
        ("Amount,Cancelled at", "20.00,", "no column says in words what `Amount` pays for: a month, a year?"),
        ("Amount,Interval,Status", "20.00,month,cancelled", "`Status` says how they stand, and no column says since"),
        ("Amount incl. VAT,Interval,Cancelled at", "20.00,month,", "`Amount incl. VAT` is with tax, or may be"),
        ("MRR,Cancelled at", "n/a,", "subscriptions.monthly_amount: written like a/a"),
    ],
)
def test_what_decides_how_much_a_subscription_is_worth_is_asked(read, header, end, said):  # noqa: F811
    told, sources = read(abos=subscriptions(header, end))
    assert not sources
    assert said in told


def test_the_tax_of_an_amount_is_asked_beside_what_it_pays_for(read):  # noqa: F811
    text = subscriptions("Amount,Interval,Interval count,Cancelled at", '"20,00",month,2,')
    told, _ = read(abos=text)
    assert "is paid every so many (`Interval count`) of a unit (`Interval`); does `Amount` hold the tax?" in told


def test_mrr_goes_before_amounts_and_asks_for_no_interval(read):  # noqa: F811
    _, sources = read(abos=subscriptions("Amount,MRR,Cancelled at", "240.00,20.00,"))
    assert sources["abos"].columns["monthly_amount"] == "MRR"
    assert "amount" not in sources["abos"].columns


def test_tax_is_asked_of_the_amount_that_is_read_and_never_of_words(read):  # noqa: F811
    told, sources = read(abos=subscriptions("MRR,Amount,Interval,Cancelled at", "n/a,20.00,month,"))
    assert sources["abos"].columns["amount"] == "Amount"
    assert "does `Amount` hold the tax?" in told
    assert "`MRR`" not in told


@pytest.mark.parametrize("header", ["MRR", "MRR incl. VAT"])
def test_of_a_worth_in_words_only_the_number_is_asked(read, header):  # noqa: F811
    told, _ = read(abos=subscriptions(f"{header},Cancelled at", "n/a,"))
    assert "hold the tax" not in told


def test_orders_that_subscriptions_made_are_orders(read):  # noqa: F811
    rows = "".join(f"S{n},{n},2026-01-0{1 + n % 9},{n}.50,month\n" for n in range(18))
    _, sources = read(orders=f"Order No,Subscription ID,Order date,Net,Interval\n{rows}")
    assert sources["orders"].kind == "orders"


def test_periods_of_subscriptions_are_asked_about(read):  # noqa: F811
    text = subscriptions("Amount,Interval,Cancelled at", "20.00,month,").replace("U1,", "U2,")
    told, sources = read(abos=text)
    assert not sources
    assert "`Subscription ID` repeats: is a row a period of a subscription" in told


REPORT = "Month,Campaign,Network,Currency code,Cost\n"


def spend(*more):
    rows = [f"2026-0{m}-01,{c},search ads,EUR,{m}0.50" for m in (1, 2, 3) for c in ("Brand", "Shop")]
    return REPORT + "".join(f"{row}\n" for row in (*rows, *more))


def test_spend_is_read_without_the_line_of_totals(read, tmp_path):  # noqa: F811
    said, sources = read(ads="Campaign performance\n1 January - 31 March\n" + spend("Total: Account,,,EUR,123.00"))
    assert sources["ads"].kind == "acquisition_spend"
    told, _ = preview_sources(tmp_path / "regulars.yaml", only=None, data=None, as_json=False, now=NOW)
    assert "ads: all of ads.csv, 6 rows" in told
    assert "excluded  1 row of acquisition_spend by the rule `totals`" in told
    assert "1 of 7 records are no day in `Month`" in said


def test_spend_without_a_channel_is_asked_about(read):  # noqa: F811
    said, sources = read(ads=spend().replace("Network", "Status"))
    assert not sources
    assert "no column names the channel" in said


def test_spend_of_one_long_period_is_asked_about(read):  # noqa: F811
    text = "".join(f"2026-01-01,2026-03-31,{c},social,{n}.50\n" for n, c in enumerate("abcdef"))
    said, sources = read(ads=f"Reporting starts,Reporting ends,Campaign name,Channel,Amount spent\n{text}")
    assert not sources
    assert "all rows end on one day (`Reporting ends`)" in said


def test_what_a_provider_pays_out_is_no_amount_without_tax(read):  # noqa: F811
    said, _ = read(orders=sales("Total,Fee", "0.30", net="{n}.20,{n}.50").replace("Date,Total", "Date,Net,Total"))
    assert "gross_sales by the name `Total`" in said
    assert "are tax, shipping and discounts within `Total`, or beside it?" in said
    _, sources = read(orders=sales("Net,Weight", "0.30"))
    assert sources["orders"].columns["gross_sales"] == "Net"


@pytest.mark.parametrize(("damaged", "is_read"), [(18, False), (1, True)])
def test_ids_that_a_spreadsheet_has_cut_are_said(read, tmp_path, damaged, is_read):  # noqa: F811
    text = sales("Net", "", net="{n}.50,")
    for n in range(damaged):
        text = text.replace(f"S{n},", f"7.2104{n % 10}E+1{n // 10},", 1)
    said, sources = read(orders=text)
    assert ("orders" in sources) is is_read
    assert ("as a spreadsheet cuts long ids" in said) is not is_read
    if is_read:
        told, _ = preview_sources(tmp_path / "regulars.yaml", only=None, data=None, as_json=False, now=NOW)
        assert "1 values of orders.order_id of `orders` are written like 9.99999E+99: different ids" in told


def test_numbers_of_orders_that_are_addresses_are_asked_about(read):  # noqa: F811
    rows = "".join(f"a{n}@x.example,0{1 + n % 9}.02.2026,{n}.50,S{n}\n" for n in range(18))
    said, sources = read(orders=f"Order No,Date,Net,Mail\n{rows}")
    assert not sources
    assert "`Order No` holds e-mail addresses: are columns exchanged, or which one is it?" in said
