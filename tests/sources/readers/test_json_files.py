"""JSON files as tools write them: lines or an array, nested or flat, whole or torn."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.sources.readers.json import json_arrays, json_columns, json_files, json_lines, json_text
from regulars.pipelines.sources.readers.json.gap_shapes import Grammar
from regulars.pipelines.sources.readers.json.json_arrays import read_array
from regulars.pipelines.sources.readers.json.json_lines import read_lines
from regulars.pipelines.sources.readers.json.json_values import (
    JsonPart,
    _write_deep,
    join_parts,
    make_columns,
    read_cells,
    write_json,
)
from regulars.pipelines.sources.readers.records import Record
from regulars.pipelines.sources.readers.refusal import Refusal

ORDERS = [
    {"id": "1", "day": "2026-01-01", "total": 9.5, "customer": {"email": "a@example.com", "tags": ["x", 1.50]}},
    {"id": 2, "day": "2026-01-02", "total": 20, "customer": None},
]


@pytest.fixture
def feed(shop):
    """A shop that delivers a JSON array."""
    shop.sources["shop"].update(path="orders.json", format="json")
    return shop


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


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
objects = st.lists(st.dictionaries(st.text(max_size=3), values, max_size=3), max_size=6)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(objects=objects, indent=st.sampled_from([None, 1]), piece=st.integers(1, 9))
def test_an_array_read_in_small_pieces_holds_the_objects_that_were_written(tmp_path_factory, objects, indent, piece):
    path = tmp_path_factory.mktemp("json") / "orders.json"
    path.write_text(json.dumps({"skip": objects, "rows": objects}, indent=indent), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "CHUNK", piece)
        found = list(read_array(path, "orders.json", "rows"))
    assert not any(isinstance(each, Record) for each in found)
    assert [json.loads(write_json(each[1])) for each in found] == objects


LINES = [
    '{"id": 1.10, "n": 12345678901234567890, "e": 1e3, "x": NaN, "y": -0}',
    '{"id": "1.10", "a": [1.50, "1.50", {"b": 1E-7}], "é": "\\u00e9\\ud83d\\ude00"}',
    '{"id": ""}',
    "{}",
    *('{"id": 1, "id": 2}', '{"id": "\\ud800"}', '{"id": 1} {"id": 2}', '{"id": ', "7", "[]", "{'id': 1}"),
    *("", " ", ' {"id": 3} ', '{"id": "a\rb"}'),
]


def read_or_refuse(read, *args):
    try:
        return list(read(*args))
    except Refusal as refusal:
        return refusal.sentence


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    lines=st.lists(st.sampled_from(LINES), max_size=9), end=st.sampled_from(["\n", "\r\n"]), piece=st.integers(1, 90)
)
def test_lines_and_elements_read_many_at_once_are_those_read_one_by_one(tmp_path_factory, lines, end, piece):
    folder = tmp_path_factory.mktemp("json")
    (folder / "lines").write_bytes("".join(line + end for line in lines).encode())
    (folder / "array").write_bytes(f"[{f',{end}'.join(lines)}]{end}".encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_lines, "CHUNK", piece)
        patch.setattr(json_text, "CHUNK", piece)
        fast = [
            read_or_refuse(read_lines, folder / "lines", "x"),
            read_or_refuse(read_array, folder / "array", "x", None),
        ]
        patch.setattr(json_lines, "_read_plain", lambda *_: None)
        patch.setattr(json_arrays._Reader, "_read_plain_elements", lambda _: [])
        slow = [
            read_or_refuse(read_lines, folder / "lines", "x"),
            read_or_refuse(read_array, folder / "array", "x", None),
        ]
    assert fast == slow


PLAIN = [
    '{"id": 1.10, "n": -0, "e": 1E-7, "none": null, "yes": true, "text": ""}',
    '{"n": 12345678901234567890, "id": "1.10", "é": "\\u00e9\\ud83d\\ude00", "text": "a \\"b\\\\"}',
    '{"customer": {"email": "a", "tags": ["x", 1.50, {"b": []}]}, "id" :2 , "lines": [{"sku": "a"}, {}], "none": []}',
    '{"a.b": "},{", "a": {"b": "\\\\"}, "none": {}, "text": [[1, {}], 2]}',
]
TORN = [
    '{"id": 01}',
    '{"id": "\\ud800"}',
    '{"id": "1", "id": "2"}',
    '{"a": {"b": "1", "b": "1"}}',
    '{"id": "a\tb"}',
    '{"a": ["x"}}',
    '{"a" "b"}',
    '{"a": "b",}',
    '{"id": +1}',
    '{"id": "\\x"}',
    '{"id": "1"} {"id": "2"}',
    '{"a": ["x",\n"y"]}',
    '{"id": "1"',
    "{}",
]


def read_parts(pieces):
    """The columns and the bad records of pieces, or the sentence of the refusal."""
    parts, bad = [], []
    try:
        for piece in pieces:
            if isinstance(piece, JsonPart):
                parts.append(piece)
                continue
            objects = [each[1] for each in piece if not isinstance(each, Record)]
            bad += [each for each in piece if isinstance(each, Record)]
            parts.append(JsonPart(read_cells(objects), len(objects)))
    except Refusal as refusal:
        return refusal.sentence
    columns = {name: column.to_pylist() for name, column in join_parts(parts).items()}
    return list(columns.items()), sum(part.count for part in parts), bad


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    lines=st.lists(st.sampled_from(PLAIN), min_size=1, max_size=6),
    torn=st.lists(st.tuples(st.integers(0, 6), st.sampled_from(TORN)), max_size=1),
    end=st.sampled_from(["\n", "\r\n", "\n\n"]),
    piece=st.sampled_from([20, 90, 10_000]),
)
def test_objects_read_by_key_all_at_once_are_those_read_one_by_one(tmp_path_factory, lines, torn, end, piece):
    for at, line in torn:
        lines.insert(at, line)
    folder = tmp_path_factory.mktemp("json")
    (folder / "lines").write_bytes("".join(line + end for line in lines).encode())
    (folder / "array").write_bytes(f'{{"rows": [{f" ,{end}".join(lines)}], "end": [{{}}]}}'.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_lines, "CHUNK", piece)
        patch.setattr(json_text, "CHUNK", piece)
        for read, *args in (
            (json_lines.read_pieces, folder / "lines", "x"),
            (json_arrays.read_pieces, folder / "array", "x", "rows"),
        ):
            assert read_parts(read(*args)) == read_parts(read(*args, tries=0))


def test_plain_objects_are_read_without_making_objects_of_them(tmp_path):
    (tmp_path / "lines").write_text("\n".join(PLAIN), encoding="utf-8")
    (tmp_path / "array").write_text(f"[{','.join(PLAIN)}]", encoding="utf-8")
    for pieces in (
        json_lines.read_pieces(tmp_path / "lines", "x"),
        json_arrays.read_pieces(tmp_path / "array", "x", None),
    ):
        assert [piece.count for piece in pieces] == [len(PLAIN)]


@pytest.mark.parametrize("line", TORN)
def test_what_is_no_plain_object_is_left_to_the_exact_way(line):
    text = "\n".join([PLAIN[0], line, PLAIN[1]]).encode()
    assert json_columns.read_plain_objects(text, Grammar(of_lines=True)) is None


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


def test_elements_of_arrays_are_rows_of_their_own_beside_their_object(feed):
    order = {"id": "1", "day": "2026-01-01", "lines": [{"sku": "a"}, {"sku": "b"}], "x": {"paid": [{"by": "card"}]}}
    feed.sources["shop"]["options"] = {"rows_of": ["lines", "x.paid"]}
    columns = {"order_id": "id", "ordered_at": "day", "status": "row_of", "region": "lines.sku", "city": "x.paid.by"}
    feed.sources["shop"] |= {"columns": columns, "exclude": {"objects": "row_of = 'object' and lines is null"}}
    feed.write("orders.json", json.dumps([order, {"id": "2", "day": "2026-01-01"}]))
    landed = feed.land()
    assert landed["shop"].deliveries[0].record_count == 5
    with feed.delivered(landed) as con:
        rows = con.execute("select status, region, city from landed.orders order by _row").fetchall()
    assert rows == [("object", None, None), ("lines", "a", None), ("lines", "b", None), ("x.paid", None, "card")]


def read_rows(feed, rows_of, columns, orders):
    """The rows of these arrays, as `row_of` and these columns."""
    places = dict(zip(("region", "city", "country"), columns, strict=False))
    columns = {"order_id": "id", "ordered_at": "day", "status": "row_of", **places}
    feed.sources["shop"] |= {"options": {"rows_of": rows_of}, "columns": columns}
    feed.write("orders.json", json.dumps([{"day": "2026-01-01", "all": [], **order} for order in orders]))
    with feed.delivered(feed.land()) as con:
        return con.execute(f"select order_id, status, {', '.join(places)} from landed.orders order by _row").fetchall()


def test_elements_of_an_array_within_an_array_keep_what_they_lie_in(feed):
    refunds = [{"id": 7, "lines": [{"sku": "a"}, {"sku": "b"}]}, {"id": 8, "lines": [{"sku": "c"}]}]
    columns = ("refunds.id", "refunds.lines.sku", "refunds.lines")
    assert read_rows(feed, ["refunds", "refunds.lines"], columns, [{"id": "1", "refunds": refunds}]) == [
        ("1", "object", None, None, None),
        ("1", "refunds", "7", None, '[{"sku": "a"}, {"sku": "b"}]'),
        ("1", "refunds", "8", None, '[{"sku": "c"}]'),
        ("1", "refunds.lines", "7", "a", '{"sku": "a"}'),
        ("1", "refunds.lines", "7", "b", '{"sku": "b"}'),
        ("1", "refunds.lines", "8", "c", '{"sku": "c"}'),
    ]


def test_an_inner_array_that_is_empty_missing_or_none_makes_no_row(feed):
    refunds = [{"id": 7, "lines": []}, {"id": 8}, {"id": 9, "lines": {"sku": "a"}}, "odd", {"lines": [{"sku": "b"}]}]
    orders = [{"id": "1", "refunds": refunds}, {"id": "2"}, {"id": "3", "refunds": None}, {"id": "4", "refunds": 5}]
    rows = read_rows(feed, ["refunds.lines"], ("refunds.id", "refunds.lines.sku"), orders)
    assert [row for row in rows if row[1] != "object"] == [("1", "refunds.lines", None, "b")]
    assert [row[0] for row in rows if row[1] == "object"] == ["1", "2", "3", "4"]


def test_arrays_lie_at_any_depth_and_in_objects_between(feed):
    boxes = {"list": [{"no": 1, "items": [{"parts": {"data": [{"sku": "a"}]}}, {"parts": {"data": [{"sku": "b"}]}}]}]}
    orders = [{"id": "1", "boxes": boxes}]
    rows = read_rows(
        feed, ["boxes.list.items.parts.data"], ("boxes.list.no", "boxes.list.items.parts.data.sku"), orders
    )
    assert rows[1:] == [("1", "boxes.list.items.parts.data", "1", each) for each in ("a", "b")]


def test_a_row_of_one_array_holds_no_other_one(feed):
    refunds = [{"id": 7, "lines": [{"sku": "a"}], "paid": [{"by": "card"}]}]
    orders = [{"id": "1", "all": [1], "refunds": refunds}]
    rows = read_rows(feed, ["all", "refunds.lines", "refunds.paid"], ("all", "refunds.lines", "refunds.paid"), orders)
    assert rows[1:] == [
        ("1", "all", "1", None, None),
        ("1", "refunds.lines", None, '{"sku": "a"}', None),
        ("1", "refunds.paid", None, None, '{"by": "card"}'),
    ]


def test_objects_in_arrays_of_arrays_are_not_passed_over(feed):
    refunds = [[{"id": 7, "lines": [{"sku": "a"}]}], {"id": 8, "lines": [{"sku": "b"}]}]
    columns = ("refunds.id", "refunds.lines.sku")
    assert read_rows(feed, ["refunds.lines"], columns, [{"id": "1", "refunds": refunds}])[1:] == [
        ("1", "refunds.lines", "7", "a"),
        ("1", "refunds.lines", "8", "b"),
    ]


def test_a_file_whose_original_is_gone_lacks_the_rows_of_arrays_that_were_added_since(feed):
    order = {"id": "1", "refunds": [{"id": 7, "lines": [{"sku": "a"}]}]}
    read_rows(feed, ["refunds"], ("refunds.id",), [order])
    for path in [next((feed.home / "landing").glob("*.orig")), *feed.home.parent.rglob("orders.json")]:
        path.unlink()
    feed.sources["shop"] |= {"options": {"rows_of": ["refunds", "refunds.lines"]}, "required": False}
    assert feed.rows("order_id, status, region") == [("1", "object", None), ("1", "refunds", "7")]


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
