"""What was delivered when, and in which order: `home/ledger.duckdb`.

Put here: writing a delivery down and asking what was delivered. Keep out: reading a delivered file, and validating it.
The ledger never rolls back. A line is written only after the landed files are safe on disk, so that a killed run
is simply repeated: what has a line is not landed again, and the others keep their order.
"""

import datetime as dt
import json
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import duckdb

from regulars.pipelines.errors import StorageFailed

SHRINK_ALLOWED = "shrink allowed"
"""How the reason of a delivery begins that was let through although the source had shrunk."""

_TABLES = """
create table if not exists deliveries (
    delivery integer,
    source varchar not null,
    path varchar not null,
    file_name varchar not null,
    file_sha256 varchar,
    bytes bigint not null,
    record_count bigint,
    malformed_count bigint,
    header varchar,
    encoding varchar,
    modified_at timestamp not null,
    landed_at timestamp not null,
    reader_version integer,
    status varchar not null,
    reason varchar
)
"""
_COLUMNS = (
    "delivery, source, path, file_name, file_sha256, bytes, record_count, malformed_count, header, encoding, "
    "modified_at, landed_at, reader_version, status, reason"
)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One file landed (or refused) once.

    `delivery` counts from 1 over all sources in the order of landing; a refused file has none. `path` is where the
    file lay below the data folder, `file_name` its base name. `bytes` is the size as delivered, `record_count` the
    records that could be read and `malformed_count` the lines quarantined. Moments are UTC without a zone.
    """

    delivery: int | None = None
    source: str
    path: str
    file_name: str
    file_sha256: str | None
    bytes: int
    record_count: int | None = None
    malformed_count: int | None = None
    header: tuple[str, ...] = ()
    encoding: str | None = None
    modified_at: dt.datetime
    landed_at: dt.datetime
    reader_version: int | None = None
    status: Literal["landed", "refused"] = "landed"
    reason: str | None = None


class Ledger:
    """The ledger file, open from `with` to the end of its block.

    Args:
        path: The DuckDB file; made when absent.

    Raises:
        StorageFailed: The file is damaged, or another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._con = duckdb.connect(self._path)
            self._con.execute(_TABLES)
        except (OSError, duckdb.Error) as error:
            raise StorageFailed(
                f"{self._path.name} cannot be opened ({type(error).__name__}): see that no other program holds it, "
                "else restore it from a backup"
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._con.close()

    def record(self, delivery: Delivery) -> Delivery:
        """Write a landed file down as the newest delivery, or a refused one without a number.

        The same refusal of the same file is written once, however many runs meet it.

        Returns:
            The delivery with its number.
        """
        if delivery.status == "refused":
            self._forget_same_refusal(delivery)
            number = None
        else:
            found = self._con.execute("select coalesce(max(delivery), 0) + 1 from deliveries").fetchall()
            number = int(found[0][0])
        line = replace(delivery, delivery=number)
        values = {**line.__dict__, "header": json.dumps(line.header, ensure_ascii=False)}
        names = [name.strip() for name in _COLUMNS.split(",")]
        marks = ", ".join("?" for _ in names)
        self._con.execute(f"insert into deliveries ({_COLUMNS}) values ({marks})", [values[name] for name in names])
        return line

    def known(self, file_sha256: str, source: str) -> Delivery | None:
        """The newest delivery of these bytes to `source`, if they have landed before."""
        return self._newest("source = ? and file_sha256 = ?", [source, file_sha256])

    def newest_at(self, path: str, source: str) -> Delivery | None:
        """The newest delivery of `source` that lay at `path`."""
        return self._newest("source = ? and path = ?", [source, path])

    def newest(self, source: str) -> Delivery | None:
        """The newest delivery of `source`."""
        return self._newest("source = ?", [source])

    def has_size(self, size: int, source: str) -> bool:
        """Whether a file of this many bytes has landed for `source`: then it may be the same again."""
        query = "select count(*) from deliveries where status = 'landed' and source = ? and bytes = ?"
        return bool(self._con.execute(query, [source, size]).fetchall()[0][0])

    def to_use(self, source: str, delivery: Literal["full", "incremental"]) -> list[Delivery]:
        """What in this run reads of `source`: the newest delivery of a `full` source, all of an `incremental` one.

        Bytes delivered more than once are read once, as their newest delivery.
        """
        if delivery == "full":
            newest = self.newest(source)
            return [] if newest is None else [newest]
        return self._select(
            "source = ? and status = 'landed' qualify row_number() over "
            "(partition by file_sha256 order by delivery desc) = 1 order by delivery",
            [source],
        )

    def record_counts(self, source: str, last: int = 14) -> list[int]:
        """Record counts of the last deliveries of `source`, newest first; none from before it was allowed to shrink."""
        query = (
            "select record_count from deliveries where status = 'landed' and source = ?"
            " qualify delivery >= coalesce(max(delivery) filter (starts_with(reason, ?)) over (), 0)"
            " order by delivery desc limit ?"
        )
        return [int(count) for (count,) in self._con.execute(query, [source, SHRINK_ALLOWED, last]).fetchall()]

    def refused(self, source: str) -> list[Delivery]:
        """Refused files of `source`, in the order in which they were met."""
        return self._select("source = ? and status = 'refused' order by landed_at, path", [source])

    def _forget_same_refusal(self, refused: Delivery) -> None:
        self._con.execute(
            "delete from deliveries where status = 'refused' and source = ? and path = ?"
            " and file_sha256 is not distinct from ? and reason is not distinct from ?",
            [refused.source, refused.path, refused.file_sha256, refused.reason],
        )

    def _newest(self, where: str, values: list[str]) -> Delivery | None:
        found = self._select(f"{where} and status = 'landed' order by delivery desc limit 1", values)
        return found[0] if found else None

    def _select(self, where: str, values: list[str]) -> list[Delivery]:
        rows = self._con.execute(f"select {_COLUMNS} from deliveries where {where}", values).fetchall()
        names = [name.strip() for name in _COLUMNS.split(",")]
        found = [dict(zip(names, row, strict=True)) for row in rows]
        return [Delivery(**{**line, "header": tuple(json.loads(line["header"]))}) for line in found]
