"""The sample company's referral programme: one member who brought many customers.

Put here: who is a member, and who invited them. Keep out: referrals that the CRM knows (`simulation/people.py`), how a
file is written.

Members are customers whom the CRM knows by the same address, and who came to the shop without a referral; no customer
and no order is added.
"""

import numpy as np
import polars as pl

from regulars.pipelines.sample.further.export import Chunk, Drawn, FurtherExport
from regulars.pipelines.sample.simulation.orders import PURCHASE
from regulars.pipelines.sample.simulation.people import NO_RECORD

BROUGHT = 12
"""Customers whom the planted member brought; the CRM's referrers brought one to three."""
EARLIEST = 20
"""The planted member is one of so many who ordered first."""
COLUMNS = ("member", "email", "invited_by")
TRUTH_COLUMNS = ("person_id", "referrer_person_id")


def draw_programme(rng: np.random.Generator, chunk: Chunk) -> Drawn:
    """One of the first customers, and those whom they invited, all of whom ordered later; in the first chunk only."""
    people = chunk.people
    bought = chunk.orders.filter((pl.col("sort") == PURCHASE) & (pl.col("person") >= 0))
    first = bought.group_by("person").agg(pl.col("at").min()).sort("at", "person")
    is_plain = (
        (people.record_id != NO_RECORD)
        & (people.second_record_id == NO_RECORD)
        & (people.merged_record_id == NO_RECORD)
        & (people.referrer < 0)
        & ~people.is_vanished
        & ~people.has_lapsed_email
        & ~people.is_lead
    )
    members = first.filter(pl.Series(is_plain).gather(first["person"]))["person"].to_numpy()
    if not chunk.is_first or len(members) <= EARLIEST:
        members = members[:0]
    inviter = members[rng.integers(0, EARLIEST)] if len(members) else -1
    later = members[EARLIEST:]
    brought = np.sort(rng.choice(later, min(BROUGHT, len(later)), replace=False))
    positions = pl.Series([inviter, *brought] if len(members) else [], dtype=pl.Int64)
    rows = pl.DataFrame(
        {
            "member": pl.Series(people.person_id).gather(positions),
            "email": people.email.gather(positions),
            "is_inviter": positions == inviter,
        }
    )
    by = pl.when(~pl.col("is_inviter")).then(pl.lit(int(people.person_id[inviter])))
    member = pl.format("M{}", "member")
    return Drawn(
        rows=rows.select(member.alias("member"), "email", pl.format("M{}", by).alias("invited_by")),
        truth=rows.select(person_id="member", referrer_person_id=by).drop_nulls(),
    )


EXPORT = FurtherExport(file="referral_programme.csv", columns=COLUMNS, draw=draw_programme, truth_columns=TRUTH_COLUMNS)
"""The members of the referral programme."""
