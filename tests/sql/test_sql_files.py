"""The SQL files keep their form: no long lines, and no money in floating point."""

import re

from regulars.pipelines.settings.package import ROOT, SQL_FOLDER

FILES = sorted(SQL_FOLDER.rglob("*.sql"))


def test_no_line_is_longer_than_120_characters():
    long = [
        f"{path.name}:{number}"
        for path in FILES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > 120
    ]
    assert long == []


def test_the_parts_of_one_key_are_taken_from_one_row():
    """Each by itself is taken from the first row that has it: a system of one row beside a record id of another."""
    keys = [
        {"customer_system", "customer_record_id"},
        {"system", "source_record_id"},
        {"_system", "customer_record_id"},
        {"customer_id", "customer_idx"},
        {"system", "order_id"},
        {"_system", "order_id"},
    ]
    picked = re.compile(r"\b(?:arg_min|arg_max|any_value|first|last|min_by|max_by|mode)\(\s*(?:\w+\.)?(\w+)")
    texts = {path: path.read_text() for path in (*FILES, *sorted((ROOT / "pipelines").rglob("*.py")))}
    alone = {path.name: {*picked.findall(text)} for path, text in texts.items()}
    assert [name for name, columns in alone.items() if any(key <= columns for key in keys)] == []


def test_nothing_is_computed_in_floating_point():
    assert [path.name for path in FILES if re.search(r"(as double|::double|::float)", path.read_text())] == []
