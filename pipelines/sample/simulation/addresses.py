"""Under which ids and e-mails one person turns up in the sample company's tools.

Put here: CRM records; which record id and which spelling of which e-mail an order or an answer carries.
Keep out: file formats (`exports.py`).
Every record of a person can be found to be theirs by record ids, merged record ids and e-mails written alike but for
case, blanks and `mailto:`; nothing here needs guessing, and no two persons share an e-mail.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.orders import TEST, TILL
from regulars.pipelines.sample.simulation.people import NO_RECORD, People
from regulars.pipelines.sample.simulation.purchases import PurchaseDays

Ints = NDArray[np.int64]

TILL_EMAIL = "kasse@example.com"
TEST_EMAIL = "shop-test@example.com"
SHARE_ORDERED_AS_GUEST = 0.1
SHARE_WITHOUT_EMAIL = 0.05


def write_differently(email: pl.Series, style: Ints) -> pl.Series:
    """The same addresses in other spellings: 1 upper case, 2 capitals, 3 blanks around, 4 `mailto:`; else as is."""
    frame = pl.DataFrame({"email": email, "style": style})
    plain = pl.col("email")
    spelt = (
        pl.when(pl.col("style") == 1)
        .then(plain.str.to_uppercase())
        .when(pl.col("style") == 2)
        .then(plain.str.to_titlecase())
        .when(pl.col("style") == 3)
        .then(pl.format(" {} ", plain))
        .when(pl.col("style") == 4)
        .then(pl.format("mailto:{}", plain))
        .otherwise(plain)
    )
    return frame.select(spelt.alias("email"))["email"]


def replace_no_record(ids: Ints) -> pl.Series:
    """Record ids as a series, null where there is none."""
    return pl.Series(ids).replace(NO_RECORD, None)


def has_one_known_email(people: People) -> NDArray[np.bool_]:
    """Persons who can be recognised by e-mail alone: the CRM has the one they always use, or they are guests."""
    return np.asarray(people.old_email.is_null().to_numpy() & ~people.has_lapsed_email & ~people.is_vanished)


def address_orders(rng: np.random.Generator, people: People, orders: pl.DataFrame) -> pl.DataFrame:
    """Add `customer_record_id` and `email` as the shop's export has them, both null or blank where it knows nothing."""
    size = len(orders)
    person, sort = orders["person"].to_numpy(), orders["sort"].to_numpy()
    known = np.maximum(person, 0)
    luck = rng.random(size)
    record = people.record_id[known]
    use_merged = (people.merged_record_id[known] != NO_RECORD) & (luck < 0.4)
    use_second = (people.second_record_id[known] != NO_RECORD) & (luck < 0.3)
    record = np.where(use_merged, people.merged_record_id[known], record)
    record = np.where(use_second, people.second_record_id[known], record)
    by_email = has_one_known_email(people)[known] & (rng.random(size) < SHARE_ORDERED_AS_GUEST)
    record = np.where(by_email | (person < 0), NO_RECORD, record)

    moved_at = rng.uniform(0, c.DAYS * 86_400, len(people))[known]
    at = orders["at"].to_numpy()
    before = people.old_email.gather(known).is_not_null() & pl.Series(at < moved_at)
    email = people.old_email.gather(known).zip_with(before, people.email.gather(known))
    style = rng.choice(np.arange(4), size, p=(0.85, 0.06, 0.06, 0.03))
    frame = pl.DataFrame(
        {
            "email": write_differently(email, style),
            "record": replace_no_record(record),
            "sort": sort,
            "luck": rng.random(size),
        }
    )
    forgotten = pl.col("record").is_not_null() & (pl.col("luck") < SHARE_WITHOUT_EMAIL)
    spelt = (
        pl.when(pl.col("sort") == TILL)
        .then(pl.lit(TILL_EMAIL))
        .when(pl.col("sort") == TEST)
        .then(pl.lit(TEST_EMAIL))
        .when(forgotten)
        .then(None)
        .otherwise(pl.col("email"))
    )
    added = frame.select("record", spelt=spelt)
    return orders.with_columns(customer_record_id=added["record"], email=added["spelt"])


def write_records(rng: np.random.Generator, people: People, purchase_days: PurchaseDays) -> pl.DataFrame:
    """The CRM's records of these persons, with the columns of its export as values (moments in UTC).

    Returns:
        One row per record, by record id: `position` in `people`, `record_id`, `email` … `created_at`, `updated_at`.
    """
    size = len(people)
    first = np.where(np.isnan(purchase_days.first_day), rng.uniform(0, c.DAYS, size), purchase_days.first_day)
    created = np.maximum(first - rng.uniform(0, 20, size), 0) * 86_400
    updated = created + rng.random(size) * (c.DAYS * 86_400 - created)
    towns = [[town for town, _ in r.towns] for r in c.REGIONS]
    codes = [[code for _, code in r.towns] for r in c.REGIONS]
    starts = np.cumsum([0, *(len(t) for t in towns)])[:-1]
    place = starts[people.region] + people.town
    is_office = pl.Series(people.kind == 1)
    by_trade_fair = pl.Series(people.channel == c.CHANNELS.index("trade fair"))
    owner = people.region * 2 + people.account % 2
    position = np.arange(size)
    base = pl.DataFrame({"position": position, "record_id": people.record_id}).with_columns(
        email=pl.when(pl.Series(people.has_lapsed_email)).then(None).otherwise(people.email),
        first_name=people.first_name,
        last_name=people.last_name,
        phone=pl.format(
            "+{} {}", pl.Series(np.where(people.region == 2, "44 20 7946", "49 30 23125")), people.person_id
        ),
        account_id=pl.when(is_office).then(pl.format("A{}", people.account)),
        company_name=pl.when(is_office).then(
            pl.format(
                "{} {}",
                pl.Series(c.COMPANY_WORDS).gather(people.account % len(c.COMPANY_WORDS)),
                pl.Series(c.COMPANY_FORMS).gather(people.account // 7 % len(c.COMPANY_FORMS)),
            )
        ),
        customer_type=pl.Series(c.CUSTOMER_TYPES).gather(people.kind),
        city=pl.Series([x for t in towns for x in t]).gather(place),
        postal_code=pl.Series([x for t in codes for x in t]).gather(place),
        region=pl.Series([r.name for r in c.REGIONS]).gather(people.region),
        country=pl.Series([r.country for r in c.REGIONS]).gather(people.region),
        owner=pl.when(is_office).then(pl.Series([x for r in c.REGIONS for x in r.owners]).gather(owner)),
        channel=pl.Series(c.CHANNELS).gather(people.channel),
        cost=pl.when(by_trade_fair).then(pl.Series(rng.integers(60, 181, size))),
        referred_by=replace_no_record(np.where(people.referrer >= 0, people.record_id[people.referrer], NO_RECORD)),
        merged=replace_no_record(people.merged_record_id),
        opt_in=pl.Series(np.where(rng.random(size) < 0.55, "Yes", "No")),
        created=pl.Series(created.astype(np.int64)),
        updated=pl.Series(updated.astype(np.int64)),
    )
    base = base.filter(pl.Series((people.record_id != NO_RECORD) & ~people.is_vanished))
    again = base.filter(pl.Series(people.second_record_id).gather(base["position"]) != NO_RECORD)
    spelling = rng.integers(1, 5, len(again))
    second = again.with_columns(
        record_id=pl.Series(people.second_record_id).gather(again["position"]),
        email=write_differently(again["email"], spelling),
        phone=pl.lit(None, dtype=pl.String),
        owner=pl.lit(None, dtype=pl.String),
        referred_by=pl.lit(None, dtype=pl.Int64),
        merged=pl.lit(None, dtype=pl.Int64),
        created=pl.col("updated"),
    )
    return pl.concat([base, second]).sort("record_id")
