"""Writes drafts as the text of settings, with comments, and puts them into settings that are there already.

Put here: YAML text. Keep out: what is in a draft (`drafts.py`). An existing file keeps every byte: new sources are put
behind its last one, so that comments, order and style stay as somebody wrote them.
"""

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from regulars.pipelines.command.init.drafts import Draft
from regulars.pipelines.command.init.values.phone_region import PhoneRegion
from regulars.pipelines.errors import SettingsWrong

_WIDTH = 110


@dataclass(frozen=True)
class CompanyAnswers:
    """What the files cannot say of the company.

    Attributes:
        name: Its name.
        timezone: The zone in which its days begin.
        currency: The currency of its numbers.
        assumed: Which of them nobody has said, each with what it was taken from.
        phone_region: The country of telephone numbers without a country code; None: there are none.
    """

    name: str
    timezone: str
    currency: str
    assumed: Mapping[str, str]
    phone_region: PhoneRegion | None = None


def write_settings_text(company: CompanyAnswers, drafts: Sequence[Draft]) -> str:
    """A whole settings file."""
    lines = [
        "# Settings of Regulars, begun by `regulars init`. docs/settings.md says what else can be set.",
        "# Look for QUESTION: the files cannot answer these. `regulars preview` shows how every source is read.",
        "company:",
        f"  name: {_scalar(company.name)}",
    ]
    for key in ("timezone", "currency"):
        if key in company.assumed:
            lines.append(f"  # QUESTION: {key}? Assumed: {company.assumed[key]}.")
        lines.append(f"  {key}: {_scalar(getattr(company, key))}")
    lines += _write_phone_region(company.phone_region) if company.phone_region else []
    return "\n".join([*lines, "", "sources:", "", write_sources(drafts, "  ")])


def _write_phone_region(found: PhoneRegion) -> list[str]:
    """The part `identity`, with `null` where the country is not known."""
    question = f"QUESTION: phone_region: {found.sentence}."
    comment = [f"  # {line}" for line in _wrap(question)]
    return ["", "identity:", *comment, f"  phone_region: {found.region or 'null'}"]


def write_sources(drafts: Sequence[Draft], indent: str) -> str:
    """The drafts as entries of `sources`; those that are not sure as comments."""
    return "\n".join(_write_source(draft, indent) for draft in drafts)


def add_sources(text: str, name: str, drafts: Sequence[Draft]) -> str:
    """Settings with the drafts behind their last source; nothing else of the text changes.

    Raises:
        SettingsWrong: The file writes its sources in braces, or has none.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    entries = root.value if isinstance(root, yaml.MappingNode) else []
    sources = next((value for key, value in entries if key.value == "sources"), None)
    if not isinstance(sources, yaml.MappingNode) or sources.flow_style or not sources.value:
        raise SettingsWrong(
            f"{name}: write `sources:` with one entry below it per line, not in braces: then sources can be added"
        )
    indent = " " * sources.value[0][0].start_mark.column
    last = _find_last_line(sources.value[-1][1])
    lines = text.splitlines(keepends=True)
    before = "".join(lines[: last + 1])
    before = before if before.endswith("\n") else before + "\n"
    return f"{before}\n{write_sources(drafts, indent)}{''.join(lines[last + 1 :])}"


def _find_last_line(node: yaml.Node) -> int:
    """The last line of a value, from 0, without blank lines and comments behind it."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        mark = node.end_mark
        return int(mark.line) if mark.column else int(mark.line) - 1
    last = node.value[-1]
    return _find_last_line(last[1] if isinstance(last, tuple) else last)


def _write_source(draft: Draft, indent: str) -> str:
    comments = [f"{draft.what} ({_count_files(draft)}{_word_sureness(draft)})."]
    comments += [f"{reason[0].upper()}{reason[1:]}." for reason in draft.reasons]
    comments += [f"Not read as it is: {problem}." for problem in draft.problems]
    comments += [
        f"QUESTION: {question.key}: {question.text}{_write_choices(question.labels)}" for question in draft.questions
    ]
    if not draft.is_active:
        comments.append("Answer what is open, correct it, and take the signs # away: it is not read yet.")
    head = "".join(f"{indent}# {line}\n" for comment in comments for line in _wrap(comment))
    body = f"{draft.name}:\n" + _indent(_dump(draft.written), "  ")
    sign = indent if draft.is_active else f"{indent}# "
    return head + "".join(f"{sign}{line}\n" for line in body.splitlines())


def _write_choices(labels: Sequence[str]) -> str:
    return f": {'; or '.join(labels)}" if labels else ""


def _word_sureness(draft: Draft) -> str:
    how = {"recognised": "recognised by its columns", "unknown": "not recognised"}
    return f", {how.get(draft.sureness, 'a guess: ' + draft.sureness)}"


def _count_files(draft: Draft) -> str:
    count = len(draft.group.heads)
    return "one file" if count == 1 else f"{count} files"


def _dump(value: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(value), sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=False)


def _scalar(value: str) -> str:
    return yaml.safe_dump(value, allow_unicode=True).removesuffix("\n").removesuffix("\n...")


def _indent(text: str, by: str) -> str:
    return "".join(f"{by}{line}\n" for line in text.splitlines())


def _wrap(text: str) -> list[str]:
    plain = re.sub(r"\s+", " ", text)
    return textwrap.wrap(plain, _WIDTH, break_long_words=False, break_on_hyphens=False)
