"""The SQL files keep their form: no long lines, and no money in floating point."""

import re

from regulars.pipelines.settings.package import SQL_FOLDER

FILES = sorted(SQL_FOLDER.rglob("*.sql"))


def test_no_line_is_longer_than_120_characters():
    long = [
        f"{path.name}:{number}"
        for path in FILES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > 120
    ]
    assert long == []


def test_nothing_is_computed_in_floating_point():
    assert [path.name for path in FILES if re.search(r"(as double|::double|::float)", path.read_text())] == []
