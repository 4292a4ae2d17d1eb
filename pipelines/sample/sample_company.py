"""The built-in sample company: exports to try Regulars on, and the truth behind them.

Put here: the order of the work. Keep out: each step of it (the other modules of this room).
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.sample.export_file import ExportFile, Found, cut_in_a_row
from regulars.pipelines.sample.exports import Exports
from regulars.pipelines.sample.further.export import Chunk, FurtherExports
from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.addresses import address_orders, write_records
from regulars.pipelines.sample.simulation.baskets import ITEMS, fill_baskets
from regulars.pipelines.sample.simulation.collection import choose_stores
from regulars.pipelines.sample.simulation.orders import draw_orders, draw_refunds
from regulars.pipelines.sample.simulation.pauses import add_pauses
from regulars.pipelines.sample.simulation.people import draw_people
from regulars.pipelines.sample.simulation.purchases import draw_purchase_days
from regulars.pipelines.sample.simulation.rates import draw_rates, list_rates_by_day
from regulars.pipelines.sample.simulation.returns import plant_returns
from regulars.pipelines.sample.simulation.rhythm import REFILL_COLUMNS, plant_refills
from regulars.pipelines.sample.simulation.subscriptions import draw_subscriptions
from regulars.pipelines.sample.simulation.surveys import draw_answers
from regulars.pipelines.sample.truth.truth import Truth, is_truth
from regulars.pipelines.settings.package import ROOT

SETTINGS = ROOT / "regulars.example.yaml"
"""The sample company's settings, which double as the example that a newcomer reads."""
CHUNK = 50_000
"""Persons drawn at once: some 300 MB. Another size gives another company."""
FIRST_ORDER, FIRST_REFUND, FIRST_ANSWER, FIRST_SUBSCRIPTION = 1_000_001, 5_000_001, 7_000_001, 9_000_001


@dataclass(frozen=True)
class SampleSummary:
    """What was written."""

    folder: Path
    settings: Path
    customers: int
    """Persons in truth, leads included."""
    orders: int
    lines: int
    refunds: int
    answers: int
    subscriptions: int
    files: dict[str, int]
    """Rows by file (path below the folder), header not counted; deliveries repeat some orders."""

    def sentence(self) -> str:
        """What was written and where, for a person to read."""
        return (
            f"{self.customers:,} customers, {self.orders:,} orders with {self.lines:,} lines, "
            f"{self.refunds:,} refunds, {self.answers:,} survey answers and {self.subscriptions:,} subscriptions "
            f"are in {self.folder}; their settings are {self.settings}"
        )


def _start_over(folder: Path) -> None:
    """Remove what an earlier call wrote; refuse a folder that holds anybody else's exports or settings."""
    if not is_truth(folder / "truth") and any(
        (folder / name).exists() for name in ("regulars.yaml", "exports", "truth")
    ):
        raise StorageFailed(
            f"{folder} holds exports or settings that do not belong to a sample company; choose another folder"
        )
    for name in ("exports", "truth"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "exports").mkdir(parents=True)
    (folder / "regulars.yaml").write_bytes(SETTINGS.read_bytes())


def _draw_extra_lines(rng: np.random.Generator, orders: pl.DataFrame) -> pl.DataFrame:
    """The line that each corrected order had too many when it was first sent."""
    rows = orders.with_row_index("order").filter("is_corrected")
    item = rng.integers(0, len(c.PRODUCTS), len(rows))
    prices = np.array([[p.price_eur for p in ITEMS], [p.price_gbp for p in ITEMS]])
    price = prices[rows["is_pounds"].to_numpy().astype(np.int64), item]
    return rows.select(pl.col("order").cast(pl.Int64), item=pl.Series(item), price=pl.Series(price))


def write_sample_company(
    folder: Path,
    *,
    customers: int = 2000,
    seed: int = 1,
    truncated: bool = False,
    progress: Callable[[str], None] | None = None,
) -> SampleSummary:
    """Write the exports, settings and truth of an invented snack-box shop. Same arguments, same bytes.

    Args:
        folder: Where `exports/`, `truth/` and `regulars.yaml` go; earlier ones are replaced.
        customers: How many persons, at least 1; a few of them never buy, the others some 4.4 times.
        seed: Which company.
        truncated: Whether the newest orders file breaks off in the middle of a row.
        progress: Called with a sentence after each chunk.

    Raises:
        StorageFailed: If the folder holds exports or settings that are not a sample company's.
    """
    if customers < 1:
        raise ValueError(f"a company needs at least 1 customer, not {customers}")
    _start_over(folder)
    rates = draw_rates(np.random.default_rng([seed, 0]))
    by_day = list_rates_by_day(rates)
    truth, exports = Truth(folder / "truth"), Exports(folder / "exports", rates)
    refills = ExportFile(folder / "truth" / "refills.csv", REFILL_COLUMNS)
    further = FurtherExports(folder, seed)
    for number, first in enumerate(range(0, customers, CHUNK)):
        rng = np.random.default_rng([seed, 1 + number])
        people = draw_people(rng, first, min(CHUNK, customers - first))
        purchase_days = draw_purchase_days(rng, people)
        orders = draw_orders(rng, people, purchase_days, by_day, FIRST_ORDER + truth.orders)
        orders = address_orders(rng, people, orders)
        orders = choose_stores(np.random.default_rng([seed, 5, 1 + number]), orders)  # apart, as the returns
        lines = fill_baskets(
            rng,
            orders["gross"].to_numpy(),
            orders["kind"].to_numpy(),
            orders["order_date"].dt.month().to_numpy(),
            people.favourite[np.maximum(orders["person"].to_numpy(), 0)],
            orders["is_pounds"].to_numpy(),
        )
        lines, rhythms = plant_refills(orders, lines, people)
        refills.append(rhythms)
        refunds = draw_refunds(rng, orders, by_day, FIRST_REFUND + truth.refunds)
        returns_rng = np.random.default_rng([seed, 4, 1 + number])  # apart, so that nothing else depends on it
        first_return = FIRST_REFUND + truth.refunds + len(refunds)
        refunds = plant_returns(returns_rng, orders, lines, refunds, by_day, first_return)
        answers = draw_answers(rng, people, orders, FIRST_ANSWER + truth.answers)
        records = write_records(rng, people, purchase_days)
        club_rng = np.random.default_rng([seed, 0, 1 + number])  # apart, so that nothing else depends on the club
        periods = draw_subscriptions(club_rng, people, purchase_days, by_day, FIRST_SUBSCRIPTION + truth.subscriptions)
        periods = add_pauses(np.random.default_rng([seed, 6, 1 + number]), periods)
        exports.append_contacts(records)
        exports.append_orders(orders, lines, _draw_extra_lines(rng, orders))
        exports.append_refunds(refunds, orders)
        exports.append_answers(answers)
        exports.append_subscriptions(periods)
        truth.append(people, purchase_days, orders, lines, refunds, answers, records)
        truth.append_subscriptions(people, periods)
        further.append(number, Chunk(people, orders, lines, refunds, answers, is_first=number == 0))
        if progress is not None:
            progress(f"{first + len(people):,} of {customers:,} customers, {truth.orders:,} orders written")
    found = [*exports.found, *further.found]
    if truncated:
        newest = exports.orders[-1].path
        left = cut_in_a_row(newest)
        found.append(Found(newest.name, left, 1, "the file breaks off in the middle of a row", "the file is refused"))
    truth.close(found, customers=customers, seed=seed)
    return SampleSummary(
        folder=folder,
        settings=folder / "regulars.yaml",
        customers=customers,
        orders=truth.orders,
        lines=truth.lines,
        refunds=truth.refunds,
        answers=truth.answers,
        subscriptions=truth.subscriptions,
        files={
            file.path.relative_to(folder).as_posix(): file.rows for file in (*exports.files, *further.files.values())
        },
    )
