"""Checks the targets of the settings against the metrics that exist, before a run begins.

Put here: mistakes that only the contracts can show. Keep out: the shape of a target (`settings/aims/scorecard.py`).
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.metric import NEITHER
from regulars.pipelines.contracts.metric_periods import LAYER, list_published_metrics
from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.aims.scorecard import ScorecardTarget
from regulars.pipelines.settings.part import Place
from regulars.pipelines.settings.settings import Settings

NAMES_SHOWN = 3


def refuse_wrong_targets(company: Settings, contracts: Mapping[str, Contract]) -> None:
    """Refuse targets that no table can be compared with.

    Raises:
        SettingsWrong: With every mistake, a line each: a metric or a column that does not exist, with the nearest
            names; a metric that is good in neither direction; a target that stands twice.
    """
    wrong = [f"{company.locate(place)}{what}" for place, what in _find_mistakes(company.scorecard, contracts)]
    if wrong:
        raise SettingsWrong("\n".join(wrong))


def name_metric(target: ScorecardTarget) -> str:
    """The target's metric as `list_published_metrics` names it; the layer may be left out."""
    return target.metric.removeprefix(f"{LAYER}.")


def _find_mistakes(
    targets: Sequence[ScorecardTarget], contracts: Mapping[str, Contract]
) -> Iterator[tuple[Place, str]]:
    metrics = list_published_metrics(contracts)
    seen: dict[tuple[object, ...], int] = {}
    for number, target in enumerate(targets):
        here = f"scorecard.{number}"
        found = metrics.get(name_metric(target))
        if found is None:
            near = _suggest(name_metric(target), metrics)
            yield ("scorecard", number, "metric"), f"{here}.metric: there is no metric `{target.metric}`{near}"
            continue
        if found.metric.good == NEITHER:
            yield (
                ("scorecard", number, "metric"),
                f"{here}.metric: neither a high nor a low `{target.metric}` is good, so that no target can be kept to",
            )
            continue
        columns = [column.name for column in found.contract.columns]
        for name in target.where:
            if name not in columns:
                yield (
                    ("scorecard", number, "where", name),
                    f"{here}.where: {found.contract.table} has no column `{name}`{_suggest(name, columns)}",
                )
        same = (target.lens, found.name, tuple(sorted(target.where.items())), target.period)
        if same in seen:
            yield ("scorecard", number), f"{here}: the same target stands in scorecard.{seen[same]} already"
        seen.setdefault(same, number)


def _suggest(name: str, known: Mapping[str, object] | Sequence[str]) -> str:
    """The nearest names; of metrics also those whose part behind the table is near."""
    by_end = [each for each in known if each.rpartition(".")[2] == name.rpartition(".")[2]]
    by_end.sort(key=lambda each: -difflib.SequenceMatcher(None, each, name).ratio())
    near = list(dict.fromkeys([*by_end, *difflib.get_close_matches(name, list(known), n=NAMES_SHOWN, cutoff=0.5)]))
    shown = " or ".join(f"`{each}`" for each in near[:NAMES_SHOWN])
    return f"; did you mean {shown}?" if shown else "; meta.metric_definitions lists all metrics"
