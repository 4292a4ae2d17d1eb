"""Makes the request of a run: whose settings, which home, which data folder, which day, what may pass once.

Put here: the defaults of a request, and the mistakes in it. Keep out: carrying it out (`run.py`).

The command line, the schedule and Dagster's page all call `make_request`; from then on the request is handed on whole.
"""

import datetime as dt
import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from regulars.pipelines.contracts.company_contracts import load_run_contracts
from regulars.pipelines.contracts.scorecard_targets import refuse_wrong_targets
from regulars.pipelines.errors import UsageWrong
from regulars.pipelines.findings.catalogue import FINDINGS
from regulars.pipelines.findings.evaluate import Policy
from regulars.pipelines.home.home import Home
from regulars.pipelines.settings.settings import Settings, find_as_of
from regulars.pipelines.settings.settings_file import TargetTypes, load_settings
from regulars.pipelines.themes.rules import ThemeRules
from regulars.pipelines.themes.rules_file import find_theme_rules

OVERRIDES = ("shrink", "quarantined")
"""What a single run may let pass with a reason beside findings that stop: a delivery that shrank, more quarantined
records than allowed."""

SETTINGS_FILE = "regulars.yaml"


@dataclass(frozen=True)
class RunRequest:
    """What somebody asked for when they started a run.

    Attributes:
        settings: The company's settings.
        home: Where its generations live.
        data: The folder that relative source paths start from.
        settings_folder: The folder of the settings file, which relative paths of targets start from.
        as_of: The last day that counts.
        theme_rules: The themes of comments, as their file was when the run was asked for.
        linked_home: The home to whose files links in `home` lead, where `home` is a copy to plan in.
        allow: Override or finding -> reason, for this run only (`OVERRIDES`, names of the catalogue of findings).
    """

    settings: Settings
    home: Home
    data: Path
    settings_folder: Path
    as_of: dt.date
    theme_rules: ThemeRules
    allow: Mapping[str, str] = field(default_factory=dict)
    linked_home: Path | None = None

    @property
    def finding_policy(self) -> Policy:
        """How this run evaluates what it measures."""
        says = self.settings.findings
        return Policy(self.as_of, says.thresholds, says.severities, says.acknowledged, self.allow)


def make_request(
    settings: Path | None = None,
    *,
    now: dt.datetime,
    home: Path | None = None,
    data: Path | None = None,
    as_of: str = "",
    allow: Sequence[str] = (),
    target_types: TargetTypes | None = None,
) -> RunRequest:
    """Make the request of a run; what is not given has one default, whoever starts the run.

    Args:
        settings: The settings file; default `$REGULARS_SETTINGS`, else `regulars.yaml` in the working folder.
        now: An aware moment.
        home: Where generations live; default `$REGULARS_HOME`, else `home/` beside the settings.
        data: Where relative source paths start; default the settings' folder.
        as_of: `YYYY-MM-DD`, or empty for the settings' day or yesterday.
        allow: `override=reason` each.
        target_types: What the options of each type of target must look like; without it they are not checked here.

    Raises:
        SettingsWrong: The settings file holds a mistake.
        UsageWrong: An argument makes no sense.
    """
    file = find_settings_file(settings)
    company = load_settings(file, target_types=target_types)
    if company.scorecard:
        refuse_wrong_targets(company, load_run_contracts(company))
    if data is not None and not data.is_dir():
        raise UsageWrong(f"--data {data}: there is no such folder")
    day = _parse_day(as_of) if as_of else find_as_of(company, now)
    refuse_future_day(day, company, now, "--as-of" if as_of else f"{file}: as_of:")
    return RunRequest(
        settings=company,
        home=find_home(home, file),
        data=(data or file.parent).resolve(),
        settings_folder=file.parent,
        as_of=day,
        theme_rules=find_theme_rules(company.themes.file, file.parent),
        allow=dict(_parse_override(each) for each in allow),
    )


def refuse_future_day(day: dt.date, company: Settings, now: dt.datetime, where: str) -> None:
    """Stop a run of a day that has not begun: it would hide every real run behind it as one of an earlier day.

    Args:
        day: The last day that is to count.
        company: The company's settings; its time zone decides what day it is.
        now: An aware moment.
        where: What names the day: an argument, or the settings file with its key.

    Raises:
        UsageWrong: The day is after today.
    """
    today = now.astimezone(ZoneInfo(company.company.timezone)).date()
    if day > today:
        raise UsageWrong(f"{where} {day} is in the future; today is {today}. Name a day that is over.")


def find_settings_file(named: Path | None = None) -> Path:
    """The named settings file, else `$REGULARS_SETTINGS`, else `regulars.yaml` in the working folder."""
    return (named or Path(os.environ.get("REGULARS_SETTINGS") or SETTINGS_FILE)).resolve()


def find_home(named: Path | None, settings_file: Path) -> Home:
    """The named home, else `$REGULARS_HOME`, else `home/` beside the settings file."""
    from_environment = os.environ.get("REGULARS_HOME")
    return Home(named or (Path(from_environment) if from_environment else settings_file.resolve().parent / "home"))


def _parse_day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageWrong(f"--as-of {text}: write the day as YYYY-MM-DD") from None


def _parse_override(text: str) -> tuple[str, str]:
    override, _, reason = text.partition("=")
    if override not in OVERRIDES and override not in FINDINGS:
        known = difflib.get_close_matches(override, [*OVERRIDES, *FINDINGS], n=1)
        near = f"; did you mean `{known[0]}`?" if known else ""
        raise UsageWrong(
            f"--allow {text}: `{override}` is neither {' nor '.join(f'`{each}`' for each in OVERRIDES)} nor the name "
            f"of a finding{near}"
        )
    if not reason.strip():
        raise UsageWrong(f"--allow {text}: write {override}=REASON")
    return override, reason.strip()
