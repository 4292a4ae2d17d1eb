import base64
import re
from xml.etree import ElementTree

import duckdb
import pytest

from regulars.pipelines.report.parts import Key, Part, make_absent_part
from regulars.pipelines.report.pictures import PICTURES, draw_pictures
from regulars.pipelines.report.render.markdown import render_markdown
from tests.report.prediction_tables import add_predictions
from tests.report.report_tables import company_tables

IMAGE = re.compile(r"!\[([^\]]*)\]\(data:image/svg\+xml;base64,([^)]*)\)")
SMALL = 50_000


@pytest.fixture(scope="module")
def con():
    tables = company_tables()
    add_predictions(tables)
    return tables


@pytest.mark.parametrize("table", PICTURES)
def test_a_picture_is_small_and_carries_itself(con, table):
    markdown = draw_pictures(con, table)
    assert len(markdown) < SMALL
    images = IMAGE.findall(markdown)
    assert images
    for name, encoded in images:
        assert name
        drawing = ElementTree.fromstring(base64.b64decode(encoded))
        assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
        assert float(drawing.get("width")) <= 500  # so wide is the window that Dagster shows it in
        assert "--a: #0f6e6e" in drawing.findtext("{http://www.w3.org/2000/svg}style")


@pytest.mark.parametrize("table", PICTURES)
def test_a_picture_has_a_sentence(con, table):
    sentences = [part for part in draw_pictures(con, table).split("\n\n") if part.endswith(".")]
    assert sentences
    assert not re.search(r"<\w|&\w+;", "".join(sentences))


def test_a_table_without_a_picture_has_none(con):
    assert draw_pictures(con, "core.orders") is None


@pytest.mark.parametrize("table", PICTURES)
def test_an_empty_table_says_why_there_is_no_picture(table):
    con = company_tables()
    add_predictions(con)
    for each in PICTURES:
        con.execute(f"delete from {each}")
    markdown = draw_pictures(con, table)
    assert not IMAGE.findall(markdown)
    assert markdown.endswith(".")


def test_totals_to_come_have_their_ranges_or_the_reason_why_not(con):
    said = "Four times of five 12 months bring EUR 800 to EUR 1,250, and 36 months EUR 1,400 to EUR 2,900."
    assert said in draw_pictures(con, "marts.predicted_totals")
    untested = company_tables()
    add_predictions(untested)
    untested.execute("update marts.predicted_totals set predicted_total_value_36m_low = null, reason = 'no test'")
    assert "may be is not known: no test." in draw_pictures(untested, "marts.predicted_totals")


def test_the_profile_names_the_values_that_stand_out_and_says_so_where_none_does(con):
    assert "These stand out from chance: customer type: office. Others may be chance." in draw_pictures(
        con, "marts.primary_customer_profile"
    )
    unsure = company_tables()
    unsure.execute("update marts.primary_customer_profile set stands_out = false")
    assert "None of the values shown stands out from chance." in draw_pictures(unsure, "marts.primary_customer_profile")


def test_nothing_of_the_page_s_hover_is_kept_with_the_run(con):
    for table in PICTURES:
        for _, encoded in IMAGE.findall(draw_pictures(con, table)):
            assert not re.search(b"<title>|class=.touch", base64.b64decode(encoded))


def test_colours_of_a_legend_become_signs():
    legend = [Key("a line", "actual"), Key("b", "expected"), Key("dash", "all alike")]
    assert render_markdown([Part(legend=legend)]) == "🟢 actual · 🟠 expected · ┄ all alike"


def test_parts_stand_below_each_other_with_their_titles():
    parts = [Part(title="First", caption="Ben & Jerry's"), make_absent_part("There is nothing.")]
    assert render_markdown(parts) == "**First**\n\nBen & Jerry's\n\nThere is nothing."


def test_largest_company_in_sight_still_makes_small_pictures():
    con = duckdb.connect()
    con.execute(
        """
        create schema marts;
        create table marts.retention_cohorts as
        select 'month' as grain, 'all' as dimension, date '2006-01-01' + to_months(start::integer) as cohort_start,
            period::integer as period_number, 100000 as cohort_size, 40000 as retained_customers,
            0.4e0 as retention_rate, 1000000::decimal(18,4) as net_sales, 100e0 as cumulative_net_sales_per_customer
        from range(0, 240) as starts(start), range(0, 240) as periods(period) where start + period < 240
        """
    )
    con.execute("alter table marts.retention_cohorts alter cohort_start type date")
    assert len(draw_pictures(con, "marts.retention_cohorts")) < SMALL
