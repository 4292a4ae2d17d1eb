"""Every sentence of the page is in every language, and nothing on the page bypasses the languages."""

import datetime as dt
import gettext
import re
from decimal import Decimal
from typing import get_args

import polib
import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.report.facts.report_facts import read_facts
from regulars.pipelines.report.pictures import PICTURES, draw_pictures
from regulars.pipelines.report.render.page import TEMPLATES, render_page
from regulars.pipelines.report.report import build_page
from regulars.pipelines.report.words.collect import collect_messages, list_mistakes, update_catalogue
from regulars.pipelines.report.words.words import CATALOGUES, Words, list_languages, read_words
from regulars.pipelines.run.lineage import CODE, NO_PART_IN_RESULTS, deciding_settings
from regulars.pipelines.sample.sample_company import SETTINGS
from regulars.pipelines.settings.package import ROOT
from regulars.pipelines.settings.settings import Report
from regulars.pipelines.settings.settings_file import parse_settings
from tests.report.prediction_tables import add_predictions
from tests.report.report_tables import HEADLINE, company_tables
from tests.report.test_report import Page, report_of

FINNISH = read_words("fi")
TRANSLATIONS = sorted(CATALOGUES.glob("*.po"))
OF_TABLES = {
    *("Knusperkiste", "EUR", "shop", "surveys", "orders", "orders EUR", "malformed", "raw.customers", "churn rate 12m"),
    *(
        "An e-mail address has an @",
        "Every order has an order_id",
        "no_date",
        "cut off in line 12",
        "1 late order",
        "nps",
    ),
    *("chosen: smallest error", "larger error", "c1", "c2", "c3", "owner_1", "scored 3 of 10 on 2026-01-10"),
    *("lapsed on 2026-01-02 after 3 orders", "last order 300 days ago, lapses on 2026-03-24"),
    *("price", "late delivery", "packaging", "net sales", "EUR 70", "EUR 58", "the period is not over"),
}
"""Words of the small company's own tables."""

RESTATED = """
    create table meta.restatements as
    select 123 as generation, 'marts.churn' as table_name, 'churn_rate_12m' as metric, 'all' as key,
        date '2025-12-01' as period_start, date '2025-12-31' as period_end, 'ratio' as unit, 1 as cause_rank,
        0.1e0 as value_before, 0.125e0 as value_after, 0.025e0 as change, '1 late order' as reason
"""


def whole_company():
    con = company_tables()
    add_predictions(con)
    con.execute(RESTATED)
    return con


def seen(report):
    """Everything on a page that a person sees or hears."""
    texts = [" ".join(text.split()) for text in report.texts if not text.lstrip().startswith("/*")]  # the style
    return texts + [value for _, name, value in report.attributes if name in {"title", "aria-label"}]


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.stem)
def test_a_language_has_every_sentence_of_the_report(path):
    assert list_mistakes(polib.pofile(str(path))) == []


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.stem)
def test_a_catalogue_is_as_the_collecting_command_writes_it(path, tmp_path):
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    update_catalogue(copy)
    assert copy.read_text(encoding="utf-8") == path.read_text(encoding="utf-8")


def test_the_finnish_page_has_no_english_sentence():
    page = Page(report_of(whole_company(), language="fi"))
    assert ("html", "lang", "fi") in page.attributes
    english = [
        re.compile(re.sub(r"\\\{\w+\\\}", ".*", re.escape(text)))
        for message in collect_messages().values()
        for text in (message.text, message.many)
        if " " in text and re.search("[a-z]", re.sub(r"\{\w+\}", "", text))
    ]
    assert len(english) > 150
    assert [text for text in seen(page) if any(sentence.fullmatch(text) for sentence in english)] == []


class Marked(gettext.NullTranslations):
    """A language in which every message that has a word stands in angle brackets."""

    def gettext(self, message):
        return f"«{message}»" if re.search("[A-Za-z]", re.sub(r"\{\w+\}", "", message)) else message

    def ngettext(self, msgid1, msgid2, n):
        return self.gettext(msgid1 if n == 1 else msgid2)


def test_every_word_of_the_page_is_a_message_or_comes_out_of_a_table():
    con = whole_company()
    words = Words("en", Marked())
    page = Page(render_page(build_page(read_facts(con, "Knusperkiste", "g000123", HEADLINE), words)))
    left = set()
    for text in seen(page):
        while re.search("«[^«»]*»", text):
            text = re.sub("«[^«»]*»", "", text)
        left.add(text.strip(" .,:;()·—/%"))
    words_left = {text for text in left if re.search("[A-Za-z]", text)}
    assert words_left <= OF_TABLES


def test_the_templates_hold_no_word():
    for path in TEMPLATES.glob("*.html"):
        text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"\w", re.sub(r"<[^>]*>", "", text)), path.name


@pytest.mark.parametrize("table", PICTURES)
def test_a_picture_in_dagster_speaks_the_language_of_the_report(table):
    con = whole_company()
    assert draw_pictures(con, table, "fi") != draw_pictures(con, table)


def test_finnish_numbers_and_days_are_written_as_in_finland():
    assert FINNISH.money(Decimal("-1234567.5"), "EUR") == "−1\u00a0234\u00a0567,50"
    assert FINNISH.percent(0.289) == "28,9\u00a0%"
    assert FINNISH.amount(1234.5, "EUR", 2) == "1\u00a0234,50\u00a0EUR"
    assert FINNISH.short(25_000) == "25\u00a0t."
    assert FINNISH.day(dt.date(2026, 6, 30)) == "30.6.2026"
    assert FINNISH.month(dt.date(2026, 6, 1)) == "6/2026"


def test_english_numbers_and_days_are_as_the_code_has_them():
    english = read_words("en")
    assert english.number(-1234567.891, 2) == "−1,234,567.89"
    assert english.moment(dt.datetime(2026, 9, 1, 3, 5)) == "1 Sep 2026 03:05"  # noqa: DTZ001
    assert english.amount(1234.5, "") == "1,234"


def test_what_is_counted_has_the_form_for_so_many():
    assert FINNISH.say_count("{n} customer", "{n} customers", 1) == "1 asiakas"
    assert FINNISH.say_count("{n} customer", "{n} customers", 1200) == "1\u00a0200 asiakasta"


def test_a_language_that_the_report_does_not_speak_is_refused_by_name():
    with pytest.raises(SettingsWrong, match="does not speak `xx`, only en, fi"):
        read_words("xx")


def test_the_settings_offer_the_languages_that_there_are():
    assert sorted(get_args(Report.model_fields["language"].annotation)) == list_languages()


def test_another_language_asks_for_a_new_report_but_explains_no_changed_number():
    assert "report" not in NO_PART_IN_RESULTS  # what is left in decides whether a run has something new to publish
    finnish = SETTINGS.read_text(encoding="utf-8").replace("language: en", "language: fi")
    settings = parse_settings(finnish, name="regulars.yaml", environment={})
    assert settings.report.language == "fi"
    assert "report" not in deciding_settings(settings)


def test_a_changed_template_style_or_language_is_changed_code():
    files = {path for path in CATALOGUES.parent.rglob("*.*") if path.suffix in {".py", ".html", ".css", ".po"}}
    assert len({path.suffix for path in files}) == 4
    assert files <= {path for pattern in CODE for path in ROOT.glob(pattern)}
