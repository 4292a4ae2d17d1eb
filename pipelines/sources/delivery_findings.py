"""Finds what is odd about the files of a source that are used: their order, and encodings that nobody has declared.

Put here: names and times that contradict the order, files that were put back, guessed encodings. Keep out: the order
itself (`source_files.py`, `ledger.py`), and versions of single documents (`contracts/quarantine/version_findings.py`).

The ledger alone decides, so that a later run on the same landing finds the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.ledger import Delivery
from regulars.pipelines.sources.mapping.mapping_checks import Mistake
from regulars.pipelines.sources.names.file_names import read_claim
from regulars.pipelines.sources.readers.decoding import GUESSED
from regulars.pipelines.sources.readers.landed_text import Landed


def list_delivery_findings(
    name: str, source: Source, landed: Sequence[Delivery], used: Sequence[Delivery]
) -> list[Finding]:
    """What is odd about the order of a source's deliveries.

    Args:
        name: The source.
        source: Its settings.
        landed: All its deliveries, in order.
        used: Those that the run reads.
    """
    guessed = _find_guessed_encodings(name, source, used)
    if all("updated_at" in mapping.columns for mapping in source.mappings.values()) and len(used) > 1:
        return guessed  # the version column decides, whatever the order of the files
    found = [
        _find_contradictions(name, landed, used),
        _find_equal_times(name, landed, used) if source.delivery_mode == "full" else None,
        _find_put_back(name, landed, used, is_full=source.delivery_mode == "full"),
    ]
    return [*guessed, *(finding for finding in found if finding is not None)]


def _find_guessed_encodings(name: str, source: Source, used: Sequence[Delivery]) -> list[Finding]:
    """Files in use whose letters may be other ones, since nobody has said which encoding they are in."""
    guessed = [delivery for delivery in used if delivery.encoding == GUESSED]
    if not guessed or source.options.encoding != "auto":
        return []
    return [
        make_finding(
            "encoding_guessed",
            f"{name}: {len(guessed):,} of {len(used):,} files in use, such as {guessed[-1].file_name}, are not UTF-8 "
            "and were read as Windows-1252 (Western European); letters that are written otherwise in cp1250 (Czech, "
            "Hungarian, Polish …), cp1254 (Turkish) or on a Mac occur in them.",
            f"Look at some names with `regulars preview {name}`, and say `options: {{encoding: cp1252}}`, or what it "
            "is, in its settings.",
            source=name,
            count=len(guessed),
            example=guessed[-1].file_name,
        )
    ]


def _find_contradictions(name: str, landed: Sequence[Delivery], used: Sequence[Delivery]) -> Finding | None:
    """Files in use that came after one that, by its name or by the time of its last change, is younger."""
    contradicting = {file for file in _list_older_files(landed) if file in set(used)}
    if not contradicting:
        return None
    example = min(contradicting, key=lambda file: file.delivery or 0).file_name
    return make_finding(
        "file_order_disagrees",
        f"{name}: {len(contradicting):,} of {len(used):,} files in use count as newer than a file that was changed "
        f"later or whose name sorts after theirs, such as {example}. What came first is older; of files that came "
        "together, the one that was changed first; names do not count.",
        "If the files are in the wrong order, deliver the newest ones again, or map `updated_at`, which decides before "
        "any order of files.",
        source=name,
        count=len(contradicting),
        example=example,
    )


def _list_older_files(landed: Sequence[Delivery]) -> Iterator[Delivery]:
    """The deliveries that came after one that is younger by its name or by its time."""
    highest: dict[str, tuple[int, ...]] = {}
    youngest = landed[0].modified_at if landed else None
    for delivery in landed:
        is_older = youngest is not None and delivery.modified_at < youngest
        youngest = max(youngest or delivery.modified_at, delivery.modified_at)
        claim = read_claim(delivery.file_name)
        if claim is not None:
            shape, numbers = claim
            is_older = is_older or numbers < highest.get(shape, numbers)
            highest[shape] = max(numbers, highest.get(shape, numbers))
        if is_older:
            yield delivery


def _find_equal_times(name: str, landed: Sequence[Delivery], used: Sequence[Delivery]) -> Finding | None:
    """Whether the only file that counts was chosen among files that came together and were changed at one moment."""
    if not used:
        return None
    newest = used[-1]
    tied = {
        delivery.file_sha256
        for delivery in landed
        if (delivery.landed_at, delivery.modified_at) == (newest.landed_at, newest.modified_at)
    }
    if len(tied) < 2:
        return None
    return make_finding(
        "file_times_are_equal",
        f"{name}: {len(tied):,} files came in one run and were last changed at the same moment; {newest.file_name}, "
        "whose name sorts last, is taken for the newest, and the others are not used.",
        "Deliver files so that they keep the time at which the tool wrote them.",
        source=name,
        count=len(tied),
        example=newest.file_name,
    )


def _find_put_back(name: str, landed: Sequence[Delivery], used: Sequence[Delivery], *, is_full: bool) -> Finding | None:
    """Files in use that have records and whose bytes landed before, with another file in between."""
    first: dict[str | None, int | None] = {}
    for delivery in landed:
        first.setdefault(delivery.file_sha256, delivery.delivery)
    again = [
        delivery for delivery in used if first[delivery.file_sha256] != delivery.delivery and delivery.record_count
    ]
    if not again:
        return None
    finding = make_finding(
        "delivery_put_back",
        f"{name}: {len(again):,} of {len(used):,} files in use had landed before and were put back after a newer one, "
        f"such as {again[-1].file_name}; what they hold is the newest again.",
        "If that was not meant, deliver the newest export again.",
        source=name,
        count=len(again),
        example=again[-1].file_name,
    )
    # of a full source, everything is as it was then
    return replace(finding, severity="warning") if is_full else finding


def find_secret_columns(source: str, file_name: str, landed: Landed) -> list[Finding]:
    """That a file has columns which no landing may hold.

    Args:
        source: The source.
        file_name: The file.
        landed: What landed of it.
    """
    if not landed.secret_columns:
        return []
    names = ", ".join(f"`{name}`" for name in landed.secret_columns)
    finding = make_finding(
        "secret_columns_left_out",
        f"{file_name}: {names} would open accounts; nothing of them is landed, and the original is not kept.",
        "Have the tool export it without them.",
        source=source,
        count=len(landed.secret_columns),
    )
    return [finding]


def find_missing_columns(source: str, file_name: str, mistakes: Sequence[Mistake]) -> list[Finding]:
    """That a file lacks columns which only describe.

    Args:
        source: The source.
        file_name: The file.
        mistakes: What is wrong with its mapping; those that stop nothing are named.
    """
    return [
        make_finding(
            "optional_column_missing",
            f"{file_name}: {mistake.sentence}.",
            "Have the tool export it again, or correct or remove the column in the settings.",
            source=source,
            count=1,
        )
        for mistake in mistakes
        if mistake.code == "warning"
    ]
