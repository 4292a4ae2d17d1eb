"""Makes settings for a folder of exports: recognises each file, asks what it cannot know, writes `regulars.yaml`.

Put here: the order of the steps. Keep out: each step (the modules beside this one), and recognising
(`pipelines/sources/recognition/`).
"""

import os
import tempfile
from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from regulars.pipelines.command.init.archived_files import unpack_archives
from regulars.pipelines.command.init.drafts import (
    SAME_SALES,
    Draft,
    Question,
    draft_recognised,
    draft_unknown,
    look_at_values,
)
from regulars.pipelines.command.init.found_files import FoundFile, find_candidates
from regulars.pipelines.command.init.groups import Group, group_files, name_source
from regulars.pipelines.command.init.questions import Ask, ask_about
from regulars.pipelines.command.init.said import describe_result
from regulars.pipelines.command.init.surveys import name_survey_columns, question_unfinished
from regulars.pipelines.command.init.tables import TableHead, read_head
from regulars.pipelines.command.init.values.currency_signs import settle_currencies
from regulars.pipelines.command.init.values.discounts import settle_discounts
from regulars.pipelines.command.init.values.found_ids import split_words
from regulars.pipelines.command.init.values.other_ids import map_other_ids
from regulars.pipelines.command.init.values.phone_region import find_phone_region
from regulars.pipelines.command.init.values.text_encoding import say_encoding
from regulars.pipelines.command.init.written_text import CompanyAnswers, add_sources, write_settings_text
from regulars.pipelines.errors import InputRefused, UsageWrong
from regulars.pipelines.settings.part import check_zone
from regulars.pipelines.settings.profiles.profile import Profile
from regulars.pipelines.settings.profiles.profile_files import list_profiles, read_profile
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.settings_file import load_settings, parse_settings
from regulars.pipelines.sources.readers.header import clean_name
from regulars.pipelines.sources.recognition.recognise import choose_profile, recognise_export
from regulars.pipelines.sources.source_files import match_files

_PLAIN_FOLDERS = ("exports", "export", "data", "files", "downloads", "csv")
"""Names of folders that say nothing of the company: the folder around it does."""


@dataclass(frozen=True)
class InitRequest:
    """What a person said.

    Attributes:
        folder: Where the exports lie.
        settings: The settings file to write, or to add to.
        name: The company's name; empty: that of the folder.
        timezone: Its zone; empty: ask.
        currency: Its currency; empty: ask.
        ask: How to ask; None: nobody is there.
    """

    folder: Path
    settings: Path
    name: str = ""
    timezone: str = ""
    currency: str = ""
    ask: Ask | None = None


def init_settings(request: InitRequest) -> str:
    """Write or extend the settings; what was found, in words.

    Raises:
        UsageWrong: There is no such folder, or no such zone.
        InputRefused: No file of the folder can be read.
        SettingsWrong: The settings that are there hold a mistake.
    """
    if not request.folder.is_dir():
        raise UsageWrong(f"{request.folder}: there is no such folder")
    if request.timezone:
        try:
            check_zone(request.timezone)
        except ValueError as error:
            raise UsageWrong(f"--timezone: {error}") from None
    before = load_settings(request.settings) if request.settings.exists() else None
    base = request.settings.resolve().parent
    known = {*_list_known_files(before, base), request.settings.resolve()}
    found = [each for each in find_candidates(request.folder.resolve()) if each.path not in known]
    with tempfile.TemporaryDirectory(prefix="regulars-init-") as unpacked:
        return _init(request, before, base, list(unpack_archives(found, Path(unpacked))))


def _init(request: InitRequest, before: Settings | None, base: Path, files: Sequence[FoundFile]) -> str:
    heads = [read_head(each) for each in files if not each.reason]
    refused = [(each.name, each.reason) for each in files if each.reason]
    refused += [(each.file.name, each.reason) for each in heads if each.reason]
    profiles = {name: read_profile(name, path) for name, path in list_profiles(base).items()}
    taken = set(before.sources) if before else set()
    names = {name for each in files for name in (each.name, each.archive) if name}
    groups = _group([each for each in heads if not each.reason], profiles, names)
    drafts = _draft_all(groups, profiles, taken)
    _place_paths(drafts, request.folder, base)
    _name_systems_of_lines(drafts)
    settle_currencies(drafts, request.currency or (before.company.currency if before else ""))
    _question_same_sales(drafts, before)
    map_other_ids(drafts, _list_tools(profiles))
    ask_about(drafts, request.ask)
    text = request.settings.read_text(encoding="utf-8-sig") if before else ""
    drafts = [each for each in drafts if f"path: {each.written['path']}\n" not in text]
    if not before and not any(each.is_active for each in drafts):
        found = describe_result(drafts, refused, None)
        raise InputRefused(f"{found}\nNothing is sure enough to be read: no settings were written.")
    if drafts:
        written = (
            add_sources(text, request.settings.name, drafts)
            if before
            else write_settings_text(_describe_company(request, drafts), drafts)
        )
        parse_settings(written, name=request.settings.name, environment=os.environ, folder=base)
        request.settings.write_text(written, encoding="utf-8")
    return describe_result(drafts, refused, request.settings)


def _list_known_files(before: Settings | None, base: Path) -> set[Path]:
    """The files that the settings read already."""
    sources = before.sources.values() if before else ()
    return {path.resolve() for source in sources for pattern in source.paths for path in match_files(pattern, base)}


def _group(heads: Sequence[TableHead], profiles: dict[str, Profile], names: Collection[str]) -> list[Group]:
    """Files with the same profile, or without one with the same header, that are written the same way."""
    keyed = []
    for head in heads:
        chosen = choose_profile(recognise_export(head.header, profiles.values()))
        what = chosen.profile.name if chosen else frozenset(clean_name(cell).casefold() for cell in head.header)
        keyed.append(((what, head.format, head.delimiter, head.header_row, head.records), head))
    said: dict[Hashable, set[str]] = {}
    for key, head in keyed:
        said.setdefault(key, set()).update(() if head.encoding is None else (head.encoding,))
    # a file with nothing beyond ASCII is in the encoding of the others
    placed = [((*key, (head.encoding or "") if len(said[key]) > 1 else ""), head) for key, head in keyed]
    return group_files(placed, names)


def _list_tools(profiles: dict[str, Profile]) -> set[str]:
    """Words that name tools."""
    return {split_words(profile.tool)[0] for profile in profiles.values()}


def _draft_all(groups: Sequence[Group], profiles: dict[str, Profile], taken: set[str]) -> list[Draft]:
    folders = Counter(group.key for group in groups)
    tools = _list_tools(profiles)
    drafts = []
    for group in groups:
        profile = profiles.get(str(group.key[0])) if isinstance(group.key, tuple) else None
        stem = Path(group.heads[0].file.name).stem
        wanted = profile.name if profile else "".join(each for each in stem if not each.isdigit())
        suffix = f"_{group.folder}" if folders[group.key] > 1 and group.folder else ""
        name = name_source(wanted + suffix, taken)
        taken.add(name)
        with tempfile.TemporaryDirectory(prefix="regulars-init-") as landing, duckdb.connect() as con:
            con.execute("set timezone = 'UTC'")
            draft = (
                draft_recognised(name, group, profile) if profile else draft_unknown(name, group, con, Path(landing))
            )
            if profile and suffix:
                draft.system = name_source(f"{draft.system or wanted}{suffix}", ())
                draft.written["system"] = draft.system
            if profile:
                name_survey_columns(draft, profile, con, Path(landing))
                question_unfinished(draft, profile, con, Path(landing))
            say_encoding(draft)
            if draft.sureness != "unknown":
                look_at_values(draft, profile.mapping if profile else {}, con, Path(landing), tools)
            if not profile:
                settle_discounts(draft, con, Path(landing))
        drafts.append(draft)
    return sorted(drafts, key=lambda each: not each.is_active)


def _place_paths(drafts: Sequence[Draft], folder: Path, base: Path) -> None:
    """Paths as the settings need them: from the folder of the settings file."""
    start = Path(os.path.relpath(folder.resolve(), base)).as_posix()
    for draft in drafts:
        placed = [path if start == "." else f"{start}/{path}" for path in draft.group.paths]
        draft.written["path"] = placed[0] if len(placed) == 1 else placed
        members = draft.group.members
        if members:
            draft.written["member"] = members[0]
        if len(members) > 1:
            draft.problems.append("its files in the archive have no name in common that no other file has")


def _name_systems_of_lines(drafts: Sequence[Draft]) -> None:
    """Lines without a profile are of the source of orders that has theirs; without such a one they stand alone."""
    sellers = [each for each in drafts if each.is_active and "orders" in each.kinds and each.ids is not None]
    for draft in drafts:
        if draft.kinds != ("order_lines",) or "profile" in draft.written or draft.ids is None:
            continue
        own = draft.ids.orders
        matching = [
            each
            for each in sellers
            if each.ids is not None and 2 * int(own.is_in(each.ids.orders.implode()).sum()) > len(own)
        ]
        if len(matching) == 1:
            draft.system = matching[0].system or matching[0].name
            draft.written["system"] = draft.system
            draft.questions = [
                each for each in draft.questions if each.key != "columns.unit_price" or not draft.is_active
            ]


def _question_same_sales(drafts: Sequence[Draft], before: Settings | None) -> None:
    """Ask whether sales stand in two sources: payments beside orders, or two exports of orders of one tool."""
    sources = before.sources.items() if before else ()
    sellers = {name: source.system or name for name, source in sources if "orders" in source.mappings}
    drafted = [draft for draft in drafts if draft.is_active and "orders" in draft.kinds]
    for draft in drafted:
        others = [*sellers, *(each.name for each in drafted if each is not draft)]
        if not others:
            draft.questions = [each for each in draft.questions if each.key != SAME_SALES]
        elif draft.system in sellers.values() and all(each.key != SAME_SALES for each in draft.questions):
            text = "another source has orders of the same tool: does it hold the same ones? Then keep one of the two"
            draft.questions.append(Question(SAME_SALES, text))
    for draft in drafted:
        twins = [each for each in drafted[: drafted.index(draft)] if each.system == draft.system and draft.system]
        if twins and all(each.key != SAME_SALES for each in draft.questions):
            text = f"`{twins[0].name}` has orders of the same tool: are they the same ones? Then keep one of the two"
            draft.questions.append(Question(SAME_SALES, text))


def _describe_company(request: InitRequest, drafts: Sequence[Draft]) -> CompanyAnswers:
    found = Counter(each.currency for each in drafts if each.is_active and each.currency)
    assumed: dict[str, str] = {}
    timezone, currency = request.timezone, request.currency
    if not timezone and request.ask:
        timezone = _ask_zone(request.ask)
    if not timezone:
        timezone, assumed["timezone"] = "UTC", "UTC, since no file says where the company is"
    usual = found.most_common(1)[0][0] if found else ""
    if not currency and request.ask:
        hint = f" (its files: {usual})" if usual else ""
        currency = request.ask(f"In which currency does the company count{hint}?", ())
        currency = currency.strip().upper()
    if not currency:
        currency = usual or "EUR"
        assumed["currency"] = "the one that most of its files use" if usual else "EUR, since no file names one"
    folder = request.folder.resolve()
    named = folder.parent if folder.name.lower() in _PLAIN_FOLDERS and folder.parent.name else folder
    name = request.name or named.name.replace("_", " ").replace("-", " ").title()
    numbers = [number for each in drafts if each.is_active for number in each.phones]
    return CompanyAnswers(name, timezone, currency, assumed, find_phone_region(numbers, currency))


def _ask_zone(ask: Ask) -> str:
    for _ in range(3):
        answer = ask("In which time zone does the company's day begin (such as Europe/Berlin)?", ()).strip()
        try:
            return check_zone(answer) if answer else ""
        except ValueError:
            continue
    return ""
