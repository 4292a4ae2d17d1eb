"""Own segments that cannot be run are refused before anything is read, with their line."""

from pathlib import Path

import pytest

from regulars.pipelines.contracts.raw_contracts import load_all_contracts
from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.segments.expression_checks import find_wrong_segments, refuse_wrong_segments
from regulars.pipelines.settings.package import CONTRACTS_FOLDER
from regulars.pipelines.settings.settings_file import load_settings

CONTRACTS = load_all_contracts(CONTRACTS_FOLDER)
START = """company: {name: A, timezone: UTC, currency: EUR}
sources:
  shop: {kind: orders, path: orders.csv, columns: {order_id: id, ordered_at: at, gross_sales: total}}
segments:
"""


def find(folder: Path, segments: str) -> list[str]:
    file = folder / "regulars.yaml"
    file.write_text(START + segments, encoding="utf-8")
    return list(find_wrong_segments(load_settings(file), CONTRACTS))


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (
            "order_cout > 3",
            "reads `order_cout` (character 1), which is no column of marts.customer_360; did you mean `order_count`?",
        ),
        ("order_count >", "is not one SQL expression"),
        ("order_count + 1", "is a BIGINT, not a condition"),
        ("sum(order_count) > 3", "uses the function `sum`"),
        ("exists (select 1)", "uses a subquery"),
        ("last_order_date > current_date", "current_date"),
        ("last_order_date > 3", "is not understood"),
    ],
)
def test_a_wrong_expression_is_named_with_its_line_and_what_is_wrong(tmp_path: Path, when: str, said: str):
    [found] = find(tmp_path, f'  ok: {{when: "true", meaning: all}}\n  odd:\n    when: "{when}"\n    meaning: odd\n')
    assert found.startswith("regulars.yaml:7: segments.odd.when ")
    assert said in found


def test_a_right_expression_of_every_kind_of_column_is_accepted(tmp_path: Path):
    rule = "country in ('DE', 'FI') and net_sales_to_date > 100 and last_order_date >= as_of - 30 and not is_deleted"
    assert find(tmp_path, f'  ok: {{when: "{rule}", meaning: ok}}\n') == []


def test_the_name_of_an_rfm_segment_is_taken(tmp_path: Path):
    [found] = find(tmp_path, '  champions: {when: "true", meaning: mine}\n')
    assert found.startswith("regulars.yaml:5: segments.champions is the name of an RFM segment")


def test_all_mistakes_are_said_at_once(tmp_path: Path):
    file = tmp_path / "regulars.yaml"
    file.write_text(START + '  a: {when: "x = 1", meaning: a}\n  b: {when: "y = 1", meaning: b}\n', encoding="utf-8")
    with pytest.raises(SettingsWrong) as caught:
        refuse_wrong_segments(load_settings(file), CONTRACTS)
    assert len(str(caught.value).splitlines()) == 2
