"""Lists the questions that `regulars init` left in the settings: nobody trusts a number before they are answered.

Put here: reading comments. Keep out: writing them (`init/written_text.py`).
"""

import re
from collections.abc import Iterator
from pathlib import Path

from regulars.pipelines.command.doctor.setup_check import SetupCheck

_QUESTION = re.compile(r"^ *# QUESTION: *(.+)$")


def list_open_questions(settings: Path) -> Iterator[SetupCheck]:
    """One warning per question, with its line."""
    for number, line in enumerate(settings.read_text(encoding="utf-8-sig").splitlines(), start=1):
        found = _QUESTION.match(line)
        if found:
            yield SetupCheck(
                "warning", "open question", f"line {number}: {found[1]} (answer it, then remove the comment)"
            )
