"""The fast reader and the exact one must agree on any text at all."""

import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.readers.csv_files import read_csv_file
from regulars.pipelines.sources.readers.landed_text import Landed
from regulars.pipelines.sources.readers.records import RecordSplitter
from regulars.pipelines.sources.readers.text_scan import scan_text

SOURCE = Source.model_validate(
    {"path": "x", "kind": "orders", "columns": {"order_id": "a"}, "options": {"final_newline": "optional"}}
)
CELLS = ["1", "b c", '"x"', '"y,z"', '"p\nq"', '""', "", '"d""e"', "é", '5" n', ' "s"', '"t" ', " "]
SCRAPS = ["a", " ", '"', ",", "\n", "\r\n", "\r", '"x"', "é", "\\", "\t"]


def read(text: bytes) -> tuple[Landed, list[tuple[str | None, ...]]]:
    with tempfile.TemporaryDirectory() as folder:
        original = Path(folder) / "original"
        original.write_bytes(text)
        landed = read_csv_file(original, "orders.csv", "sha", SOURCE, Path(folder))
        return landed, duckdb.sql(f"select * from read_parquet('{folder}/landed.parquet')").fetchall()


def validated(text: bytes) -> tuple[list[tuple[str | None, ...]], int]:
    """The records, cell by cell, and how many lines are none, by the exact splitter alone."""
    splitter = RecordSplitter(",", '"')
    text = text if b"\n" in text else text.replace(b"\r", b"\n")
    header, behind, lines = splitter.read_header(text)
    records = list(splitter.split(text, behind, lines + 1, header))
    sound = [splitter.read_header(record.text)[0] for record in records if record.problem is None]
    return [tuple(cell or None for cell in cells[: len(header)]) for cells in sound], len(records) - len(sound)


well_formed = st.lists(st.lists(st.sampled_from(CELLS), min_size=2, max_size=2).map(",".join), max_size=6).map(
    "\n".join
)
anything = st.lists(st.sampled_from(SCRAPS), max_size=25).map("".join)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(start=well_formed, scrap=anything, rest=well_formed, line_end=st.sampled_from(["\n", "\r\n"]))
def test_any_text_is_read_as_the_exact_splitter_reads_it(start, scrap, rest, line_end):
    text = f"h1,h2{line_end}{start}{scrap}{rest}".encode()
    landed, rows = read(text)
    assert (rows, landed.malformed_count) == validated(text)


def test_a_text_larger_than_one_buffer_with_line_ends_in_quotes_is_read_whole():
    notes = ["plain", '"two\nlines, and ""quotes"""', '"a\r\nb\n\nc"', "é" * 30, "long " * 50]
    text = "id,note\n" + "".join(f"{number},{notes[number % 5]}\n" for number in range(30_000))
    landed, rows = read(text.encode())
    assert (rows, landed.malformed_count) == validated(text.encode())
    assert landed.record_count == 30_000


@pytest.mark.parametrize(
    ("text", "is_doubtful"),
    [
        ('a,"b"\n"c ""d""",e\n', False),
        ('a,"b\r\nc"\r\n', False),
        ('a,5" b\nc,6" d\n', True),
        ('a, "b"\n', True),
        ('a,"b" \n', True),
        ('a,"" "b"\n', True),
        ('a,"b\n', True),
        ("a,b\rc,d\n", True),
        ('a,"b\rc"\n', False),
        ('"a"', False),
    ],
)
def test_quotes_out_of_place_are_seen_from_afar(tmp_path, text, is_doubtful):
    (tmp_path / "text").write_bytes(text.encode())
    assert scan_text(tmp_path / "text", '"', ",").is_doubtful is is_doubtful


@pytest.mark.parametrize(
    ("text", "line_ends", "ends"),
    [
        ("a\nb\n", 2, True),
        ("a\nb", 1, False),
        ('a\n"b\nc"\n', 2, True),
        ("a\nb\n\n \n", 2, True),
        ('a\n"b\n', 1, True),
        ("", 0, False),
    ],
)
def test_line_ends_outside_quotes_are_counted(tmp_path, text, line_ends, ends):
    (tmp_path / "text").write_bytes(text.encode())
    facts = scan_text(tmp_path / "text", '"', ",")
    assert (facts.line_ends, facts.ends_with_line_end) == (line_ends, ends)


def test_a_quoted_cell_may_cross_the_chunks_in_which_a_text_is_looked_at(tmp_path):
    lines = 200_000
    (tmp_path / "text").write_text('a,"' + "x,\n" * lines * 2 + '"\n' + 'b,"c"\n' * lines)
    facts = scan_text(tmp_path / "text", '"', ",")
    assert (facts.line_ends, facts.is_doubtful, facts.has_line_ends_in_quotes) == (lines + 1, False, True)
