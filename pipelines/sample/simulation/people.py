"""Who the customers of the sample company are, and how the CRM writes them down.

Put here: drawing persons with their true parameters; their CRM records, e-mails and accounts.
Keep out: what they buy (`purchases.py`) and say (`surveys.py`), and how a file is written (`exports.py`).
"""

import unicodedata
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.seasons import draw_joining

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SHARE_LEADS = 0.03
SHARE_GUESTS = 0.08
SHARE_REFERRED = 0.12
SHARE_TWICE_IN_CRM = 0.05
SHARE_MERGED = 0.03
SHARE_CHANGED_EMAIL = 0.03
SHARE_LAPSED_EMAIL = 0.01
SHARE_VANISHED = 0.005

FIRST_PERSON = 100_001
NO_RECORD = 0


@dataclass(frozen=True)
class People:
    """Some persons, one array element each. Record ids are 0 where there is none; texts are polars series."""

    person_id: Ints
    kind: Ints
    """Index into `catalogue.KINDS`."""
    region: Ints
    town: Ints
    joined: Floats
    """Season time of the first purchase, in weeks since `FIRST_DAY`."""
    rate: Floats
    """True lambda, purchases per week of season time."""
    dropout: Floats
    """True p, the probability to leave after each repeat purchase."""
    mean_spend: Floats
    """True mean amount per order in EUR, net of discounts."""
    favourite: Ints
    """Index into `catalogue.PRODUCTS`."""
    channel: Ints
    referrer: Ints
    """Position of the person who referred this one, -1 for none."""
    account: Ints
    """Account number, 0 for home members."""
    is_lead: Flags
    """In the CRM, but never bought."""
    record_id: Ints
    second_record_id: Ints
    """A second record of the same person in the CRM."""
    merged_record_id: Ints
    """A record that the CRM merged into the first; older orders still carry it."""
    is_vanished: Flags
    """The record was deleted in the CRM; orders still carry its id."""
    has_lapsed_email: Flags
    """The CRM no longer has an e-mail."""
    first_name: pl.Series
    last_name: pl.Series
    email: pl.Series
    old_email: pl.Series
    """What the person used before changing it; null for those who never did."""

    def __len__(self) -> int:
        """How many persons."""
        return len(self.person_id)


def fold(name: str) -> str:
    """The name as it is written in an e-mail address: lower case, ASCII letters only."""
    plain = name.lower().translate({ord("ß"): "ss", ord("ø"): "o", ord("æ"): "ae", ord("ł"): "l"})
    return "".join(x for x in unicodedata.normalize("NFKD", plain) if x.isascii() and x.isalpha())


def _pick(rng: np.random.Generator, shares: tuple[float, ...], size: int) -> Ints:
    """Draw positions with the given shares (they are scaled to a sum of 1)."""
    bounds = np.cumsum(shares) / np.sum(shares)
    return np.searchsorted(bounds, rng.random(size), side="right").astype(np.int64)


def _draw_accounts(kind: Ints, first_person: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Group offices into accounts of one to three persons: the account number, and who leads it (position)."""
    position = np.arange(len(kind))
    offices = position[kind == 1]
    starts = rng.random(len(offices)) < 0.6
    if len(offices):
        starts[0] = True
    lead = np.maximum.accumulate(np.where(starts, offices, -1)) if len(offices) else offices
    leads = position.copy()
    leads[offices] = lead
    account = np.where(kind == 1, leads + first_person, 0)
    return account, leads


def _make_emails(first: pl.Series, last: pl.Series, number: pl.Series, domain: str) -> pl.Series:
    names = {name: fold(name) for name in (*c.FIRST_NAMES, *c.LAST_NAMES)}
    frame = pl.DataFrame({"first": first, "last": last, "number": number})
    folded = [pl.col(column).replace_strict(names, return_dtype=pl.String) for column in ("first", "last")]
    return frame.select(email=pl.format(f"{{}}.{{}}.{{}}@{domain}", *folded, "number"))["email"]


def draw_people(rng: np.random.Generator, first: int, size: int) -> People:
    """Draw persons with everything that does not depend on their purchases.

    Args:
        rng: The source of randomness of this chunk.
        first: How many persons there are before these.
        size: How many to draw.
    """
    person_id = np.arange(first, first + size, dtype=np.int64) + FIRST_PERSON
    kind = (rng.random(size) < c.OFFICE.share).astype(np.int64)
    account, lead = _draw_accounts(kind, int(person_id[0]), rng)
    region = _pick(rng, tuple(r.share for r in c.REGIONS), size)[lead]
    towns = np.array([len(r.towns) for r in c.REGIONS])
    town = (rng.random(size)[lead] * towns[region]).astype(np.int64)
    joined = draw_joining(rng, kind)
    rate, dropout, nu = np.empty(size), np.empty(size), np.empty(size)
    for number, k in enumerate(c.KINDS):
        who = kind == number
        rate[who] = rng.gamma(k.r, 1 / k.alpha, who.sum())
        dropout[who] = rng.beta(k.a, k.b, who.sum())
        nu[who] = rng.gamma(k.q, 1 / k.gamma, who.sum())
    shape = np.array([k.p for k in c.KINDS])[kind]

    is_guest = (rng.random(size) < SHARE_GUESTS) & (kind == 0)
    referrer = rng.integers(0, size, size)
    is_referred = (rng.random(size) < SHARE_REFERRED) & ~is_guest & ~is_guest[referrer] & (joined[referrer] < joined)
    is_lead = (rng.random(size) < SHARE_LEADS) & ~is_guest
    by_kind = [_pick(rng, c.CHANNEL_SHARES[k.name], size) for k in c.KINDS]
    channel = np.where(is_referred, c.CHANNELS.index("referral"), np.where(kind == 1, by_kind[1], by_kind[0]))

    record_id = np.where(is_guest, NO_RECORD, person_id * 10 + 1)
    luck = rng.random(size)
    is_twice = (luck < SHARE_TWICE_IN_CRM) & ~is_guest
    is_merged = (luck >= 0.5) & (luck < 0.5 + SHARE_MERGED) & ~is_guest
    is_vanished = (luck > 1 - SHARE_VANISHED) & ~is_guest & ~is_lead
    email_luck = rng.random(size)
    has_changed = (email_luck < SHARE_CHANGED_EMAIL) & ~is_guest & ~is_vanished
    has_lapsed = (email_luck > 1 - SHARE_LAPSED_EMAIL) & ~is_guest & ~is_vanished & ~is_twice & ~is_lead

    first_name = pl.Series(c.FIRST_NAMES).gather(rng.integers(0, len(c.FIRST_NAMES), size))
    last_name = pl.Series(c.LAST_NAMES).gather(rng.integers(0, len(c.LAST_NAMES), size))
    serial = pl.Series(person_id)
    private, work = (_make_emails(first_name, last_name, serial, domain) for domain in ("example.com", "example.org"))
    is_office = pl.Series(kind == 1)
    changed = pl.Series(has_changed)
    email = work.zip_with(is_office, private)
    old = private.zip_with(is_office, work)
    return People(
        person_id=person_id,
        kind=kind,
        region=region,
        town=town,
        joined=joined,
        rate=rate,
        dropout=dropout,
        mean_spend=shape / nu,
        favourite=rng.integers(0, len(c.PRODUCTS), size),
        channel=channel,
        referrer=np.where(is_referred, referrer, -1),
        account=account,
        is_lead=is_lead,
        record_id=record_id,
        second_record_id=np.where(is_twice, person_id * 10 + 2, NO_RECORD),
        merged_record_id=np.where(is_merged, person_id * 10 + 3, NO_RECORD),
        is_vanished=is_vanished,
        has_lapsed_email=has_lapsed,
        first_name=first_name,
        last_name=last_name,
        email=email,
        old_email=old.zip_with(changed, pl.Series([None] * size, dtype=pl.String)),
    )
