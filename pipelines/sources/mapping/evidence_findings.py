"""Says what follows from the evidence that a source's values give of how they are written.

Put here: when a reading is in doubt, as findings. Keep out: counting (`evidence.py`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.sources.columns import Constant
from regulars.pipelines.settings.sources.file_options import FileOptions
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.mapping.evidence import Evidence
from regulars.pipelines.sources.mapping.swapped_days import find_swapped_days
from regulars.pipelines.sources.surveys.progress_findings import count_unfinished_by_number, find_doubtful_progress

_NAMES = {".": "point", ",": "comma"}
_MANY_TIMES = 5
_CENTS = re.compile(
    r"(^|[ _(-])(cents?|pence|pennies|öre|centimes|centavos|minor([ _-]?units?)?|micros?)([ _)-]|$)", re.IGNORECASE
)


def find_doubtful_readings(
    evidence: Evidence, sources: Mapping[str, Source], currencies: Mapping[str, str]
) -> list[Finding]:
    """The findings of all sources, of which some may lie below their thresholds.

    Args:
        evidence: The counts of every delivery that the run reads.
        sources: Their settings.
        currencies: Source -> the currency that is assumed where no column says it.
    """
    return [
        *_find_doubtful_numbers(evidence, sources),
        *_find_doubtful_days(evidence),
        *find_swapped_days(evidence.file_days),
        *_find_counted(evidence, currencies),
        *(
            finding
            for place, files in evidence.progress.items()
            for finding in find_doubtful_progress(place.source, place.column, files)
        ),
        *(finding for name, source in sources.items() for finding in _find_cents(name, source)),
    ]


def find_contradictions(name: str, source: Source) -> list[Finding]:
    """What contradicts itself in the settings of a source alone, whatever its files hold."""
    return [*_find_nps_scale(name, source), *_find_cents(name, source)]


def _find_cents(name: str, source: Source) -> Iterator[Finding]:
    """Amounts that are read from columns whose names say that they are in cents."""
    for kind, mapping in source.mappings.items():
        for ours, wanted in mapping.columns.items():
            column = KINDS[kind].column(ours)
            named = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
            in_cents = [each for each in named if _CENTS.search(each)]
            if column is not None and "currency" in column.unit and in_cents:
                yield make_finding(
                    "amounts_named_as_cents",
                    f"`{ours}` of {kind} is read from `{in_cents[0]}` of `{name}` as it stands: a hundred times too "
                    "much, or a million times, if the column is what its name says.",
                    f"Divide in the mapping: `{ours}: {{sql: '\"{in_cents[0]}\"::decimal(18, 4) / 100'}}`.",
                    source=name,
                    kind=kind,
                    count=1,
                )


def _find_nps_scale(name: str, source: Source) -> list[Finding]:
    mapping = source.mappings.get("survey_responses")
    if mapping is None:
        return []
    constants = {ours: each.value for ours, each in mapping.columns.items() if isinstance(each, Constant)}
    scale = constants.get("scale_min", "0"), constants.get("scale_max", "10")
    if constants.get("survey_type", "").lower() != "nps" or _is_nps_scale(*scale):
        return []
    return [
        make_finding(
            "nps_on_another_scale",
            f"`sources.{name}` calls its answers nps, on a scale of {scale[0]} to {scale[1]}: NPS is asked on 0 to 10, "
            "and no score will count them.",
            "Say `survey_type: {value: csat}`, or map the score to 0 to 10 if the question was asked on that scale.",
            source=name,
            kind="survey_responses",
        )
    ]


def _is_nps_scale(low: str, high: str) -> bool:
    try:
        return (float(low), float(high)) == (0, 10)
    except ValueError:  # no number: the rows are quarantined
        return True


def _find_doubtful_numbers(evidence: Evidence, sources: Mapping[str, Source]) -> Iterator[Finding]:
    for place, either in evidence.either.items():
        options = sources[place.source].options
        proofs = {sign: getattr(evidence, name) for sign, name in _NAMES.items()}
        other_sign = next(sign for sign in _NAMES if sign != options.decimal)
        other = proofs[other_sign].get(place, 0)
        where = f"{place.kind}.{place.column} of `{place.source}`"
        if other:
            yield make_finding(
                "numbers_of_another_format",
                f"{other:,} numbers of {where} are written with the decimal sign `{other_sign}`, where the settings "
                f"say `{options.decimal}`.",
                f"Set `decimal` and `thousands` in `sources.{place.source}.options`; where the tool mixes both, "
                "correct the export: a number such as 1.234 cannot be told from 1,234.",
                source=place.source,
                kind=place.kind,
                count=other,
                example="1.234,50" if other_sign == "," else "1,234.50",
            )
        is_proven = any(
            count
            for each, count in proofs[options.decimal].items()
            if (each.source, each.kind) == (place.source, place.kind)
        )
        own_proof = proofs[options.decimal].get(place, 0)
        # amounts with two decimals everywhere else: `1.234` among them is a thousand
        stands_out = 0 < _MANY_TIMES * either <= own_proof == evidence.two_decimals.get(place, 0)
        if either and (other or not (is_proven or _is_declared(options)) or (stands_out and not options.thousands)):
            yield make_finding(
                "numbers_with_two_readings",
                f"{either:,} numbers of {where} have one sign and three digits after it, like 1{options.decimal}234, "
                f"and were read with the decimal sign `{options.decimal}`; "
                + _word_proof(other=bool(other), own=stands_out),
                f"Set `decimal` in `sources.{place.source}.options`, and `thousands` if the sign groups digits.",
                source=place.source,
                kind=place.kind,
                count=either,
                example=f"1{options.decimal}234",
            )


def _word_proof(*, other: bool, own: bool) -> str:
    if other:
        return "others of the column have another one."
    return "all others of the column have two." if own else "no number of the source proves it."


def _is_declared(options: FileOptions) -> bool:
    """Whether the settings say more about numbers than the defaults."""
    return options.decimal != "." or options.thousands != ""


def _find_doubtful_days(evidence: Evidence) -> Iterator[Finding]:
    for place, days in evidence.days.items():
        where = f"{place.kind}.{place.column} of `{place.source}`"
        swapped = evidence.swapped_days.get(place, 0)
        if swapped:
            yield make_finding(
                "days_of_another_format",
                f"{swapped:,} days of {where} fit the format of the settings only with day and month exchanged; "
                f"{days:,} fit as they are.",
                f"Correct `datetime_format` or `date_format` in `sources.{place.source}.options`.",
                source=place.source,
                kind=place.kind,
                count=swapped,
            )
        if days and not evidence.late_days.get(place, 0):
            yield make_finding(
                "days_with_two_readings",
                f"None of {days:,} days of {where} is later than the 12th of a month: nothing proves that the settings "
                "have day and month in the right order.",
                f"Compare one day with the tool's own page; the format stands in `sources.{place.source}.options`.",
                source=place.source,
                kind=place.kind,
                count=days,
            )


@dataclass(frozen=True)
class _Counted:
    """A finding that needs nothing but a count by place.

    Attributes:
        name: Its name.
        sentence: What it says; `{count}` is the count, `{place}` where, `{currency}` the one that is assumed there.
        advice: What to do about it, with the same names.
        example: A value as it may stand there.
    """

    name: str
    sentence: str
    advice: str
    example: str | None = None


_EMPTY_BOOLEANS = _Counted(
    "booleans_empty",
    "For {count:,} records of `{place.source}` the expression of {place.kind}.{place.column} gives neither yes nor no; "
    "they count as no.",
    "An expression over an empty value is empty: write `coalesce(…, false)`, or `is not distinct from` instead of `=`.",
)
_OTHER_CURRENCIES = _Counted(
    "currency_not_mapped",
    "{count:,} records of `{place.source}` name another currency in the column `{place.column}`, which is not mapped: "
    "their amounts are taken for {currency}.",
    "Map `currency: {place.column}` for {place.kind}, or the amounts that the tool has converted.",
)
_GARBLED = _Counted(
    "texts_garbled",
    "{count:,} texts of {place.kind}.{place.column} of `{place.source}` were damaged before they reached us: letters "
    "such as `ö` stand there as `Ã¶`, `&ouml;` or a box with a question mark.",
    "Export them anew as UTF-8, straight from the tool; nothing can be repaired here with certainty.",
    "KÃ¶ln",
)
_UNREAD_STATES = _Counted(
    "states_not_read",
    "{count:,} records of `{place.source}` are called cancelled, failed, spam or a test in the column "
    "`{place.column}`, and count: no setting says otherwise.",
    "Leave these records out with `exclude`, or map the column to what says it, such as `is_cancelled`.",
)
_UNFINISHED = _Counted(
    "unfinished_answers_count",
    "{count:,} answers of `{place.source}` are unfinished, or thrown out by the tool, as the column `{place.column}` "
    "says, and count: no setting says otherwise.",
    "If they are not to count, leave them out with `exclude`; if they are, acknowledge this finding.",
)
_ENDS_OF_DAY = _Counted(
    "moments_at_24",
    "{count:,} moments of {place.kind}.{place.column} of `{place.source}` are written as 24:00 of a day and read as "
    "the first moment of the day after, as ISO 8601 has it: they count on that day.",
    "If they are to count on the day that stands there, write them as 23:59 in the mapping, by an expression.",
    "2026-01-31 24:00:00",
)


def _find_counted(evidence: Evidence, currencies: Mapping[str, str]) -> Iterator[Finding]:
    by_number = {place: count_unfinished_by_number(files) for place, files in evidence.progress.items()}
    found = (
        (_EMPTY_BOOLEANS, evidence.empty_booleans),
        (_OTHER_CURRENCIES, evidence.other_currencies),
        (_GARBLED, evidence.garbled),
        (_UNREAD_STATES, evidence.unread_states),
        (_UNFINISHED, evidence.unfinished | by_number),
        (_ENDS_OF_DAY, evidence.ends_of_day),
    )
    for each, counts in found:
        for place, count in counts.items():
            if count:
                named = {"place": place, "count": count, "currency": currencies.get(place.source, "")}
                yield make_finding(
                    each.name,
                    each.sentence.format(**named),
                    each.advice.format(**named),
                    source=place.source,
                    kind=place.kind,
                    count=count,
                    example=each.example,
                )
