"""The coffee club of the sample company: who subscribes, to which plan, how long, and why they leave.

Put here: drawing subscriptions with their true chance to leave, and what the club's tool writes down of them.
Keep out: the file (`exports.py`). All of it is drawn apart from the rest of the company, which stays as it is without.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.addresses import has_one_known_email, replace_no_record, write_differently
from regulars.pipelines.sample.simulation.orders import compute_moment
from regulars.pipelines.sample.simulation.people import NO_RECORD, People
from regulars.pipelines.sample.simulation.purchases import PurchaseDays
from regulars.pipelines.sample.simulation.rates import ONE, convert_to_company_currency

Ints = NDArray[np.int64]

ALPHA, BETA = 0.9, 9.0
"""Each subscriber's chance to leave after a month ~ Beta(ALPHA, BETA): the shifted-beta-geometric model."""

SHARE_SUBSCRIBED = 0.2
SHARE_AHEAD = 0.03
SHARE_TRIAL = 0.25
SHARE_QUIT_TRIAL = 0.2
SHARE_CHANGED = 0.3
SHARE_OVERLAP = 0.25
SHARE_FAILED = 0.18
SHARE_RETURNED = 0.25
SHARE_BY_EMAIL = 0.2
TRIAL = 14 * 86_400
END = c.DAYS * 86_400
"""The export is written when `AS_OF` is over: what is cancelled later, it does not know."""


@dataclass(frozen=True)
class Plan:
    """A plan of the coffee club and its price a month, in cents and pence."""

    name: str
    price_eur: int
    price_gbp: int


PLANS = (Plan("Kaffeeklub S", 990, 850), Plan("Kaffeeklub M", 1790, 1550), Plan("Kaffeeklub L", 3490, 2990))
PLAN_SHARES = ((0.5, 0.4, 0.1), (0.1, 0.35, 0.55))
"""Of home members and of offices."""
REASONS = ("too expensive", "too much coffee", "moved away", "tastes differ", None)


def draw_subscriptions(
    rng: np.random.Generator, people: People, purchase_days: PurchaseDays, rates: Ints, first_number: int
) -> pl.DataFrame:
    """Draw subscriptions of persons who have ordered before.

    Args:
        rng: A source of randomness of its own.
        people: The customers of a chunk.
        purchase_days: What they bought.
        rates: EUR for one GBP by day, in hundred-thousandths.
        first_number: Number of the first subscription.

    Returns:
        One row per period at one plan and price: `subscription_number`, `period` (1 or 2), `person`, `dropout`,
        `plan`, `quantity`, `price` (cents or pence of one unit a month), `is_pounds`; `at`, `trial_end`,
        `cancelled_at`, `ended_at` in seconds since `FIRST_DAY` and `status`, `reason`, `is_failed` as the tool has them
        (it may leave out the end of a changed plan, or give one that is too late: `is_overlapping`); `true_end` in
        seconds; `amount_eur` (ten-thousandths a month); `is_ahead`, `is_quit`, `is_returned`; `email`,
        `customer_record_id`.
    """
    club = _draw_sign_ups(rng, people, purchase_days)
    club = pl.concat([club, _draw_returns(rng, club)])
    club = club.with_columns(subscription_number=pl.int_range(first_number, first_number + len(club), dtype=pl.Int64))
    periods = _change_plans(rng, club).sort("subscription_number", "period")
    return _add_addresses(rng, people, _add_prices(periods, people, rates))


def _draw_sign_ups(rng: np.random.Generator, people: People, purchase_days: PurchaseDays) -> pl.DataFrame:
    """First subscriptions, each with its `months` until it is not renewed."""
    buys = ~people.is_lead & (purchase_days.first_day < c.DAYS)
    person = np.flatnonzero(buys & (rng.random(len(people)) < SHARE_SUBSCRIBED))
    size = len(person)
    is_ahead = rng.random(size) < SHARE_AHEAD
    first = purchase_days.first_day[person]
    day = np.where(is_ahead, c.DAYS + rng.integers(1, 20, size), first + rng.random(size) * (c.DAYS - first))
    is_office = people.kind[person] == 1
    shares = np.cumsum(PLAN_SHARES, axis=1)[people.kind[person]]
    is_trial = rng.random(size) < SHARE_TRIAL
    dropout = rng.beta(ALPHA, BETA, size)
    club = pl.DataFrame(
        {
            "person": person,
            "dropout": dropout,
            "months": np.minimum(rng.geometric(dropout), 600),
            "plan": np.minimum((shares < rng.random(size)[:, None]).sum(axis=1), len(PLANS) - 1),
            "quantity": np.where(is_office, rng.integers(1, 5, size), 1),
            "at": (day.astype(np.int64) * 24 + rng.integers(8, 19, size)) * 3600,
            "is_trial": is_trial,
            "is_quit": is_trial & (rng.random(size) < SHARE_QUIT_TRIAL),
            "is_ahead": is_ahead,
            "is_returned": np.zeros(size, dtype=np.bool_),
        }
    )
    return _add_end(rng, club)


def _add_end(rng: np.random.Generator, club: pl.DataFrame) -> pl.DataFrame:
    """Add how each subscription ends: `true_end`, `last_cancelled_at` (when it is cancelled), `is_failed`, `reason`."""
    size = len(club)
    is_failed = pl.Series(rng.random(size) < SHARE_FAILED) & ~pl.col("is_quit")
    ahead = pl.Series(rng.integers(0, 25 * 86_400, size))
    reason = pl.Series(REASONS, dtype=pl.String).gather(rng.integers(0, len(REASONS), size))
    end = pl.when("is_quit").then(pl.col("at") + TRIAL // 2).otherwise(_add_months(pl.col("at"), pl.col("months")))
    return club.with_columns(true_end=end, is_failed=is_failed).with_columns(
        last_cancelled_at=pl.when(pl.col("is_failed") | pl.col("is_quit"))
        .then("true_end")
        .otherwise(pl.max_horizontal(pl.col("true_end") - ahead, pl.col("at") + 3600)),
        reason=pl.when("is_failed").then(pl.lit("card declined")).otherwise(reason),
    )


def _draw_returns(rng: np.random.Generator, club: pl.DataFrame) -> pl.DataFrame:
    """Some of those who left subscribe again a while later, under a new number."""
    size = len(club)
    again = pl.col("true_end") + pl.Series(rng.integers(10, 150, size)) * 86_400
    is_chosen = pl.Series(rng.random(size) < SHARE_RETURNED)
    months = pl.Series(np.minimum(rng.geometric(club["dropout"].to_numpy()), 600))
    back = club.with_columns(
        at=again // 86_400 * 86_400 + pl.col("at") % 86_400,
        months=months,
        is_trial=pl.lit(value=False),
        is_quit=pl.lit(value=False),
        is_ahead=pl.lit(value=False),
        is_returned=pl.lit(value=True),
    ).filter(is_chosen & ~club["is_quit"] & (pl.col("at") < END - 86_400))
    return _add_end(rng, back.drop("true_end", "last_cancelled_at", "is_failed", "reason")).select(club.columns)


def _change_plans(rng: np.random.Generator, club: pl.DataFrame) -> pl.DataFrame:
    """The periods: some go on with another plan, or more of it, after some months."""
    size = len(club)
    after = pl.Series(rng.geometric(0.2, size))
    up = pl.Series(np.where(rng.random(size) < 0.7, 1, -1))
    club = club.with_columns(changed_at=_add_months(pl.col("at"), after)).with_columns(
        is_changed=pl.Series(rng.random(size) < SHARE_CHANGED)
        & ~pl.col("is_quit")
        & (pl.col("changed_at") < pl.min_horizontal("true_end", pl.lit(END - 86_400))),
        is_overlapping=pl.Series(rng.random(size) < SHARE_OVERLAP),
        is_end_exported=pl.Series(rng.random(size) < 0.5),
        next_plan=(pl.col("plan") + up).clip(0, len(PLANS) - 1),
    )
    is_known = pl.col("last_cancelled_at") < END
    last = {
        "cancelled_at": pl.when(is_known).then("last_cancelled_at"),
        "ended_at": pl.when(is_known).then("true_end"),
        "reason": pl.when(is_known).then("reason"),
        "is_failed": pl.when(is_known).then("is_failed"),
        "status": pl.when(~is_known).then(pl.lit("active")).otherwise(pl.lit("cancelled")),
    }
    only = club.filter(~pl.col("is_changed")).with_columns(period=pl.lit(1), is_overlapping=pl.lit(value=False), **last)
    changed = club.filter("is_changed")
    late_end = pl.when("is_overlapping").then(_add_months(pl.col("changed_at"), pl.lit(1)))
    before = changed.with_columns(
        period=pl.lit(1),
        cancelled_at=pl.lit(None, pl.Int64),
        ended_at=late_end.otherwise(pl.when("is_end_exported").then("changed_at")),
        reason=pl.lit(None, pl.String),
        is_failed=pl.lit(None, pl.Boolean),
        status=pl.lit("replaced"),
        true_end=pl.col("changed_at"),
    )
    is_same = pl.col("next_plan") == pl.col("plan")
    after_it = changed.with_columns(
        **last,
        period=pl.lit(2),
        plan=pl.col("next_plan"),
        quantity=pl.col("quantity") + is_same.cast(pl.Int64),
        at=pl.col("changed_at"),
        is_trial=pl.lit(value=False),
        is_overlapping=pl.lit(value=False),
    )
    return pl.concat([only, before, after_it], how="diagonal")


def _add_months(at: pl.Expr, months: pl.Expr | pl.Series) -> pl.Expr:
    """The same time of day some calendar months later, in seconds since `FIRST_DAY`."""
    local = compute_moment(at).dt.convert_time_zone(c.TIMEZONE)
    later = local.dt.offset_by(pl.format("{}mo", months)).dt.convert_time_zone("UTC")
    return (later - compute_moment(pl.lit(0))).dt.total_seconds()


def _add_prices(periods: pl.DataFrame, people: People, rates: Ints) -> pl.DataFrame:
    person, plan = periods["person"].to_numpy(), periods["plan"].to_numpy()
    pounds = np.array([region.currency == "GBP" for region in c.REGIONS])[people.region[person]]
    prices = np.array([[p.price_eur for p in PLANS], [p.price_gbp for p in PLANS]])
    price = prices[pounds.astype(np.int64), plan]
    day = periods.select(compute_moment(pl.col("at")).dt.convert_time_zone(c.TIMEZONE).dt.date() - pl.lit(c.FIRST_DAY))
    days = np.minimum(day.to_series().dt.total_days().to_numpy(), len(rates) - 1)
    rate = np.where(pounds, rates[days], ONE)
    return periods.with_columns(
        plan=pl.Series([p.name for p in PLANS]).gather(plan),
        price=pl.Series(price),
        is_pounds=pl.Series(pounds),
        trial_end=pl.when("is_trial").then(pl.col("at") + TRIAL),
        amount_eur=pl.Series(convert_to_company_currency(price * periods["quantity"].to_numpy(), rate)),
    )


def _add_addresses(rng: np.random.Generator, people: People, periods: pl.DataFrame) -> pl.DataFrame:
    """By the CRM's record id, or by an address where that alone is enough."""
    person = periods["person"].to_numpy()
    by_email = has_one_known_email(people) & (
        (people.record_id == NO_RECORD) | (rng.random(len(people)) < SHARE_BY_EMAIL)
    )
    spelling = rng.choice(np.arange(4), len(people), p=(0.8, 0.08, 0.06, 0.06))
    email = write_differently(people.email, spelling).gather(person)
    return periods.with_columns(
        email=pl.when(pl.Series(by_email[person])).then(email),
        customer_record_id=replace_no_record(np.where(by_email, NO_RECORD, people.record_id)[person]),
    )
