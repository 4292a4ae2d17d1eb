"""Makes `raw.<kind>` of what has landed; an optional source with too many bad rows does not stop the others.

Put here: what becomes of a source that is over its budget of quarantined rows. Keep out: the quarantine step itself
(`contracts/quarantine`), and landing (`sources`).

An optional source goes on without the files that are over the budget by themselves. A `full` source falls back on its
newest older delivery that is good; else the run reads nothing of it. Its quarantined rows are kept to be looked at.
"""

from dataclasses import replace

from regulars.pipelines.contracts.quarantine.quarantine import OverBudget, Overspent, keep_withheld_rows
from regulars.pipelines.contracts.quarantine.quarantine_step import (
    SourceFacts,
    run_quarantine_step,
    undo_quarantine_step,
)
from regulars.pipelines.contracts.validation.validate import RuleResult
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.run.run import Run
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.formats.format_advice import FormatAdvice, advise_formats
from regulars.pipelines.sources.landed_rows import replace_landed_rows
from regulars.pipelines.sources.older_deliveries import find_older_delivery
from regulars.pipelines.sources.readers.refusal import Refusal

_MOST_ADVICE = 3


def make_raw_tables(run: Run) -> dict[str, list[RuleResult]]:
    """Quarantine the documents that break their contract, and hand on the rest as `raw.<kind>`; kind -> checks.

    Raises:
        OverBudget: A required source would lose more rows than its budget allows.
    """
    con, contracts = run.warehouse.con, {kind: run.contracts[f"raw.{kind}"] for kind in KINDS}
    refused: dict[str, set[str]] = {}
    while True:
        try:
            result = run_quarantine_step(
                con,
                contracts,
                {name: _describe_source(source) for name, source in run.settings.sources.items()},
                override=run.request.allow.get("quarantined"),
                new_since=run.parent.manifest.created_at if run.parent else None,
            )
        except OverBudget as error:
            explained = _explain(run, error.sources)
            if any(run.settings.sources[each.source].is_required for each in explained):
                raise OverBudget(explained) from None
            for each in explained:
                keep_withheld_rows(con, each.source, each.files)
            undo_quarantine_step(con, contracts)
            for each in explained:
                refused.setdefault(each.source, set()).update(each.files)
                _withhold(run, each, refused[each.source])
        else:
            run.findings.extend(result.findings)
            return result.results


def _describe_source(source: Source) -> SourceFacts:
    return SourceFacts(
        max_quarantined=source.max_quarantined,
        appends=source.delivery_mode == "append",
        repeating=source.repeating_kinds,
    )


def _explain(run: Run, sources: tuple[Overspent, ...]) -> list[Overspent]:
    """Each with the formats that its values do not fit, and those that they would."""
    advice = advise_formats(run.warehouse.con, run.settings)
    return [replace(each, sentence=" ".join([each.sentence, *_word_advice(each.source, advice)])) for each in sources]


def _word_advice(source: str, advice: list[FormatAdvice]) -> list[str]:
    mine = [each for each in advice if each.source == source][:_MOST_ADVICE]
    return [f"In {each.kind}.{each.column} {each.finding}; {each.advice}." for each in mine]


def _withhold(run: Run, overspent: Overspent, refused: set[str]) -> None:
    """Let the run read its source without the files that are over the budget."""
    landed_source = next(each for each in run.landed_sources if each.source == overspent.source)
    source = run.settings.sources[overspent.source]
    left = [each for each in landed_source.deliveries if each.file_sha256 not in refused]
    if not left and source.delivery_mode == "full":
        older = find_older_delivery(overspent.source, source, refused, run.request.home.path)
        left = [older] if older else []
    instead = f"{left[-1].file_name} is used instead" if left else "nothing of it is used"
    if source.delivery_mode != "full" and left:
        instead = "its other file is used" if len(left) == 1 else f"its {len(left)} other files are used"
    sentence = f"{overspent.sentence} The source is optional: {instead}; `regulars quarantine` shows the rows."
    landed_source.withheld.append(Refusal("quarantined", sentence))
    run.report_progress(sentence)
    replace_landed_rows(run.warehouse.con, run.settings, landed_source, left, run.request.home.path)
