"""How far answers came, as a number that counts to 100 or to 1: no finished answer is lost, and a doubt is said."""

import re

import pytest

from regulars.pipelines.command.init.init import InitRequest, init_settings
from regulars.pipelines.command.preview.preview import preview_sources
from tests.command.init.test_init_surveys import NOW, answers

DOUBT = r"(\d+) answers of `answers` may be finished or not, by `Progress`.* Of these, (.*?)\."


def write(folder, *files):
    for month, ends in enumerate(files, 1):
        name = f"answers_2026-0{month}-27.csv"
        (folder / name).write_text(answers("Progress", *ends).replace("\nr", f"\nr{month}-"), encoding="utf-8")


def make_settings(folder):
    return init_settings(InitRequest(folder, folder / "regulars.yaml", timezone="UTC", currency="EUR"))


def preview(folder):
    """How many answers the rule leaves out, and what is said of those that may be finished or not."""
    look, _ = preview_sources(folder / "regulars.yaml", only=None, data=None, as_json=False, now=NOW)
    left_out = re.search(r"excluded +(\d+) rows of survey_responses by the rule `unfinished`", look)
    doubt = re.search(DOUBT, " ".join(look.split()))
    return int(left_out[1]) if left_out else 0, doubt and doubt.groups()


def test_a_file_whose_answers_all_say_1_is_kept_beside_one_that_counts_to_100(tmp_path):
    write(tmp_path, ("1",), ("100", "40"))
    make_settings(tmp_path)
    assert preview(tmp_path)[0] == 14


@pytest.mark.parametrize("files", [(("100", "40"), ("1",)), (("1", "0.4"), ("12", "7"))])
def test_without_a_rule_answers_in_doubt_are_no_unfinished_ones(tmp_path, files):
    write(tmp_path, *files)
    make_settings(tmp_path)  # the newest file has no unfinished answer for sure
    assert preview(tmp_path) == (0, ("28", "28 count"))
    look, _ = preview_sources(tmp_path / "regulars.yaml", only=None, data=None, as_json=False, now=NOW)
    assert "14 answers of `answers` are unfinished" in " ".join(look.split())


def test_init_says_how_many_answers_it_keeps_in_doubt(tmp_path):
    write(tmp_path, ("1",), ("100", "40"))
    assert "as `Progress` says; 28 more in its files may be" in make_settings(tmp_path)


def test_pages_beside_shares_are_no_percent(tmp_path):
    write(tmp_path, ("12", "7"), ("1", "0.4"))
    make_settings(tmp_path)
    assert preview(tmp_path)[0] == 14


def test_settings_made_from_percent_keep_a_later_file_whose_answers_all_say_1(tmp_path):
    write(tmp_path, ("100", "40"))
    make_settings(tmp_path)
    write(tmp_path, ("100", "40"), ("1",))
    assert preview(tmp_path) == (14, None)


def test_answers_that_a_rule_leaves_out_in_doubt_are_counted(tmp_path):
    write(tmp_path, ("100", "40", "1", "30"))  # here 1 is a hundredth, so that the rule leaves it out
    make_settings(tmp_path)
    write(tmp_path, ("100", "40", "1", "30"), ("1",))
    assert preview(tmp_path) == (21 + 28, ("28", "28 are left out by the rule `unfinished`"))


def test_answers_at_a_hundredth_that_a_rule_keeps_are_counted(tmp_path):
    write(tmp_path, ("100", "40"))
    make_settings(tmp_path)
    write(tmp_path, ("100", "40"), ("100", "40", "1", "30"))
    assert preview(tmp_path) == (14 + 14, ("7", "7 count"))


def test_pages_of_a_later_file_that_a_rule_made_from_shares_leaves_out_are_counted(tmp_path):
    write(tmp_path, ("1", "0.4"))
    make_settings(tmp_path)
    write(tmp_path, ("1", "0.4"), ("12", "7"))
    assert preview(tmp_path) == (14 + 28, ("28", "28 are left out by the rule `unfinished`"))


def test_a_rule_made_from_shares_leaves_no_doubt_about_percent(tmp_path):
    write(tmp_path, ("1", "0.4"))
    make_settings(tmp_path)
    write(tmp_path, ("1", "0.4"), ("100", "40"))
    assert preview(tmp_path) == (28, None)
