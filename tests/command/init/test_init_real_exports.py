"""Every real file of the tools goes through `regulars init --yes`: recognised rightly, or honestly not at all."""

import re
import shutil

import pytest

from regulars.pipelines.command.init.init import InitRequest, init_settings
from regulars.pipelines.errors import InputRefused
from regulars.pipelines.settings.settings_file import load_settings
from tests.cases.shared_case import CASES
from tests.sources.recognition.test_recognise import REAL_EXPORTS

EXPORTS = CASES.parent / "exports"
TOOLS = sorted({path.parent.name for path in EXPORTS.glob("*/*.*")})

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not EXPORTS.is_dir(), reason="the sample exports are not beside this folder"),
]


@pytest.fixture(params=TOOLS)
def tool(request):
    return str(request.param)


def test_no_file_of_a_tool_is_read_as_what_it_is_not(tool, tmp_path):
    shutil.copytree(EXPORTS / tool, tmp_path / "exports", copy_function=shutil.copyfile)
    settings = tmp_path / "regulars.yaml"
    try:
        said = init_settings(InitRequest(tmp_path / "exports", settings))
    except InputRefused as refused:
        said = str(refused)
    sources = load_settings(settings, {}).sources if settings.exists() else {}
    mine = {f"{tool}/{source.paths[0].removeprefix('exports/')}": source.profile for source in sources.values()}
    wanted = {profile for name, profile in REAL_EXPORTS.items() if name.startswith(f"{tool}/")}
    assert {profile for profile in mine.values() if profile} == wanted - ASKED_FOR_THE_SCORE
    for profile in wanted:
        assert re.search(rf"recognised by its columns; \d+ records?; source `{profile}`", said)
    guessed = {name for name, profile in mine.items() if profile is None}
    assert guessed <= RIGHTLY_GUESSED
    for path in EXPORTS.glob(f"{tool}/*.*"):
        assert path.name in said or "more" in said


ASKED_FOR_THE_SCORE = {
    "google_forms_responses",
    "qualtrics_legacy",
    "qualtrics_responses",
    "surveymonkey_responses",
    "typeform_responses",
}
"""Recognised, and not read before a person says which question is the score: the operator wrote it."""
RIGHTLY_GUESSED: set[str] = set()
"""Files without a profile that are read, and as what they are."""
