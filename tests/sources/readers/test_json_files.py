"""JSON files as tools write them: which rows and columns they become, and which files are refused."""

import gzip
import json

import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.sources.readers.json import json_arrays, json_files
from regulars.pipelines.sources.readers.json.json_values import _write_deep, make_columns, write_json

ORDERS = [
    {"id": "1", "day": "2026-01-01", "total": 9.5, "customer": {"email": "a@example.com", "tags": ["x", 1.50]}},
    {"id": 2, "day": "2026-01-02", "total": 20, "customer": None},
]


def test_an_array_is_read_like_lines_of_the_same_objects(feed):
    feed.write("orders.json", json.dumps(ORDERS, indent=2))
    rows = feed.rows("order_id, ordered_at, gross_sales")
    assert rows == [("1", "2026-01-01 00:00:00", "9.5"), ("2", "2026-01-02 00:00:00", "20")]
    feed.sources["shop"].update(path="orders.jsonl.gz", format="jsonl.gz")
    feed.write("orders.jsonl.gz", gzip.compress("\n".join(map(json.dumps, ORDERS)).encode()))
    assert feed.rows("order_id, ordered_at, gross_sales") == rows


def test_a_key_within_an_object_is_a_column_and_an_array_is_json(feed):
    more = {"email": "customer.email", "region": "customer.tags", "city": "customer"}
    feed.sources["shop"]["columns"] = {**feed.sources["shop"]["columns"], **more}
    feed.write("orders.json", json.dumps(ORDERS))
    assert feed.rows("email, region") == [("a@example.com", '["x", 1.5]'), (None, None)]


def test_the_array_may_lie_within_objects_beside_other_values(feed):
    feed.sources["shop"]["options"] = {"records": "data.orders"}
    text = {
        "meta": {"orders": [1, "]}"], "n": 2},
        "data": {"x": [[]], "orders": ORDERS, "next": None},
        "end": {"a": [{}]},
    }
    feed.write("orders.json", json.dumps(text))
    assert feed.rows("order_id") == [("1",), ("2",)]


def test_digits_stay_as_they_were_written_within_arrays_too():
    text = '{"id": 12345678901234567890.10, "list": [1e400, 0.10000000000000000001], "x": NaN}'
    found, _ = json_arrays.scan_value(text, 0)
    columns = {name: column.to_pylist()[0] for name, column in make_columns([found]).items()}
    assert columns == {"id": "12345678901234567890.10", "list": "[1e400, 0.10000000000000000001]", "x": "NaN"}


def test_objects_whose_keys_are_ids_stay_json():
    objects = [{"id": "1", "lines": {f"sku-{number}": None for number in range(3_000)}}]
    assert list(make_columns(objects)) == ["id", "lines"]


def test_a_key_twice_and_what_is_no_object_are_quarantined_with_their_line(feed):
    good = '{"id": "1", "day": "2026-01-01", "total": 1}'
    feed.write("orders.json", f'[\n{good},\n{{"id": "2", "a": "}}", "id": "3"}},\n7,\n{{"id": "\\ud800"}}\n]')
    assert feed.rows("order_id") == [("1",)]
    assert feed.rows("line, text, reason", "malformed") == [
        (3, '{"id": "2", "a": "}", "id": "3"}', "a key twice in one object"),
        (4, "7", "not an object"),
        (5, '{"id": "?"}', "not UTF-8"),
    ]


def test_a_bad_value_is_found_on_the_line_where_its_object_begins(feed):
    feed.sources["shop"]["exclude"] = {"odd": "total > '5'"}
    feed.write("orders.json", '[\n\n{"id": 1, "day": "2026-01-01", "total": 9}, {"id": 3,\n"total": null}]')
    assert feed.rows("line, rule", "malformed") == [(3, "condition_is_null")]


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("", {}, "is empty"),
        ("[]", {}, "holds no record: deliver it again"),
        ("[1, 2]", {}, "holds only what is not an object"),
        ('[{"id": 1}, {"id"', {}, "cut off"),
        ('[{"id": 1}', {}, "cut off"),
        ('[{"id": 1}] [', {}, "goes on behind its end (line 1)"),
        ('[\n{"id": 1}\n{"id": 2}]', {}, "is not JSON from line 3 on"),
        ('[{"id": 1},\n{"id": x, "something": "much longer"}]', {}, "is not JSON from line 2 on"),
        ('[{"id": 1},]  "more than a word"', {}, "is not JSON"),
        ('{"id": 1}\n{"id": 2}', {}, "set `format: jsonl`"),
        ('{{"id": 1, "id": 2}: 3}', {}, "is not JSON from line 1 on"),
        ('{"orders": [{"id": 1}], "page": 1}', {}, "it has the columns `orders`, `page`: name the keys"),
        ('{"orders": [{"id": 1}]}', {"records": "order"}, "has no key `order` (did you mean `orders`?)"),
        ('{"orders": [{"id": 1}]', {"records": "orders"}, "cut off"),
        ("<html>", {}, "is a web page or XML, not JSON"),
        ("id,day\n1,2\n", {}, "is text, such as CSV, not JSON: set `format: csv`"),
        (b'[{"id": "\xe9"}]', {}, "is not UTF-8"),
        ("[" * 100_000, {}, "is not JSON"),
    ],
)
def test_what_is_no_array_of_objects_is_refused_with_what_to_do(feed, text, options, sentence):
    feed.sources["shop"]["options"] = options
    feed.write("orders.json", text)
    assert sentence in feed.refusal().sentence


def test_lines_and_an_array_are_not_taken_for_one_another(shop):
    shop.sources["shop"].update(format="jsonl", path="orders.jsonl")
    shop.write("orders.jsonl", json.dumps(ORDERS))
    assert shop.refusal().sentence == "orders.jsonl is a JSON array, not JSON lines: set `format: json`"


def test_objects_with_other_keys_further_down_are_rows_of_one_table(feed):
    feed.sources["shop"]["columns"] = {**feed.sources["shop"]["columns"], "email": "new"}
    plain = {"id": 1, "day": "2026-01-01", "total": 1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_files, "_BATCH", 2)
        feed.write(
            "orders.json", json.dumps([plain, plain, plain | {"new": True}, plain, {"id": 2, "day": "2026-01-01"}])
        )
        assert feed.rows("order_id, email") == [("1", "true"), ("1", None), ("1", None), ("1", None), ("2", None)]


def test_options_of_another_format_are_a_mistake(shop):
    shop.sources["shop"]["options"] = {"records": "a"}
    with pytest.raises(SettingsWrong, match="means nothing for `format: csv`"):
        shop.land()


@pytest.mark.parametrize("form", ["json", "jsonl"])
@pytest.mark.parametrize("inner", ['{"a": %s}', "[%s]", '{"b": null, "a": ["x", %s, true]}'])
def test_what_lies_within_hundreds_of_others_is_json(shop, form, inner):
    shop.sources["shop"].update(path=f"orders.{form}", format=form)
    shop.sources["shop"]["columns"] = {**shop.sources["shop"]["columns"], "city": "deep"}
    deep = "1.50"
    for _ in range(400):
        deep = inner % deep
    record = f'{{"id": "1", "day": "2026-01-01", "total": 1, "deep": {deep}}}'
    shop.write(f"orders.{form}", f"[{record}]" if form == "json" else f"{record}\n")
    assert shop.rows("order_id, city") == [("1", deep)]


@pytest.mark.parametrize(("objects", "said"), [(100, "1.50"), (101, '{"a": 1.50}')])
def test_what_lies_within_a_hundred_objects_has_a_name_and_what_lies_deeper_is_json(shop, objects, said):
    place = ".".join(["deep", *["a"] * 100])
    shop.sources["shop"]["columns"] = {**shop.sources["shop"]["columns"], "city": place}
    shop.sources["shop"].update(path="orders.json", format="json")
    deep = '{"a": ' * objects + "1.50" + "}" * objects
    shop.write("orders.json", f'[{{"id": "1", "day": "2026-01-01", "total": 1, "deep": {deep}}}]')
    assert shop.rows("order_id, city") == [("1", said)]


@pytest.mark.parametrize("value", [[], {}, [None, {}, [b"1.50", "a"]], {"a": [], "b": {"c": None, "d": True}}])
def test_what_lies_deep_is_written_like_everything_else(value):
    assert _write_deep(value) == write_json(value)


def test_a_line_nested_more_deeply_than_can_be_read_is_quarantined_with_its_number(shop):
    deep = "[" * 5_000 + "]" * 5_000
    shop.sources["shop"].update(path="orders.jsonl", format="jsonl")
    shop.write("orders.jsonl", f'{json.dumps(ORDERS[0])}\n{{"id": "2", "deep": {deep}}}\n')
    assert shop.rows("order_id") == [("1",)]
    assert shop.rows("line, reason", "malformed") == [(2, "nested too deeply")]
