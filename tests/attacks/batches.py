"""Many faults in one company: each has sources and a system of its own, so that one run tries all of them.

Put here: how a fault is written, the company of a batch, what is said about one fault. Keep out: the faults.

A column of a file has our own name, or is mapped by `columns`. The source of a kind is called `<key>_<kind>`, so that
findings and sentences tell which fault they are about.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.registry import KINDS
from tests.attacks.trial import Outcome, try_company

Cell = object | Callable[[int], object]
RATES = "rate_date,currency,rate\n2025-01-01,USD,0.9\n2025-01-01,GBP,1.2\n2026-03-30,USD,0.9\n2026-03-30,GBP,1.2\n"
"""Rates that hold for every company of a batch."""


@dataclass(frozen=True)
class Export:
    """One export of a tool.

    Attributes:
        kind: What its rows are.
        text: Its file; of several nights, one text each. None: nothing new that night.
        columns: More columns of the mapping, as YAML between braces.
        more: Further lines of its settings.
        system: Of which system the ids are; `{key}` stands for the fault's own.
        name: Behind the fault's key; the kind, if it is empty.
        suffix: How the file's name ends.
        profile: The profile that reads it, in place of the columns.
        database: The query of the SQLite database that the file is, in place of a path.
    """

    kind: str
    text: str | bytes | Sequence[str | bytes | None]
    columns: str = ""
    more: str = ""
    system: str = "{key}"
    name: str = ""
    suffix: str = ".csv"
    profile: str = ""
    database: str = ""

    def list_nights(self) -> list[str | bytes | None]:
        """What is delivered each night; None: nothing new."""
        return [self.text] if isinstance(self.text, str | bytes) else list(self.text)

    def write_settings(self, key: str) -> list[str]:
        """The lines of its source in `regulars.yaml`."""
        name = f"{key}_{self.name or self.kind}"
        place = (
            f"from: {{type: database, engine: sqlite, file: {name}-1{self.suffix}, query: {self.database}}}"
            if self.database
            else f"path: {name}-*{self.suffix}"
        )
        read_by = [f"profile: {self.profile}"] if self.profile else [f"kind: {self.kind}", self._map_columns()]
        written = [f"  {name}:", *(f"    {line}" for line in (place, *read_by)), "    required: false"]
        return [*written, f"    system: {self.system}", *([self.more] if self.more else [])]

    def _map_columns(self) -> str:
        known = {column.name for column in KINDS[self.kind].columns}
        given = {part.split(":")[0].strip() for part in self.columns.split(", ")}
        text = next((each for each in self.list_nights() if isinstance(each, str)), "")
        header = text.split("\n", 1)[0].split(",")
        mapped = [f"{name}: {name}" for name in header if name in known and name not in given]
        return f"columns: {{{', '.join([*mapped, *([self.columns] if self.columns else [])])}}}"


@dataclass(frozen=True)
class Fault:
    """One fault of real exports, and the outcomes that are right.

    Attributes:
        exports: The files, each a source of its own.
        said: Names of findings, or parts of sentences about its sources; any of them will do.
        right: Question -> value; where all hold, the outcome is right even if nothing is said. None: no number can be.
        must_say: Whether being right is not enough.
        is_quiet: Whether nothing may be said: the export is sound, though it looks odd.
    """

    exports: Sequence[Export]
    said: Sequence[str] = ()
    right: Mapping[str, object] | None = None
    must_say: bool = False
    is_quiet: bool = False


def table(count: int, **cells: Cell) -> str:
    """A CSV file of `count` rows; a cell is a value, or a function of the row's number from 1."""
    rows = [",".join(cells)]
    for number in range(1, count + 1):
        rows.append(",".join(str(cell(number) if callable(cell) else cell) for cell in cells.values()))
    return "\n".join(rows) + "\n"


def lines(header: str, *rows: str) -> str:
    """A CSV file of these rows."""
    return "\n".join([header, *rows]) + "\n"


def day(number: int) -> str:
    """A day of the first quarter of 2026, another one for each number up to 90."""
    month, rest = divmod((number * 3) % 84, 28)
    return f"2026-{month + 1:02}-{rest + 1:02}"


def orders(count: int = 24, columns: str = "", more: str = "", **cells: Cell) -> Export:
    """Orders of 100 each by eight customers, with further or other cells."""
    sound: dict[str, Cell] = {
        "order_id": lambda n: f"o{n}",
        "ordered_at": lambda n: f"{day(n)} 10:{n % 60:02}:00",
        "customer_record_id": lambda n: f"c{n % 8 + 1}",
        "gross_sales": "100.00",
    }
    return Export("orders", table(count, **{**sound, **cells}), columns, more)


@dataclass
class Batch:
    """A company with many faults, tried once.

    Attributes:
        faults: Name -> the fault.
        folder: An empty folder.
        questions: Name -> SQL of one value, with `{key}` for the fault's system.
        top: Lines of the settings before its sources.
    """

    faults: Mapping[str, Fault]
    folder: Path
    questions: Mapping[str, str]
    top: str = ""
    outcome: Outcome = field(init=False)
    keys: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = {name: f"f{number:02}" for number, name in enumerate(self.faults, 1)}
        asked = {
            f"{name} {question}": self.questions[question].replace("{key}", self.keys[name])
            for name, fault in self.faults.items()
            for question in fault.right or {}
        }
        self.outcome = try_company(self.folder, self._list_nights(), self._write_settings(), asked, hours=24)

    def find_said(self, name: str) -> str:
        """What is said about the sources of one fault, with the names of its findings."""
        key = self.keys[name]
        said = [line for line in self.outcome.said.splitlines() if f"{key}_" in line or f"`{key}`" in line]
        return "\n".join([*(each.name for each in self._list_findings(name)), *said])

    def find_warnings(self, name: str) -> list[str]:
        """The findings about one fault that warn or stop."""
        return [each.name for each in self._list_findings(name) if each.severity != "info"]

    def _list_findings(self, name: str) -> list[Finding]:
        key, kinds = self.keys[name], {each.kind for each in self.faults[name].exports}
        found = [each.finding for each in self.outcome.evaluated]
        return [
            each
            for each in found
            if each.source == key
            or f"{key}_" in f"{each.source} {each.sentence}"
            or (each.name == "values_emptied" and each.kind in kinds)
        ]

    def read_numbers(self, name: str) -> dict[str, object]:
        """Question -> answer, of one fault."""
        return {question: self.outcome.numbers.get(f"{name} {question}") for question in self.faults[name].right or {}}

    def _list_exports(self) -> list[tuple[str, Export]]:
        return [(self.keys[name], export) for name, fault in self.faults.items() for export in fault.exports]

    def _list_nights(self) -> list[dict[str, str | bytes | None]]:
        count = max(len(each.list_nights()) for _, each in self._list_exports())
        nights: list[dict[str, str | bytes | None]] = [{} for _ in range(count)]
        nights[0]["rates.csv"] = RATES
        for key, each in self._list_exports():
            for number, content in enumerate(each.list_nights(), 1):
                if content is not None:
                    content = content.replace("{key}", key) if isinstance(content, str) else content
                    name = f"{key}_{each.name or each.kind}-{1 if each.database else number}{each.suffix}"
                    nights[number - 1][name] = content
        return nights

    def _write_settings(self) -> str:
        parts = [
            "company: {name: Faults, timezone: Europe/Berlin, currency: EUR}",
            "as_of: 2026-03-31",
            *([self.top] if self.top else []),
            "sources:",
            "  rates: {path: rates.csv, kind: fx_rates, columns: {rate_date: rate_date, currency: currency, "
            "rate: rate}}",
        ]
        for key, each in self._list_exports():
            parts += [line.replace("{key}", key) for line in each.write_settings(key)]
        return "\n".join(parts) + "\n"
