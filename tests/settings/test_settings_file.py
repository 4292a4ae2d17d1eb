"""Settings: small files work, every mistake is named with its line."""

import datetime as dt

import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.settings import Settings, find_as_of
from regulars.pipelines.settings.settings_file import load_settings, parse_settings

SMALL = """\
company: {name: Corner Shop, timezone: Europe/Berlin, currency: EUR}
sources:
  shop:
    path: orders.csv
    kind: orders
    columns:
      order_id: Order
      ordered_at: [Created at, Date]
      gross_sales: {sql: 'replace("Total", ''€'', '''')'}
      channel: {value: web}
"""


def parsed(text: str, **environment: str) -> Settings:
    return parse_settings(text, name="regulars.yaml", environment=environment)


def mistakes(text: str, **environment: str) -> list[str]:
    with pytest.raises(SettingsWrong) as caught:
        parsed(text, **environment)
    return str(caught.value).splitlines()


def test_a_small_shop_needs_few_lines():
    settings = parsed(SMALL)
    assert settings.lapse_days == 365
    assert settings.sources["shop"].is_required
    assert settings.sources["shop"].mappings.keys() == {"orders"}


def test_a_misspelt_key_is_named_with_its_line_and_the_nearest_valid_key():
    assert mistakes(SMALL + "lapse_dys: 30\n") == [
        "regulars.yaml:11: lapse_dys: unknown key; did you mean `lapse_days`?"
    ]


def test_a_misspelt_key_deep_inside_is_found_too():
    text = SMALL.replace("    kind: orders", "    options: {delimitr: ';'}\n    kind: orders")
    assert mistakes(text) == ["regulars.yaml:5: sources.shop.options.delimitr: unknown key; did you mean `delimiter`?"]


def test_all_mistakes_are_reported_at_once():
    text = SMALL.replace("Europe/Berlin", "Europe/Belrin").replace("kind: orders", "kind: order")
    assert [line.split(":")[1] for line in mistakes(text)] == ["1", "5"]


def test_a_key_that_stands_twice_is_a_mistake():
    assert mistakes(SMALL + "lapse_days: 30\nlapse_days: 60\n") == [
        "regulars.yaml:12: lapse_days: this key stands twice (first in line 11)"
    ]


def test_a_column_that_is_a_number_asks_for_a_name():
    assert "write a header name" in mistakes(SMALL.replace("order_id: Order", "order_id: 7"))[0]


def test_broken_yaml_names_the_line():
    assert mistakes("company: {name: [\n")[0].startswith("regulars.yaml:2: this is not YAML")


def test_an_empty_file_points_to_the_example():
    assert "regulars.example.yaml" in mistakes("")[0]


def test_a_missing_file_says_how_to_get_one(tmp_path):
    with pytest.raises(SettingsWrong, match=r"regulars\.example\.yaml"):
        load_settings(tmp_path / "regulars.yaml")


def test_a_secret_comes_from_the_environment():
    text = SMALL + "alerts: {webhook: '${ALERT_URL}'}\n"
    assert parsed(text, ALERT_URL="http://127.0.0.1:9/x").alerts.webhook == "http://127.0.0.1:9/x"
    assert mistakes(text) == ["regulars.yaml:11: alerts.webhook: the environment has no ALERT_URL"]


def test_a_secret_in_clear_is_refused():
    assert "a secret does not belong here" in mistakes(SMALL + "alerts: {webhook: 'http://127.0.0.1/token'}\n")[0]


def test_a_source_without_a_kind_gets_an_error_with_the_remedy():
    assert "give either `kind` with `columns`, or `kinds`" in mistakes(SMALL.replace("    kind: orders\n", ""))[0]


def test_the_run_counts_up_to_yesterday_in_the_companys_zone():
    settings = parsed(SMALL.replace("Europe/Berlin", "Pacific/Auckland"))
    assert find_as_of(settings, dt.datetime(2026, 3, 9, 12, 0, tzinfo=dt.UTC)) == dt.date(2026, 3, 9)
    assert find_as_of(settings, dt.datetime(2026, 3, 9, 10, 0, tzinfo=dt.UTC)) == dt.date(2026, 3, 8)


def test_a_fixed_day_wins_over_the_clock():
    settings = parsed(SMALL + "as_of: 2011-12-09\n")
    assert find_as_of(settings, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)) == dt.date(2011, 12, 9)


def test_a_dimension_nobody_knows_is_named_with_the_nearest_that_is():
    assert mistakes(SMALL + "cohorts: {dimensions: [country, first_categry]}\n") == [
        "regulars.yaml:11: cohorts.dimensions.1: `first_categry` is not known here; did you mean `first_category`?"
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "{grains: [week, year]}",
            "`grains` must have `month`: the report and marts.retention_cohorts_monthly show it",
        ),
        ("{dimensions: [country, country]}", "`dimensions` names one of them twice"),
    ],
)
def test_cohorts_have_months_and_no_dimension_twice(written, expected):
    assert mistakes(SMALL + f"cohorts: {written}\n") == [f"regulars.yaml:11: cohorts: {expected}"]


def test_a_rule_for_an_attribute_that_no_source_has_is_refused():
    assert mistakes(SMALL + "identity: {survivorship: {attributes: {industry: oldest}}}\n") == [
        "regulars.yaml:11: identity.survivorship.attributes.industry: no source has the attribute `industry`"
    ]


def test_cohorts_may_do_without_dimensions():
    assert parsed(SMALL + "cohorts: {dimensions: []}\n").cohorts.dimensions == []


@pytest.mark.parametrize("value", ["2026-06-31", "2026-06-30 25:00:00", "!!int abc"])
def test_a_value_that_yaml_cannot_make_a_date_or_number_of_is_a_sentence_with_its_line(value):
    [sentence] = mistakes(SMALL + f"as_of: {value}\n")
    line = len((SMALL + "x").splitlines())
    assert sentence.startswith(f"regulars.yaml:{line}: this value cannot be read: ")
