"""The steps of docs/howto/add_a_language.md, done on a copy of the code."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

from regulars.pipelines.report.words import collect

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "howto" / "add_a_language.md").read_text(encoding="utf-8")
PACKAGE = collect.__name__.partition(".")[0]
LOOK = f"""
from {PACKAGE}.pipelines.report.words.words import read_words
from {PACKAGE}.pipelines.settings.settings import Report
words = read_words(Report(language="sv").language)
sentence = "have bought or subscribed; {{active}} of them are active, {{customers}} new in {{month}}"
print(words.say(sentence, active=words.count(900), customers=words.count(1234), month=1))
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def code(tmp_path):
    package = Path(str(sys.modules[PACKAGE].__file__)).parent
    shutil.copytree(package, tmp_path / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(code, *arguments):
    return subprocess.run(
        [sys.executable, *arguments], cwd=code, capture_output=True, text=True, encoding="utf-8", check=True
    ).stdout


def collect_into(code):
    """Step 1 and step 3: the guide's own command, and how much it says is to do."""
    [command] = blocks("sh")
    assert command.split()[:3] == ["python", "-m", collect.__name__]
    output = run(code, *command.split()[1:])
    return int(re.search(r"sv\.po: (\d+) to do", output)[1])


def test_the_steps_of_the_guide_give_the_report_a_language(code):
    everything = collect_into(code)
    assert everything == len(collect.collect_messages())

    path = code / PACKAGE / "pipelines" / "report" / "words" / "sv.po"
    catalogue = polib.pofile(str(path))
    for block in blocks("po"):
        [example] = polib.pofile(block)
        catalogue.find(example.msgid).msgstr = example.msgstr
    catalogue.save()
    assert collect_into(code) == everything - len(blocks("po"))

    settings = code / PACKAGE / "pipelines" / "settings" / "settings.py"
    [offer] = blocks("python")
    text, changed = re.subn(r"    language: Literal\[.*\n", offer, settings.read_text(encoding="utf-8"))
    assert changed == 1
    settings.write_text(text, encoding="utf-8")
    assert "har köpt eller prenumererat; 900 av dem är aktiva, 1\u00a0234 nya i 1" in run(code, "-c", LOOK)


def test_a_name_in_braces_that_does_not_fit_is_reported(tmp_path):
    path = tmp_path / "sv.po"
    catalogue = collect.update_catalogue(path)
    catalogue.find("as of {day}").msgstr = "den {dag}"
    mistakes = collect.list_mistakes(catalogue)
    assert "unknown {dag} in: den {dag}" in mistakes
    assert "without {day}: den {dag}" in mistakes


def test_a_month_may_be_a_number(tmp_path):
    catalogue = collect.update_catalogue(tmp_path / "sv.po")
    catalogue.find("{month} {year}").msgstr = "{year}-{month_number}"
    assert not [mistake for mistake in collect.list_mistakes(catalogue) if "month_number" in mistake]


def test_translations_and_remarks_survive_and_what_is_no_longer_said_goes(tmp_path):
    path = tmp_path / "sv.po"
    catalogue = collect.update_catalogue(path)
    catalogue.find("Customers").msgstr, catalogue.find("Customers").tcomment = "Kunder", "as on the invoices"
    catalogue.append(polib.POEntry(msgid="An old sentence.", msgstr="En gammal mening."))
    catalogue.save(str(path))
    assert "no longer said: An old sentence." in collect.list_mistakes(polib.pofile(str(path)))
    again = collect.update_catalogue(path)
    assert (again.find("Customers").msgstr, again.find("Customers").tcomment) == ("Kunder", "as on the invoices")
    assert again.find("An old sentence.") is None


def test_a_language_with_three_plural_forms_has_room_for_three(tmp_path):
    path = tmp_path / "pl.po"
    catalogue = collect.update_catalogue(path)
    catalogue.metadata["Plural-Forms"] = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2);"
    catalogue.save(str(path))
    assert collect.update_catalogue(path).find("{n} customer").msgstr_plural == {0: "", 1: "", 2: ""}
