"""What the delivered values of a file say about how they are written."""

from typing import Any

import duckdb
import pytest

from regulars.pipelines.settings.sources.columns import KindMapping
from regulars.pipelines.settings.sources.file_options import FileOptions
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.mapping.evidence import Evidence, collect_evidence
from regulars.pipelines.sources.mapping.evidence_findings import find_contradictions, find_doubtful_readings
from regulars.pipelines.sources.mapping.mapping import LandedFile
from regulars.pipelines.sources.mapping.unread_states import list_unread_states

COLUMNS = {"order_id": "no", "ordered_at": "at", "gross_sales": "total", "tax": "vat"}


def findings_of(*files: list[dict[str, Any]], columns: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """Name -> (count, sentence) of what orders in these files give rise to, above no threshold but 0."""
    source = Source(path="x.csv", kind="orders", columns=COLUMNS | (columns or {}), options=FileOptions(**options))
    evidence = Evidence()
    for rows in files:
        with duckdb.connect() as con:
            names = ("no", "at", "total", "vat", "state", "Currency")
            con.execute(
                'create table file_rows ("no" varchar, "at" varchar, total varchar, vat varchar, state varchar, '
                '"Currency" varchar)'
            )
            for row in rows:
                con.execute("insert into file_rows values (?, ?, ?, ?, ?, ?)", [row.get(name) for name in names])
            file = LandedFile(
                "file_rows", names, ["state", "Currency"], source.options, "shop", "shop", 1, "", "UTC", "EUR"
            )
            collect_evidence(con, file, source.mappings, evidence)
    found = find_doubtful_readings(evidence, {"shop": source}, {"shop": "EUR"})
    return {each.name: (each.count, each.sentence) for each in found}


def totals(*values: str, **options: Any) -> dict[str, int]:
    found = findings_of([{"total": value} for value in values], **options)
    return {name: count for name, (count, _) in found.items()}


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        (("12.50", "1.234", "0.5"), {}, {}),
        (("1.234", "2.500", "17"), {}, {"numbers_with_two_readings": 2}),
        (("1.234", "0.500"), {}, {}),  # a thousand never begins with 0
        (("1.234", "1,234,567"), {}, {}),  # two commas group digits
        (("1.234", "12,50"), {}, {"numbers_of_another_format": 1, "numbers_with_two_readings": 1}),
        (("1.234", "1.234,5"), {}, {"numbers_of_another_format": 1, "numbers_with_two_readings": 1}),
        (("12.50", "1,50", "3.75"), {}, {"numbers_of_another_format": 1}),
        (("1.234", "17"), {"decimal": ","}, {}),  # the settings say what it is
        (
            ("1.234", "17.50", "3,20"),
            {"decimal": ","},
            {"numbers_of_another_format": 1, "numbers_with_two_readings": 1},
        ),
        (("6,000.00", "6.000,00"), {"thousands": ","}, {"numbers_of_another_format": 1}),
        (("€ 1.234", "-1.234-", "12345"), {}, {"numbers_with_two_readings": 2}),
        (("1234.567", "12.3456"), {}, {}),
    ],
)
def test_numbers_that_two_decimal_signs_explain_are_counted(values, options, expected):
    assert totals(*values, **options) == expected


def test_another_column_of_the_source_may_prove_the_decimal_sign():
    assert findings_of([{"total": "1.234", "vat": "0.19"}]) == {}
    assert findings_of([{"total": "1.234"}], [{"total": "17.5"}]) == {}


def test_days_before_the_13th_prove_no_order_of_day_and_month():
    days = [{"at": f"{day:02}/03/2026"} for day in range(1, 13)]
    found = findings_of(days, datetime_format="%d/%m/%Y")
    assert found["days_with_two_readings"][0] == 12
    assert findings_of(days, [{"at": "13/03/2026"}], datetime_format="%d/%m/%Y") == {}
    assert findings_of([{"at": "2026-03-01"}]) == {}


def test_days_that_only_fit_the_other_way_round_are_counted():
    found = findings_of([{"at": "25/03/2026"}, {"at": "03/25/2026"}, {"at": "x"}], datetime_format="%m/%d/%Y")
    assert {name: count for name, (count, _) in found.items()} == {"days_of_another_format": 1}


def test_the_end_of_a_day_is_read_as_the_begin_of_the_next_and_said():
    found = findings_of([{"at": "2026-01-31 24:00:00"}, {"at": "2026-01-31T24:00Z"}, {"at": "2026-01-31 23:00:00"}])
    assert found["moments_at_24"][0] == 2


def test_an_expression_that_is_neither_yes_nor_no_is_said():
    rows = [{"state": "void"}, {"state": "paid"}, {}]
    found = findings_of(rows, columns={"is_cancelled": {"sql": "state = 'void'"}})
    assert found["booleans_empty"][0] == 1
    assert "orders.is_cancelled" in found["booleans_empty"][1]
    assert findings_of(rows, columns={"is_cancelled": {"sql": "state is not distinct from 'void'"}}) == {}
    assert findings_of(rows, columns={"is_cancelled": "state"}) == {}  # an empty cell is no


def test_a_column_of_currencies_that_nothing_reads_is_said_where_it_names_others():
    rows = [{"Currency": "EUR"}, {"Currency": " gbp"}, {"Currency": "USD"}, {}]
    count, sentence = findings_of(rows)["currency_not_mapped"]
    assert count == 2
    assert "taken for EUR" in sentence
    assert findings_of(rows, columns={"currency": "Currency"}) == {}
    assert findings_of([{"Currency": "EUR"}, {"Currency": "Euro"}]) == {}


@pytest.mark.parametrize(
    ("answers", "is_contradiction"),
    [
        ({"survey_type": {"value": "nps"}, "scale_min": {"value": "1"}, "scale_max": {"value": "10"}}, True),
        ({"survey_type": {"value": "NPS"}, "scale_max": {"value": "5"}}, True),
        ({"survey_type": {"value": "nps"}, "scale_min": {"value": "0"}, "scale_max": {"value": "10.0"}}, False),
        ({"survey_type": {"value": "nps"}}, False),
        ({"survey_type": {"value": "csat"}, "scale_min": {"value": "1"}, "scale_max": {"value": "5"}}, False),
        ({"survey_type": "type", "scale_min": {"value": "1"}}, False),
    ],
)
def test_settings_that_call_another_scale_nps_contradict_themselves(answers, is_contradiction):
    columns = {"response_id": "id", "score": "score", "answered_at": "at", **answers}
    source = Source(path="x.csv", kind="survey_responses", columns=columns)
    assert [each.name for each in find_contradictions("poll", source)] == ["nps_on_another_scale"] * is_contradiction


def test_a_thousand_with_a_point_among_amounts_of_two_decimals_is_said():
    assert totals("12.50", "9.90", "3.00", "7.25", "8.00", "1.234") == {"numbers_with_two_readings": 1}
    assert totals("12.50", "9.90", "3.00", "7.25", "8.00", "0.5", "1.234") == {}


@pytest.mark.parametrize("text", ["KÃ¶ln", "MÃ¼nchen", "Å\x81Ã³dÅº", "â€“", "K\ufffdln", "K&ouml;ln", "A &amp; B"])
def test_texts_that_were_damaged_before_they_came_are_counted(text):
    found = findings_of([{"state": text}, {"state": "Köln"}], columns={"city": "state"})
    assert found["texts_garbled"][0] == 1


@pytest.mark.parametrize("text", ["São Paulo", "Århus", "ÄÖÜ", "R&D", "Łódź", "İstanbul", "Âge d’or", "A & B; C"])
def test_sound_texts_are_not_taken_for_damaged(text):
    assert findings_of([{"state": text}], columns={"city": "state"}) == {}


def test_a_state_that_no_setting_reads_is_said_where_it_calls_orders_cancelled():
    rows = [{"state": state} for state in ("paid", "Cancelled", "storniert", "refunded")]
    assert findings_of(rows)["states_not_read"][0] == 2
    assert findings_of(rows, columns={"status": "state"})["states_not_read"][0] == 2
    assert findings_of(rows, columns={"is_cancelled": {"sql": "state = 'Cancelled'"}}) == {}


def survey_findings(*files: tuple[str, ...], column: str = "Progress", when: str | None = None) -> dict[str, int]:
    """Name -> count of what answers give rise to, each file with the values of one column that nothing reads."""
    wanted = {"response_id": "id", "answered_at": "at", "score": "score"}
    source = Source(path="x.csv", kind="survey_responses", columns=wanted)
    evidence = Evidence()
    for values in files:
        with duckdb.connect() as con:
            con.execute(f'create table file_rows (id varchar, "{column}" varchar)')
            con.executemany("insert into file_rows values (?, ?)", [list(each) for each in enumerate(values)])
            options = (source.options, "poll", "poll", 1, "", "UTC", "EUR")
            file = LandedFile("file_rows", ("id", column), [column], *options)
            collect_evidence(
                con, file, {"survey_responses": KindMapping(columns={"response_id": "id"}, when=when)}, evidence
            )
    return {each.name: each.count for each in find_doubtful_readings(evidence, {"poll": source}, {"poll": "EUR"})}


@pytest.mark.parametrize(
    ("files", "unfinished", "doubtful"),
    [
        ([("100", "40", "100 %", "")], 1, 0),
        ([("40", "7"), ("100",)], 2, 0),  # one file proves for all how the source counts
        ([("100", "1", "0.5")], 2, 0),
        ([("1", "1", "1.0")], 0, 0),
        ([("1", "0.4", "0,25", "0")], 3, 0),
        ([("1", ".4", ",25", "0")], 3, 0),  # as some tools for statistics write it
        ([("0.4",), ("1",)], 1, 0),
        ([("0.4", "0.2")], 0, 0),  # nothing says where it ends
        ([("1", "0")], 0, 0),  # a yes and a no, or pages
        ([("12", "7", "1", "0.5")], 0, 0),
        ([("1", "1", "0.4"), ("100", "40", "1")], 2, 1),  # the tool counts anew from the second file on
        ([("100", "40", "1"), ("1", "1", "0.4")], 2, 1),
        ([("1", "0.4"), ("100", "40"), ("1", "1", "0"), ("60", "1")], 4, 1),  # those that do not tell it themselves
        ([("1", "1", "1"), ("100", "40")], 1, 3),  # shares, all finished, or each one part of a hundred
        ([("100", "40"), ("1",)], 1, 1),
        ([("100", "40", "1"), ("60", "1")], 4, 0),  # files with larger numbers count no shares
        ([("1", "1", "1", "100", "40")], 1, 3),
        ([("1", "0.4"), ("60", "30")], 1, 2),  # percent of which none is finished, or pages
        ([("1", "0.4"), ("12", "12", "7", "1", "0")], 2, 4),
        ([("1", "1", "0.4", "0", "100", "40")], 3, 2),  # one file with answers from before and after
    ],
)
def test_progress_is_read_as_of_100_or_of_1_or_not_at_all(files, unfinished, doubtful):
    counts = {"unfinished_answers_count": unfinished, "progress_with_two_readings": doubtful}
    assert survey_findings(*files) == {name: count for name, count in counts.items() if count}


def test_only_answers_that_the_mapping_reads_are_counted_as_unfinished():
    assert survey_findings(("100", "40", "30"), when="id <> '2'") == {"unfinished_answers_count": 1}
    assert survey_findings(("complete", "partial", "partial"), column="Status", when="id <> '2'") == {
        "unfinished_answers_count": 1
    }


@pytest.mark.parametrize(
    ("column", "said", "unsaid"),
    [
        ("Cancelled at", ("2026-03-01 10:00", "yes"), ("", "no", "within 14 days")),
        ("test", ("true", "1"), ("false", "", "0")),
        ("Financial Status", ("voided",), ("paid", "partially_refunded")),
        ("note", (), ("cancelled",)),
    ],
)
def test_only_columns_that_can_say_it_are_asked_whether_an_order_counts(column, said, unsaid):
    asked = dict(list_unread_states("orders", [column], asks_cancelled=True, asks_test=True))
    with duckdb.connect() as con:
        for value in (*said, *unsaid):
            query = f'select {asked.get(column, "false")} from (select ? as "{column}") as file'
            assert con.execute(query, [value]).fetchall()[0][0] is (value in said)


def test_amounts_from_a_column_named_as_cents_are_said():
    source = Source(path="x.csv", kind="orders", columns=COLUMNS | {"gross_sales": "amount_cents"})
    [found] = find_contradictions("shop", source)
    assert (found.name, found.kind) == ("amounts_named_as_cents", "orders")
    assert '"amount_cents"::decimal(18, 4) / 100' in found.advice
    derived = source.columns | {"gross_sales": {"sql": "amount_cents::decimal / 100"}}
    assert find_contradictions("shop", Source(path="x.csv", kind="orders", columns=derived)) == []
    assert find_contradictions("shop", Source(path="x.csv", kind="orders", columns=COLUMNS | {"tax": "percent"})) == []
