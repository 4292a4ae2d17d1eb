"""A place in a contract file, and the list that collects the mistakes found there.

Put here: what every reader of a contract file needs to report a mistake. Keep out: what a key means.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from regulars.pipelines.contracts.rule import Severity


@dataclass(frozen=True)
class Place:
    """A place in a contract file.

    Attributes:
        path: The file, and the part of it, in words.
        problems: What is wrong in the file, shared by all its places.
    """

    path: str
    problems: list[str]

    def at(self, part: str) -> "Place":
        """A place inside this one."""
        return Place(f"{self.path}, {part}", self.problems)

    def wrong(self, sentence: str) -> None:
        """Note a problem here."""
        self.problems.append(f"{self.path}: {sentence}")

    def refuse_unknown(self, entry: Mapping[str, Any], known: Collection[str]) -> None:
        """Note every key that is not read: it would look like a rule and have no effect."""
        for key in entry:
            if key not in known:
                self.wrong(f"`{key}` is not a key that contracts here understand")

    def read_text(self, entry: Mapping[str, Any], key: str) -> str:
        """A text that must be there, its line breaks as spaces."""
        value = entry.get(key)
        if not isinstance(value, str) or not value.strip():
            self.wrong(f"`{key}` is missing: say it in a sentence")
            return ""
        return " ".join(value.split())

    def read_extras(self, entry: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
        """The entry's customProperties: name -> value."""
        found = {item.get("property"): item.get("value") for item in entry.get("customProperties") or []}
        self.at("customProperties").refuse_unknown(found, known)
        return found

    def read_severity(self, entry: Mapping[str, Any]) -> Severity:
        """The entry's severity, `critical` unless it says otherwise."""
        severity: Severity = entry.get("severity", "critical")
        if severity not in ("critical", "warning"):
            self.wrong(f"severity is {severity!r}, and must be `critical` or `warning`")
        return severity
