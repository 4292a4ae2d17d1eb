"""Many JSON objects read at once: the same rows, columns and refusals as when they are read one by one."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.sources.readers.json import json_arrays, json_columns, json_lines, json_text
from regulars.pipelines.sources.readers.json.gap_shapes import Grammar
from regulars.pipelines.sources.readers.json.json_arrays import read_array
from regulars.pipelines.sources.readers.json.json_lines import read_lines
from regulars.pipelines.sources.readers.json.json_values import JsonPart, join_parts, read_cells, write_json
from regulars.pipelines.sources.readers.records import Record
from regulars.pipelines.sources.readers.refusal import Refusal

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
