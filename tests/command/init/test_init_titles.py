"""A CSV file with a title above its header: `regulars init` finds the header, and a wrong line is loud."""

import pytest

from regulars.pipelines.command.doctor.source_checks import check_source
from regulars.pipelines.command.init.found_files import FoundFile
from regulars.pipelines.command.init.init import InitRequest, init_settings
from regulars.pipelines.command.init.tables import read_head
from regulars.pipelines.settings.settings_file import load_settings

HEAD = "Order No;Order Date;Net Amount;Customer No\n"
ROWS = "".join(f"{n};0{n}.01.2026;1.00{n},50;000{n}\n" for n in range(1, 9))


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("", None),
        ("\n", None),
        ("Orders of January\n", 2),
        ("Orders of January;;;\n;;;\nFrom;2026-01-01\nTo;2026-01-31\n\n", 6),
        ('"Orders of\nJanuary"\n\n"as of 1 February"\n', 5),
    ],
)
def test_the_line_of_the_header_is_found_below_whatever_title(tmp_path, title, line):
    (tmp_path / "report.csv").write_text(title + HEAD + ROWS)
    head = read_head(FoundFile(tmp_path / "report.csv", "report.csv"))
    assert (head.header, head.header_row, head.reason) == (tuple(HEAD.strip().split(";")), line, "")


def test_a_header_of_a_survey_with_few_names_is_no_title(tmp_path):
    (tmp_path / "s.csv").write_text("Id,Which of these?,,,,,,Why?\n,A,B,C,D,E,F,Open\n" + "1,x,,,,,,y\n" * 5)
    assert read_head(FoundFile(tmp_path / "s.csv", "s.csv")).header_row is None


@pytest.fixture
def report(tmp_path):
    (tmp_path / "report.csv").write_text("Orders of January\n\n" + HEAD + ROWS)
    init_settings(InitRequest(tmp_path, tmp_path / "regulars.yaml"))
    return tmp_path


def test_the_line_is_written_and_said_and_another_line_is_loud(report):
    text = (report / "regulars.yaml").read_text()
    assert load_settings(report / "regulars.yaml", {}).sources["report"].options.header_row == 3
    assert "Its header is in line 3, and what stands above it is taken for a title and not read." in text
    assert "report.csv, the header is in line 3, and one filled line above it is not read" in "".join(
        check_sources(report)
    )
    (report / "report.csv").write_text("Orders of January\nAll shops\nAll days\n" + HEAD + ROWS)
    wrong = "report.csv: its header seems to be in line 4, below a title: set `options: {header_row: 4}`"
    assert wrong in "".join(check_sources(report))


def check_sources(folder):
    source = load_settings(folder / "regulars.yaml", {}).sources["report"]
    return [check.sentence for check in check_source("report", source, folder, lambda place: "")]
