from pathlib import Path

import pytest

from regulars.pipelines.sources.readers import records
from regulars.pipelines.sources.readers.records import RecordSplitter


def split(text: str, header: str = "a,b") -> list[tuple[int, str, str | None]]:
    names = header.split(",")
    return [
        (record.line, record.text.decode(), record.problem)
        for record in RecordSplitter(",", '"').split(text.encode(), 0, 1, names)
    ]


def lines_quarantined(text: str) -> list[int]:
    return [line for line, _, problem in split(text) if problem]


def test_a_record_knows_the_line_it_begins_on():
    assert split('1,"x\ny"\n\n2,z\n') == [(1, '1,"x\ny"', None), (4, "2,z", None)]


def test_after_a_quote_that_is_not_closed_reading_resumes_on_the_next_line():
    assert lines_quarantined('1,"x\n2,y\n3,z\n') == [1]


def test_the_torn_rest_of_a_record_is_not_taken_for_a_record():
    assert lines_quarantined('1,"5" pipe, long\nsecond line",x\n3,4\n') == [1, 2]


def test_a_record_with_too_many_cells_over_several_lines_is_quarantined_whole():
    assert split('1,"x\ny",z\n2,w\n') == [(1, '1,"x\ny",z', "3 cells where the header has 2"), (3, "2,w", None)]


def test_a_repeated_header_is_known_by_its_cells_however_quoted():
    assert lines_quarantined('a,b\n"a","b"\n a ,b\na,b,\na,c\n') == [1, 2, 3, 4]


def test_a_sound_record_with_doubled_quotes_behind_a_bad_one_is_kept():
    assert lines_quarantined('1,"x\n2,"a ""b"""\n3,"5"" nail"\n') == [1]


@pytest.mark.parametrize("text", ['1,"x"', "1,x", '1,"x"\r\n', "1,x\r\n"])
def test_the_last_record_needs_no_line_end(text):
    assert lines_quarantined(text) == []


@pytest.mark.parametrize(
    ("text", "cells", "lines"),
    [
        ("a,b\n1,2\n", ["a", "b"], 1),
        ('"a\nz",b\n1,2\n', ["a\nz", "b"], 2),
        ("\n \na,b\r\n1,2\n", ["a", "b"], 3),
        ('"a,b\n1,2\n', ['"a', "b"], 1),
        ('"a ""x""",b\n1,2\n', ['a "x"', "b"], 1),
        ("", [], 0),
    ],
)
def test_the_header_is_the_first_record_that_is_not_blank(text, cells, lines):
    found, behind, before = RecordSplitter(",", '"').read_header(text.encode())
    assert (found, before) == (cells, lines)
    assert text.encode()[behind:] in (b"1,2\n", b"")


def test_many_unclosed_quotes_do_not_take_the_square_of_the_time():
    text = '1,"x\n' * 20_000
    assert len(lines_quarantined(text)) == 20_000


def test_a_quoted_cell_behind_bare_ones_is_sound_on_every_python():
    # Python 3.11.0 to 3.11.4 match possessive groups wrongly: on Debian 12 every such record was quarantined
    assert split('1,2,"x, y",4\n', header="a,b,c,d") == [(1, '1,2,"x, y",4', None)]
    code = [line.partition("#")[0] for line in Path(records.__file__).read_text(encoding="utf-8").splitlines()]
    assert not [line for line in code if ")*+" in line or ")++" in line or ")?+" in line]


def test_a_cell_of_many_doubled_quotes_that_is_not_closed_is_refused_in_time():
    assert lines_quarantined('1,"' + '""' * 500_000 + "\n2,z\n") == [1]
