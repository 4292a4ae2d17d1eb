"""A format that fits no value is told with the shape of one value, and with a format that fits them all."""

from typing import Any

import duckdb
import pytest

from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.sources.file_options import FileOptions
from regulars.pipelines.sources.formats.format_advice import FormatAdvice, advise_formats
from regulars.pipelines.sources.formats.shape import mask_value, write_shape
from regulars.pipelines.sources.mapping.canonical import convert_to_form


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute("create schema landed")
        yield con


def advise(con, values: list[str | None], form: str = "moment", **options: Any) -> list[FormatAdvice]:
    """The advice about a source of orders whose moments, or amounts, are these."""
    column = "ordered_at" if form == "moment" else "gross_sales"
    settings = Settings.model_validate(
        {
            "company": {"name": "Shop", "timezone": "UTC", "currency": "EUR"},
            "sources": {
                "shop": {
                    "path": "orders.csv",
                    "kind": "orders",
                    "columns": {"order_id": "id", "ordered_at": "Zeit", "gross_sales": "Total"},
                    "options": options,
                }
            },
        }
    )
    read = convert_to_form(form, "v", FileOptions(**options), "UTC")
    con.execute("create or replace temp table written (v varchar)")
    con.executemany("insert into written values (?)", [[value] for value in values])
    others = ", ".join(f"null::varchar as {each.name}" for each in KINDS["orders"].columns if each.name != column)
    con.execute(f"""
        create or replace table landed.orders as
        select 'shop' as _source, {read} as {column}, {others}
        from written
    """)
    return advise_formats(con, settings)


def propose(con, *values: str, form: str = "moment", **options: Any) -> tuple[str, ...]:
    [found] = advise(con, list(values), form, **options)
    return found.proposals


def test_values_that_fit_need_no_advice(con):
    assert advise(con, ["2026-01-01 10:00:00", "2026-01-01T10:00:00Z", None]) == []
    assert advise(con, ["1.5", None], "number") == []


def test_the_sentence_names_the_place_the_expected_format_and_the_shape_of_a_value(con):
    [found] = advise(con, ["31.12.2025 23:59", "01.01.2026 00:10"], datetime_format="%m/%d/%Y %H:%M")
    assert found.sentence == (
        'orders.ordered_at: 2 of 2 values do not fit `datetime_format: "%m/%d/%Y %H:%M"`; '
        "most are written like `99.99.9999 99:99` (9 stands for a digit, A and a for letters)"
    )
    assert found.advice == '`options: {datetime_format: "%d.%m.%Y %H:%M"}` fits all of them'


@pytest.mark.parametrize(
    ("values", "proposal"),
    [
        (["2023/09/27 3:00:00 PM GMT+3"], '`options: {datetime_format: "%Y/%m/%d %I:%M:%S %p GMT%z"}`'),
        (["Freitag, 3. März 2023 um 08:05:00"], '`options: {datetime_format: "%A, %d. %B %Y um %H:%M:%S"}`'),
        (["13-Jan-2024"], '`options: {datetime_format: "%d-%B-%Y"}`'),
        (["Mon, 15 Jan 2024 10:00:00 +0100"], '`options: {datetime_format: "%A, %d %B %Y %H:%M:%S %z"}`'),
        (["20240113"], '`options: {datetime_format: "%Y%m%d"}`'),
        (["13/01/2024 9:05"], '`options: {datetime_format: "%d/%m/%Y %H:%M"}`'),
        (
            ["1704067200", "1704067300"],
            "`ordered_at: {sql: 'make_timestamp(try_cast(\"Zeit\" as bigint) * 1000000)::varchar || ''+00:00'''}`",
        ),
        (
            ["13.01.2024 10:00 UTC"],
            '`options: {datetime_format: "%d.%m.%Y %H:%M UTC"}` and `timezone: UTC` for the source',
        ),
        (
            ["Freitag, 3. März 2023 um 08:05:00 Mitteleuropäische Normalzeit"],
            '`options: {datetime_format: "%A, %d. %B %Y um %H:%M:%S"}` with '
            "`ordered_at: {sql: 'regexp_replace(\"Zeit\", '' [(]?[\\p{L}][\\p{L} ]+[)]?$'', '''')'}` "
            "and the `timezone` that the words behind it name",
        ),
    ],
)
def test_a_common_format_that_fits_all_values_is_proposed(con, values, proposal):
    assert propose(con, *values) == (proposal,)


def test_two_formats_that_both_fit_are_both_told(con):
    both = propose(con, "03/04/2024 10:00", "05/06/2024 11:30")
    assert both == (
        '`options: {datetime_format: "%d/%m/%Y %H:%M"}`',
        '`options: {datetime_format: "%m/%d/%Y %H:%M"}`',
    )
    assert propose(con, "03/04/2024 10:00", "13/06/2024 11:30") == both[:1]


def test_an_iso_moment_where_another_format_was_expected_proposes_iso(con):
    assert propose(con, "2024-01-13 10:00:00", datetime_format="%d.%m.%Y %H:%M") == (
        "`options: {datetime_format: iso}`",
    )


@pytest.mark.parametrize(
    ("values", "options", "proposal"),
    [
        (["1.234,50", "9,99"], {}, '`options: {decimal: ",", thousands: "."}`'),
        (["9,99"], {}, '`options: {decimal: ","}`'),
        (["9.99"], {"decimal": ","}, '`options: {decimal: "."}`'),
        (["EUR 9.99"], {}, '`options: {currency_sign: "EUR"}`'),
        (["$9.99", "-$1.00", "($2.00)"], {}, '`options: {currency_sign: "$"}`'),
    ],
)
def test_numbers_get_a_proposal_too(con, values, options, proposal):
    assert propose(con, *values, form="number", **options) == (proposal,)


def test_nothing_is_proposed_when_some_values_fit_or_none_is_known(con):
    [some] = advise(con, ["2024-01-13 10:00:00", "13.01.2024 10:00"])
    assert (some.misfit_count, some.value_count, some.proposals) == (1, 2, ())
    [none] = advise(con, ["yesterday", "the day before"])
    assert none.proposals == ()
    assert "say in `options` how they are written" in none.advice


def test_no_sentence_holds_a_value(con):
    [found] = advise(con, ["ada@example.org 10:00", "ada@example.org 11:00"])
    assert found.shape == "aaa@aaaaaaa.aaa 99:99"
    assert "ada" not in found.sentence + found.advice


@pytest.mark.parametrize("value", ["Ärger 26.01.2023 um 9:05", "東京 １２", "a\tb\u00a0c", "x" * 80, "", "é\u0301ﬁ²"])
def test_sql_and_python_show_the_same_shape(con, value):
    assert con.execute(f"select {write_shape('v')} from (select ? as v)", [value]).fetchone()[0] == mask_value(value)


def test_a_shape_keeps_signs_and_hides_letters_and_digits():
    assert mask_value("Ärger 26.01.2023 um 9:05 東") == "Aaaaa 99.99.9999 aa 9:99 a"
    assert len(mask_value("x" * 80)) == 60
