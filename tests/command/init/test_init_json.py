"""`regulars init` looks into a JSON object that holds a list of records, and names its key, or says why not."""

import gzip
import json

import pytest

from regulars.pipelines.command.init import tables
from regulars.pipelines.command.init.init import InitRequest, init_settings
from regulars.pipelines.command.init.json_lists import list_lists
from regulars.pipelines.errors import InputRefused
from regulars.pipelines.settings.settings_file import load_settings

ORDERS = [
    {
        "order_no": f"o{n}",
        "order_date": f"2026-01-0{n}",
        "net_amount": f"{n}.50",
        "tags": ["a"],
        "lines": [{"sku": "m"}],
    }
    for n in range(1, 9)
]


def read(folder, content, name="orders.json"):
    """What init says, and the source that it wrote."""
    exports = folder / "e"
    exports.mkdir()
    (exports / name).write_bytes(content)
    said = init_settings(InitRequest(exports, folder / "regulars.yaml"))
    (source,) = load_settings(folder / "regulars.yaml", {}).sources.values()
    return said, source


@pytest.mark.parametrize("indent", [None, 1])
def test_the_one_list_of_an_object_is_read_and_its_key_is_named(tmp_path, indent):
    whole = {"exported_at": "2026-01-09", "count": 8, "orders": ORDERS, "warnings": [], "tools": ["x"]}
    said, source = read(tmp_path, json.dumps(whole, indent=indent).encode())
    assert (source.format, source.options.records) == ("json", "orders")
    assert source.columns["gross_sales"] == "net_amount"
    assert "because its records are the list at the key `orders` of one object" in said
    assert "8 records" in said


def test_a_packed_file_is_looked_into_as_well(tmp_path):
    _, source = read(tmp_path, gzip.compress(json.dumps({"orders": ORDERS}).encode()), "orders.json.gz")
    assert (source.format, source.options.records) == ("json.gz", "orders")


@pytest.mark.parametrize(
    ("whole", "sentence"),
    [
        ({"orders": ORDERS, "customers": [{"id": 1}]}, "holds several lists: write the source by hand"),
        ({"data": {"orders": ORDERS}}, "holds its records deeper: .* as one of `data.orders`"),
        ({"order_no": "o1", "net_amount": "1.00"}, "a JSON object without a list of records in it"),
    ],
)
def test_what_cannot_be_chosen_is_refused_with_the_keys(tmp_path, whole, sentence):
    with pytest.raises(InputRefused, match=sentence):
        read(tmp_path, json.dumps(whole, indent=1).encode())


def test_a_list_behind_the_beginning_of_a_large_file_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "HEAD_BYTES", 400)
    with pytest.raises(InputRefused, match=r"holds several lists: .* `orders`, `customers`"):
        read(tmp_path, json.dumps({"orders": ORDERS, "n": [1], "customers": [{"id": 1}]}).encode())


def test_a_large_file_of_one_list_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "HEAD_BYTES", 400)
    _, source = read(tmp_path, json.dumps({"orders": ORDERS, "end": {"is_whole": True}}).encode())
    assert source.options.records == "orders"


def test_one_record_with_a_list_in_it_stays_one_record(tmp_path):
    record = {"id": 1, **ORDERS[0]}
    _, source = read(tmp_path, json.dumps(record).encode())
    assert (source.format, source.options.records) == ("jsonl", None)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ('{"a": [{"b": [{"c": 1}]}], "d": {"e": [{}]}}', ["a", "d.e"]),
        ('{"a": "[{", "b": [1, 2], "c": [[{}]]}', []),
        ('{"a:b": [ {"x": ', ["a:b"]),
    ],
)
def test_lists_are_found_in_a_text_that_may_be_cut(text, keys):
    assert list_lists(text) == keys
