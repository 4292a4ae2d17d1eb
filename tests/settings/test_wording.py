"""Every kind of mistake that the settings can hold is a plain sentence with its line; nobody has to know pydantic."""

import re

import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.publish.targets.shape.registry import TARGET_OPTIONS
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.settings_file import load_settings, parse_settings
from tests.settings.test_settings_file import SMALL

PYDANTIC = re.compile(
    r"[Ii]nput should|[Ff]ield required|valid (string|integer|number|list|dict)|String should|pattern '|unable to "
    r"parse|instance of|pydantic|_type|type=|input_value|errors\.pydantic"
)


def mistakes(text: str, **environment: str) -> list[str]:
    with pytest.raises(SettingsWrong) as caught:
        parse_settings(text, name="regulars.yaml", environment=environment, target_types=TARGET_OPTIONS)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("lapse_days: many", "lapse_days: write a whole number (it is `many`)"),
        ("lapse_days: 1.5", "lapse_days: write a whole number (it is `1.5`)"),
        ("lapse_days: 0", "lapse_days: write 1 or more (it is `0`)"),
        ("lapse_days: [1]", "lapse_days: write a whole number"),
        ("max_lifetime_years: 0", "max_lifetime_years: write a number above 0 (it is `0`)"),
        ("max_lifetime_years: .nan", "max_lifetime_years: write a number above 0 (it is `nan`)"),
        ("discount_rate: 2", "discount_rate: write 1 or less (it is `2`)"),
        ("discount_rate: ten", "discount_rate: write a number (it is `ten`)"),
        ("as_of: soon", "as_of: write a day as YYYY-MM-DD (it is `soon`)"),
        ("as_of: 2026-06-30 10:00:00", "as_of: write a day as YYYY-MM-DD"),
        ("customer_is: cat", "customer_is: `cat` is not known here; known are: person, account"),
        ("publish: {targets: [folder]}", "publish.targets: write keys with values below it, such as `key: value`"),
        ("publish: {targets: {share: {type: foldr}}}", "publish.targets.share.type: `foldr` is not known here; did"),
        ("publish: {targets: {share: {type: folder}}}", "publish.targets.share: `path` is missing"),
        (
            "publish: {targets: {share: {type: folder, path: x, report: maybe}}}",
            "write `true` or `false` (it is `maybe`)",
        ),
        (
            "publish: {targets: {Share: {type: folder, path: x}}}",
            "write a name in small letters, digits and underscores",
        ),
        ("publish: seven", "publish: write keys with values below it, such as `key: value` (it is `seven`)"),
        ("publish:", "publish: write keys with values below it, such as `key: value`"),
        ("identity: {ignore_emails: a@example.org}", "identity.ignore_emails: write a list, such as `[a, b]`"),
        ("identity: {ignore_emails: [7]}", "identity.ignore_emails.0: write a text; put it in quotes"),
        ("acquisition_cost: {default: much}", "acquisition_cost.default: write a number (it is `much`)"),
        ("acquisition_cost: {by_channel: {2024: 5}}", "this key is not a text for YAML; put it in quotes"),
        ("cohorts: {grains: []}", "`grains` must have `month`"),
        ("report: {language: xx}", "report.language: `xx` is not known here; known are: en, fi"),
        ("findings: {acknowledged: [{finding: source_stale, reason: x}]}", "`expires` is missing"),
        ("findings: {thresholds: {source_stal: 1}}", "source_stal"),
        (
            "resources: {duckdb_memory_limit: lots}",
            "duckdb_memory_limit: write an amount of memory such as 4GB or 800MB, 100MB at least (it is `lots`)",
        ),
        ("resources: {duckdb_memory_limit: 4}", "resources.duckdb_memory_limit: write a text; put it in quotes"),
        ("resources: {duckdb_memory_limit: 4MB}", "write an amount of memory such as 4GB or 800MB, 100MB at least"),
        ("resources: {memory: 4GB}", "resources.memory: unknown key; known are: duckdb_memory_limit"),
        ("schedule: {cron: 7}", "schedule.cron: write a text; put it in quotes if it looks like a number or a day"),
        ("targets: {churn_rate_12m: 0.25}", "targets: unknown key; it is called `scorecard` now"),
        ("- a list", "this is not YAML"),
    ],
)
def test_a_mistake_at_the_top_is_a_plain_sentence_with_its_line(written, sentence):
    found = mistakes(SMALL + written + "\n")
    assert sentence in found[0]
    assert all(re.match(r"regulars\.yaml:1[12]: ", line) for line in found), found
    assert not [line for line in found if PYDANTIC.search(line)]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("EUR", "euro", "1: company.currency: write a currency as three capitals, such as EUR (it is `euro`)"),
        ("timezone: Europe/Berlin", "timezone: 7", "1: company.timezone: write a text; put it in quotes"),
        ("  shop:", "  Shop:", "3: sources.Shop: write a name in small letters, digits and underscores"),
        ("path: orders.csv", "path: {a: b}", "4: sources.shop.path: write a text"),
        ("path: orders.csv", "path: 7", "4: sources.shop.path: write a text"),
        ("order_id: Order", "order_id: {sq: x}", "7: sources.shop.columns.order_id: write a header name"),
        ("{value: web}", "{value: [1]}", "10: sources.shop.columns.channel: write a header name"),
        ("sources:\n", "sources: []\nx:\n", "2: sources: write keys with values"),
        ("company: {name: Corner Shop, ", "company: {", "1: company: `name` is missing"),
    ],
)
def test_a_mistake_in_the_company_or_a_source_is_a_plain_sentence(old, new, sentence):
    found = mistakes(SMALL.replace(old, new))
    assert f"regulars.yaml:{sentence}" in "\n".join(found)
    assert not [line for line in found if PYDANTIC.search(line)]


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("system: my shop", "system: write a name of letters, digits, `_` and `-`"),
        ("max_set_aside: 0.1", "max_set_aside: unknown key; it is called `max_quarantined` now"),
        ("max_quarantined: 5", "max_quarantined: write 1 or less (it is `5`)"),
        ("max_age_hours: -1", "max_age_hours: write a number above 0 (it is `-1`)"),
        ("required: perhaps", "required: write `true` or `false` (it is `perhaps`)"),
        ("options: {delimiter: ';;'}", "options.delimiter: write at most 1 character (it is `;;`)"),
        ("options: {quote: ''}", "options.quote: write at least 1 character"),
    ],
)
def test_a_mistake_in_a_source_is_a_plain_sentence(written, sentence):
    found = mistakes(SMALL.replace("    kind: orders", f"    {written}\n    kind: orders"))
    assert [line for line in found if line.startswith(f"regulars.yaml:5: sources.shop.{sentence}")], found
    assert not [line for line in found if PYDANTIC.search(line)]


@pytest.mark.parametrize(
    ("value", "text"), [("0", "0"), ("7.5", "7.5"), ("true", "true"), ("no", "false"), ("2026-01-31", "2026-01-31")]
)
def test_a_constant_may_be_a_number_a_day_or_a_yes_or_no(value, text):
    settings = parse_settings(SMALL.replace("value: web", f"value: {value}"), name="x", environment={})
    assert settings.sources["shop"].columns["channel"].value == text


def test_a_secret_from_the_environment_is_never_shown():
    text = SMALL + "publish: {targets: {share: {type: folder, path: x, report: '${REPORT}'}}}\n"
    assert "s3cret" not in "".join(mistakes(text, REPORT="s3cret"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("\tcompany: {}\n", "regulars.yaml:1: this is not YAML: a tab stands where YAML wants blanks"),
        ("a: 1\nb: \0\n", "regulars.yaml:2: a character that YAML does not allow (U+0000)"),
        ("- a\n- b\n", "regulars.yaml:1: write keys with values"),
        ("just text\n", "regulars.yaml:1: write keys with values"),
        ("a: &a [*a]\n", "regulars.yaml:1: this value cannot be read: it holds itself"),
        ("? [a, b]\n: c\n", "regulars.yaml:1: this value cannot be read: a key is a text"),
        ("a: !python/object {b: c}\n", "regulars.yaml:1: this value cannot be read: could not determine a constructor"),
        ("a: 1\n---\nb: 2\n", "regulars.yaml:2: this is not YAML"),
        ("a: {<<: [1]}\n", "regulars.yaml:1"),
        ("a: *nowhere\n", "regulars.yaml:1: this is not YAML: found undefined alias"),
        ("[" * 2000, "regulars.yaml:"),
    ],
)
def test_what_is_no_settings_file_is_a_sentence_with_its_line(text, sentence):
    assert mistakes(text)[0].startswith(sentence)


def test_a_settings_file_that_cannot_be_read_is_a_sentence(tmp_path):
    (tmp_path / "latin.yaml").write_bytes("company: {name: Caf\xe9}\n".encode("latin-1"))
    with pytest.raises(SettingsWrong, match=r"latin\.yaml` is not UTF-8 at byte 19: save it as UTF-8"):
        load_settings(tmp_path / "latin.yaml")
    with pytest.raises(SettingsWrong, match="cannot be read: Is a directory"):
        load_settings(tmp_path)


def test_settings_know_where_each_of_their_keys_stands():
    settings = parse_settings(SMALL, name="regulars.yaml", environment={})
    assert settings.locate(("sources", "shop", "columns", "gross_sales")) == "regulars.yaml:9: "
    assert settings.locate(("sources", "shop", "columns", "nothing")) == "regulars.yaml:6: "
    assert settings.locate(("lapse_days",)) == "regulars.yaml:1: "
    assert Settings.model_validate(settings.model_dump()).locate(("sources", "shop")) == "", "no file, no line"
