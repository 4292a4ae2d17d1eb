"""Records which deliveries landed, when and in which order: `home/ledger.duckdb`.

Put here: recording and finding deliveries. Keep out: reading a delivered file, and validating it.
The ledger never rolls back. A delivery is recorded only after its landed files are durable, so a killed run can simply
be repeated: a recorded file does not land again, and the others keep their order.
"""

import datetime as dt
import json
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import duckdb

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.kinds.shape.kind import DeliveryMode
from regulars.pipelines.sources.fetching.fetches import Fetch, Fetches

SHRINK_ALLOWED = "shrink allowed"
"""The reason of a delivery begins like this when it was accepted although the source had shrunk."""

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
);
create table if not exists fetched_files (source varchar, path varchar, version varchar, primary key (source, path))
"""
_INSERT = """
    insert into deliveries by name
    select
        $delivery as delivery,
        $source as source,
        $path as path,
        $file_name as file_name,
        $file_sha256 as file_sha256,
        $bytes as bytes,
        $record_count as record_count,
        $malformed_count as malformed_count,
        $header as header,
        $encoding as encoding,
        $modified_at as modified_at,
        $landed_at as landed_at,
        $reader_version as reader_version,
        $status as status,
        $reason as reason
"""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One file that landed or was refused.

    Attributes:
        delivery: Counts from 1 over all sources in the order of landing; None for a refused file.
        source: The source.
        path: Where the file lay, relative to the data folder; of a file in an archive, the archive's path and its own.
        file_name: Its base name, behind that of the archive it is in.
        file_sha256: The hash of its bytes; None for a refused file.
        bytes: Its size as delivered.
        record_count: The records that could be read.
        malformed_count: The lines that are not records.
        header: The delivered header names.
        encoding: The encoding it was delivered in.
        modified_at: When it was last changed; UTC without a zone.
        landed_at: When it landed or was refused; UTC without a zone.
        reader_version: The version of the reader.
        status: Whether it landed.
        reason: Why it was refused, or accepted although the source had shrunk.
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


def read_file_names(path: Path) -> dict[tuple[str, str], str]:
    """(Source, hash of a file) -> the name it was delivered under last; empty when the ledger cannot be read now."""
    query = """
        select source, file_sha256, max_by(file_name, delivery)
        from deliveries
        where status = 'landed'
        group by source, file_sha256
    """
    try:
        with duckdb.connect(path, read_only=True) as con:
            return {(source, file_sha256): name for source, file_sha256, name in con.execute(query).fetchall()}
    except duckdb.Error:
        return {}


class Ledger:
    """The ledger file; open inside a `with` block.

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
            self.fetches = Fetches(self._con)
        except (OSError, duckdb.Error) as error:
            raise StorageFailed(
                f"{self._path.name} cannot be opened ({type(error).__name__}): see that no other program holds it, "
                "else restore it from a backup"
            ) from error
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._con.close()

    def record(self, delivery: Delivery, fetch: Fetch | None = None) -> Delivery:
        """Record a landed file as the newest delivery, or a refused one without a number.

        The same refusal of the same file is recorded once, however many runs repeat it.

        Args:
            delivery: The file.
            fetch: The fetch by a cursor that brought it; recorded with it, or not at all.

        Returns:
            The delivery with its number.
        """
        self._con.begin()
        try:
            numbered = self._insert(delivery)
            if fetch is not None:
                self.fetches.record(fetch, numbered.delivery)
            self._con.commit()
        except BaseException:
            self._con.rollback()
            raise
        return numbered

    def _insert(self, delivery: Delivery) -> Delivery:
        if delivery.status == "refused":
            self._delete_same_refusal(delivery)
            number = None
        else:
            found = self._con.execute("select coalesce(max(delivery), 0) + 1 from deliveries").fetchall()
            number = int(found[0][0])
        numbered = replace(delivery, delivery=number)
        header = json.dumps(numbered.header, ensure_ascii=False)
        self._con.execute(_INSERT, {**numbered.__dict__, "header": header})
        return numbered

    def find_bytes(self, file_sha256: str, source: str) -> Delivery | None:
        """The newest delivery of these bytes to `source`, if they have landed before."""
        return self._find_newest(source, file_sha256=file_sha256)

    def find_newest_at(self, path: str, source: str) -> Delivery | None:
        """The newest delivery of `source` that lay at `path`."""
        return self._find_newest(source, path=path)

    def find_newest(self, source: str) -> Delivery | None:
        """The newest delivery of `source`."""
        return self._find_newest(source)

    def has_size(self, size: int, source: str) -> bool:
        """Whether a file of this many bytes has landed for `source`: then it may be the same again."""
        query = """
            select count(*)
            from deliveries
            where status = 'landed' and source = $source and bytes = $size
        """
        return bool(self._con.execute(query, {"source": source, "size": size}).fetchall()[0][0])

    def list_used(self, source: str, mode: DeliveryMode) -> list[Delivery]:
        """The deliveries that a run reads: the newest of a `full` source, all of any other.

        Of a source that is fetched by a cursor, the last whole fetch and what came after it. Bytes delivered more than
        once are read once, as their newest delivery.
        """
        if mode == "full":
            newest = self.find_newest(source)
            return [] if newest is None else [newest]
        return self._list_from(source, max(self.fetches.list_starts(source), default=0), None)

    def list_replaced(self, source: str) -> list[Delivery]:
        """The deliveries that were read before the last whole fetch of a source came; none without a cursor."""
        *before, start = (0, *self.fetches.list_starts(source))
        return self._list_from(source, before[-1], start) if before else []

    def _list_from(self, source: str, start: int, end: int | None) -> list[Delivery]:
        """The deliveries from one number on and before another, each file once."""
        query = """
            from deliveries
            where source = $source
                and status = 'landed'
                and delivery >= $start
                and ($end is null or delivery < $end)
            qualify row_number() over (partition by file_sha256 order by delivery desc) = 1
            order by delivery
        """
        return self._read(query, {"source": source, "start": start, "end": end})

    def list_landed(self, source: str) -> list[Delivery]:
        """All deliveries of `source` that landed, in order."""
        query = """
            from deliveries
            where source = $source and status = 'landed'
            order by delivery
        """
        return self._read(query, {"source": source})

    def read_record_counts(self, source: str, last: int = 14) -> list[int]:
        """Record counts of the last deliveries of `source`, newest first, since it was last allowed to shrink."""
        query = """
            select record_count
            from deliveries
            where status = 'landed' and source = $source
            qualify delivery >= coalesce(max(delivery) filter (starts_with(reason, $shrink_allowed)) over (), 0)
            order by delivery desc
            limit $last
        """
        values = {"source": source, "shrink_allowed": SHRINK_ALLOWED, "last": last}
        return [int(count) for (count,) in self._con.execute(query, values).fetchall()]

    def remember_fetched(self, source: str, path: str, version: str) -> None:
        """Write down which version of a file that lies elsewhere has landed, or had landed before."""
        self._con.execute("insert or replace into fetched_files values (?, ?, ?)", [source, path, version])

    def read_fetched(self) -> dict[str, dict[str, str]]:
        """Source -> path -> the version of each file that need not be fetched again."""
        found: dict[str, dict[str, str]] = {}
        for source, path, version in self._con.execute("from fetched_files order by all").fetchall():
            found.setdefault(source, {})[path] = version
        return found

    def _delete_same_refusal(self, refused: Delivery) -> None:
        query = """
            delete from deliveries
            where status = 'refused'
                and source = $source
                and path = $path
                and file_sha256 is not distinct from $file_sha256
                and reason is not distinct from $reason
        """
        names = ("source", "path", "file_sha256", "reason")
        self._con.execute(query, {name: getattr(refused, name) for name in names})

    def _find_newest(self, source: str, *, path: str | None = None, file_sha256: str | None = None) -> Delivery | None:
        """The newest landed delivery of a source, of those at a path or with these bytes where one is given."""
        query = """
            from deliveries
            where source = $source
                and status = 'landed'
                and ($path is null or path = $path)
                and ($file_sha256 is null or file_sha256 = $file_sha256)
            order by delivery desc
            limit 1
        """
        found = self._read(query, {"source": source, "path": path, "file_sha256": file_sha256})
        return found[0] if found else None

    def _read(self, query: str, values: dict[str, str | int | None]) -> list[Delivery]:
        cursor = self._con.execute(query, values)
        names = [name for name, *_ in cursor.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return [Delivery(**{**row, "header": tuple(json.loads(row["header"]))}) for row in rows]
