"""Exports of tools as a test writes them, read by profiles: `read("hubspot_contacts", csv, "customers", "email")`."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from regulars.pipelines.settings.profiles.merge import apply_profiles
from regulars.pipelines.settings.profiles.profile_files import list_profiles, read_profile
from regulars.pipelines.sources.recognition.recognise import choose_profile, recognise_export
from tests.cases.shared_case import CASES
from tests.sources.conftest import Shop

EXPORTS = CASES.parent / "exports"
PROFILES = [read_profile(name, path) for name, path in list_profiles(None).items()]
Rows = list[tuple[Any, ...]]
Read = Callable[..., Rows]


def recognise(header: Iterable[str]) -> str | None:
    """The profile that a header is of."""
    chosen = choose_profile(recognise_export(list(header), PROFILES))
    return chosen.profile.name if chosen else None


def header_of(name: str, encoding: str = "utf-8-sig") -> list[str]:
    """The header of a real export; skips where the exports are not beside this folder."""
    path = EXPORTS / name
    if not path.is_file():
        pytest.skip("the sample exports are not beside this folder")
    with path.open(encoding=encoding, newline="") as file:
        return next(csv.reader(file))


def write_export(header: Iterable[str], *records: Mapping[str, str], quoting: int = csv.QUOTE_ALL) -> str:
    """A CSV text with these columns; a record names the cells that are not empty, in any case."""
    columns = list(header)
    folded = {column.casefold() for column in columns}
    out = io.StringIO()
    writer = csv.writer(out, quoting=quoting, lineterminator="\n")  # type: ignore[arg-type]
    writer.writerow(columns)
    for record in records:
        cells = {name.casefold(): value for name, value in record.items()}
        assert cells.keys() <= folded, cells.keys() - folded
        writer.writerow([cells.get(column.casefold(), "") for column in columns])
    return out.getvalue()


@pytest.fixture
def read(shop: Shop) -> Read:
    """Read an export by a profile: the text, or the path of a file, then the kind and our columns."""

    def read(profile: str, export: str | Path, kind: str, columns: str, **settings: Any) -> Rows:
        if isinstance(export, Path):
            shop.write(export.name, export.read_bytes())
        else:
            shop.write("export.csv", export)
        name = export.name if isinstance(export, Path) else "export.csv"
        written = {"sources": {"tool": {"path": name, "profile": profile, **settings}}}
        filled, mistakes = apply_profiles(written, None)
        assert not mistakes
        shop.sources = filled["sources"]
        landed = shop.land()
        assert not landed["tool"].refusals, landed["tool"].refusals[0].sentence
        with shop.delivered(landed) as con:
            read.excluded = dict(  # type: ignore[attr-defined]
                con.execute("select rule, count(distinct row) from landed.excluded group by all").fetchall()
            )
            read.unread = con.execute("select count(*) from landed.malformed").fetchall()[0][0]  # type: ignore[attr-defined]
            return con.execute(f"select {columns} from landed.{kind} order by _row").fetchall()

    return read
