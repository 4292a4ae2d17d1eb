import dataclasses
import re
from html.parser import HTMLParser

import duckdb
import pytest

from regulars.pipelines.definitions.windows import DEFAULT_LAPSE_DAYS
from regulars.pipelines.report.facts.report_facts import read_facts
from regulars.pipelines.report.report import render_report
from tests.report.prediction_tables import add_predictions
from tests.report.report_tables import HEADLINE, NOTHING_YET, company_tables

VOID = {"meta", "br"}


class Page(HTMLParser):
    """Checks that tags match; keeps text, attributes and the tables' cells."""

    def __init__(self, html):
        super().__init__()
        self.open, self.texts, self.attributes, self.rows = [], [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, *attribute) for attribute in attrs]
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, *attribute) for attribute in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)
        if self.rows and {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def row(self, first):
        return next(row for row in self.rows if row and row[0] == first)

    def titles(self):
        return [value for _, name, value in self.attributes if name == "title"]


def report_of(con=None, company="Knusperkiste", generation="g000123", headline=HEADLINE, language="en"):
    tables = con or company_tables()
    return render_report(tables, company=company, generation=generation, headline=headline, language=language)


def page(con=None, headline=HEADLINE):
    return Page(report_of(con, headline=headline))


def test_the_page_says_whose_it_is_and_of_which_day():
    text = page().text
    assert "Knusperkiste" in text
    assert "as of 18 Jan 2026" in text
    assert "generation g000123 · amounts in EUR" in text


def test_the_three_numbers_stand_with_what_they_rest_on():
    text = page().text
    assert "Customers 107 have bought or subscribed; 96 of them are active, 60 new in Dec 2025" in text
    assert "12-month churn 12.5% 12 lost in the 12 months to 31 Dec 2025, of 96 active on average" in text
    assert "NPS +33 95% interval −5 to +60 · 9 answers, 14 Dec 2025 to 10 Jan 2026" in text


def test_a_number_that_is_not_known_yet_says_why():
    text = page(headline=NOTHING_YET).text
    assert "Bought again within 90 days – not known yet: no customer's first 90 days are over" in text
    assert "NPS – no answers on a scale of 0 to 10" in text


def test_until_churn_is_known_the_repeat_rate_stands_for_it():
    text = page(headline=dataclasses.replace(HEADLINE, churn_rate_12m=None)).text
    assert "Bought again within 90 days 40.0% of 50 customers" in text


def test_a_number_whose_table_is_missing_still_says_what_it_rests_on():
    text = page(duckdb.connect()).text
    assert "Customers 107 have bought or subscribed; 96 of them are active" in text
    assert "12-month churn 12.5% at 31 Dec 2025" in text
    assert "NPS +33 of 9 answers" in text


def test_a_cohort_shows_its_size_its_worth_and_who_came_back():
    report = page()
    assert report.row("Nov 2025*")[:4] == ["Nov 2025*", "40", "31", "25%"]
    assert report.row("all cohorts")[:4] == ["all cohorts", "100", "", "25%"]
    assert "10 of 40 customers" in report.titles()
    assert "25.0% bought in the first month after their first order" in report.text


def test_a_month_that_is_not_over_is_hatched_and_gives_no_rate():
    report = page()
    assert ("td", "class", "open") in report.attributes
    assert report.row("Dec 2025")[3] == "so far 3 of 60 customers; the month is not over"
    assert report.row("Jan 2026")[:3] == ["Jan 2026", "7", "–"]


def test_unknown_churn_is_a_gap_in_the_line():
    html = report_of()
    churn = html[html.index('id="churn"') : html.index('id="nps"')]
    lines = re.findall(r'<polyline class="line a" points="([^"]*)"', churn)
    assert [len(line.split()) for line in lines] == [1, 1]
    assert "At the end of Dec 2025 the 12-month churn was 12.5%; a year before it was 20.0%." in churn
    assert "Of the 110 who were customers a year before, 30.0% were gone (33; 95% interval 22.3% to 39.1%)." in churn
    assert "22.3% to 39.1%). A year before, that share was 25.0%." in churn
    assert "Nov 2025: – — – lost of –" not in html


def test_churn_that_is_never_known_says_since_when_it_will_be():
    con = company_tables()
    con.execute("delete from marts.churn where churn_rate_12m is not null")
    assert "not known yet: history too short: known from 2025-12-31 on" in page(con).text


def test_money_records_and_rules_are_proven():
    report = page()
    assert "Not a penny is missing in 2 months of sources." in report.text
    assert report.row("shop")[2:] == ["120", "97", "15", "1", "2", "5"]
    assert ["shop", "orders EUR", "163.11", "161.11", *["0.00"] * 4, "2.00", "0.00", "0.00"] in report.rows
    assert ["shop", "orders", "Every order has an order_id", "2"] in report.rows
    assert ["raw.customers", "An e-mail address has an @", "17"] in report.rows
    assert "1 rule about 2 tables hold, 1 is broken with a warning." in report.text


def test_a_difference_is_a_warning():
    con = company_tables()
    con.execute("update meta.tie_out set difference = 0.01 where month = date '2025-12-01'")
    assert "1 month of sources does not tie out." in page(con).text


def test_a_stale_source_comes_first():
    assert "surveys is stale. Its delivery of – was used again. cut off in line 12" in page().text


def test_no_personal_value_reaches_the_page():
    assert "ada@example.com" not in report_of()


def test_what_a_company_wrote_is_text_and_nothing_else():
    con = company_tables()
    evil = "<script>alert(1)</script>\"'&"
    con.execute("update meta.sources set source = $1, reason = $1", [evil])
    con.execute("update meta.checks set description = $1", [evil])
    con.execute("update raw.company set currency = $1", [evil])
    html = report_of(con, company=evil, generation=evil)
    assert "<script" not in html
    assert Page(html).text.count(evil) >= 6


def test_the_page_needs_no_network_and_runs_nothing():
    html = report_of()
    assert not re.search(r"https?://|<script|<link|<img|@import|\bon\w+=", html)
    assert set(re.findall(r"url\(([^)]*)\)", html)) == {"#hatch"}
    assert "default-src 'none'" in html


def test_the_same_tables_give_the_same_page():
    assert report_of() == report_of()


def test_an_empty_company_gets_sentences():
    text = page(duckdb.connect(), headline=NOTHING_YET).text
    for sentence in (
        "No customer has ordered yet.",
        "There is no month with customers yet.",
        "There are no answers on a 0 to 10 scale yet.",
        "Nothing has been sold yet.",
        "No customer has brought any net sales yet.",
        "It is not recorded what was read.",
        "There are no amounts to tie out.",
        "No contract was checked.",
    ):
        assert sentence in text


@pytest.mark.parametrize("schema", ["raw", "marts", "meta", "quarantine"])
def test_any_missing_or_empty_table_leaves_the_rest_standing(schema):
    con = company_tables()
    tables = con.execute(f"select table_name from duckdb_tables() where schema_name = '{schema}'").fetchall()
    for (table,) in tables:
        con.execute(f"delete from {schema}.{table}")
        assert "Can these numbers be trusted?" in page(con).text
        con.execute(f"drop table {schema}.{table}")
        assert "Can these numbers be trusted?" in page(con).text


def test_every_picture_has_words_for_those_who_cannot_see_it():
    con = company_tables()
    add_predictions(con)
    report = page(con)
    pictures = [value for tag, name, value in report.attributes if tag == "svg" and name == "aria-label"]
    assert pictures == [
        "Share who bought again, by months since the first order",
        "Net sales per customer so far, by months since the first order",
        "12-month churn by month",
        "Active customers by month",
        "Share of the expected value held by the best customers",
        "Probability of still being a customer, by purchases and time since the last one",
        "Purchases per customer by decile, expected and actual",
        "Value per customer by decile, expected and actual",
        "Repeat purchases by week, expected and actual",
        "Repeat purchases so far, expected and actual",
        "NPS, rolling 28 days and by week",
        "Sales by month",
    ]
    sections = {value for _, name, value in report.attributes if name == "aria-labelledby"}
    ids = [value for _, name, value in report.attributes if name == "id" and value != "hatch"]
    assert len(ids) == len(set(ids))
    assert sections == {value for tag, name, value in report.attributes if tag == "h2" and name == "id"}


def test_without_the_settings_a_customer_lapses_as_by_default():
    con = company_tables()
    con.execute("update raw.company set lapse_days = 90")
    assert read_facts(con, "Knusperkiste", "g000123", HEADLINE).lapse_days == 90
    con.execute("drop table raw.company")
    assert read_facts(con, "Knusperkiste", "g000123", HEADLINE).lapse_days == DEFAULT_LAPSE_DAYS
