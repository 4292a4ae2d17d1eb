"""What the sample company's customers ask of support.

Put here: who writes after which order, why, and how fast support answers. Keep out: how a file is written.
"""

import numpy as np
import polars as pl

from regulars.pipelines.sample.export_file import Planted
from regulars.pipelines.sample.further.export import Chunk, Drawn, FurtherExport, write_moment
from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.addresses import has_one_known_email, replace_no_record
from regulars.pipelines.sample.simulation.orders import PURCHASE, compute_moment
from regulars.pipelines.sample.simulation.people import NO_RECORD

SHARE_OF_ORDERS = 0.03
SHARE_OF_DELAYED = 0.30
SHARE_UNNAMED = 0.06
SHARE_REOPENED = 0.08
REASONS = ("delivery", "quality", "billing", "advice")
REASONS_OTHERWISE = (0.15, 0.35, 0.2, 0.3)
"""Shares of the reasons when the order was not delayed; else it is the delivery."""
CHANNELS, SHARES_OF_CHANNELS = ("mail", "chat", "phone"), (0.55, 0.3, 0.15)
SHARE_UNANSWERED = 0.02
NO_REPLY_DUE = ("", "opened_by_agent", "merged", "spam", "solved_by_customer")
SHARES_NO_REPLY_DUE = (0.9, 0.03, 0.03, 0.02, 0.02)
TEAMS = ("Team Nord", "Team Süd")
DAY = 86_400
END = c.DAYS * DAY

COLUMNS = (
    "Ticket", "Requester", "E-Mail", "Order", "Channel", "Reason", "Complaint", "Team", "Opened",
    "First reply", "Solved", "Reopened", "No reply due",
)  # fmt: skip
TRUTH_COLUMNS = (
    "ticket_id", "person_id", "order_id", "opened_at", "reason", "is_complaint", "is_named", "reply_minutes",
    "no_reply_due_reason",
)  # fmt: skip


def draw_tickets(rng: np.random.Generator, chunk: Chunk) -> Drawn:
    """Tickets about some orders; a late delivery makes them likely."""
    people = chunk.people
    share = np.where(chunk.orders["is_delayed"].to_numpy(), SHARE_OF_DELAYED, SHARE_OF_ORDERS)
    about = chunk.orders.filter((pl.col("sort") == PURCHASE) & pl.Series(rng.random(len(share)) < share))
    about = about.filter(pl.col("delivered") < END - 86_400)
    size, person = len(about), about["person"].to_numpy()
    is_delayed = about["is_delayed"].to_numpy()
    reason = np.where(is_delayed, 0, rng.choice(len(REASONS), size, p=REASONS_OTHERWISE))
    opened = about["delivered"].to_numpy() + rng.integers(600, 80_000, size)
    channel = rng.choice(len(CHANNELS), size, p=SHARES_OF_CHANNELS)
    replied = opened + np.rint(rng.gamma(1.2, np.array([9_000, 700, 60])[channel])).astype(np.int64)
    solved = replied + np.rint(rng.gamma(1.1, 60_000, size)).astype(np.int64)
    is_named = rng.random(size) >= SHARE_UNNAMED
    has_email = has_one_known_email(people)[person] & is_named
    has_record = (people.record_id[person] != NO_RECORD) & is_named & (~has_email | (rng.random(size) < 0.3))
    tickets = pl.DataFrame(
        {
            "order_number": about["order_number"],
            "record_id": replace_no_record(np.where(has_record, people.record_id[person], NO_RECORD)),
            "email": people.email.gather(person),
            "has_email": has_email,
            "channel": pl.Series(CHANNELS).gather(channel),
            "reason": pl.Series(REASONS).gather(reason),
            "is_complaint": (reason < 2) & (rng.random(size) < 0.8),
            "team": pl.Series(TEAMS).gather(people.region[person] % 2),
            "opened": opened,
            "replied": replied,
            "solved": solved,
            "reopened": (rng.random(size) < SHARE_REOPENED).astype(np.int64),
            "person_id": people.person_id[person],
            "is_named": has_email | has_record,
            # drawn last, so that what was drawn before stays as it is
            "no_reply_due": pl.Series(NO_REPLY_DUE).gather(rng.choice(len(NO_REPLY_DUE), size, p=SHARES_NO_REPLY_DUE)),
            "is_answered": rng.random(size) >= SHARE_UNANSWERED,
        }
    )
    waiting = find_waiting(chunk, set(person.tolist())) if chunk.is_first else tickets.clear()
    tickets = pl.concat([tickets, waiting.select(tickets.columns).cast(tickets.schema)]).sort(
        "opened", maintain_order=True
    )
    is_due = pl.col("no_reply_due") != "solved_by_customer"
    tickets = tickets.with_columns(pl.col("is_answered") & is_due & (pl.col("replied") < END))
    number, order = pl.format("T-{}", "order_number"), pl.format("KK{}", "order_number")
    return Drawn(
        rows=tickets.select(
            number.alias("Ticket"),
            pl.col("record_id").alias("Requester"),
            pl.when("has_email").then("email").alias("E-Mail"),
            order.alias("Order"),
            pl.col("channel").alias("Channel"),
            pl.col("reason").alias("Reason"),
            pl.when("is_complaint").then(pl.lit("yes")).otherwise(pl.lit("no")).alias("Complaint"),
            pl.col("team").alias("Team"),
            write_moment(pl.col("opened")).alias("Opened"),
            pl.when("is_answered").then(write_moment(pl.col("replied"))).alias("First reply"),
            pl.when(pl.col("solved") < END).then(write_moment(pl.col("solved"))).alias("Solved"),
            pl.col("reopened").alias("Reopened"),
            pl.col("no_reply_due").alias("No reply due"),
        ),
        truth=tickets.select(
            number.alias("ticket_id"),
            "person_id",
            order.alias("order_id"),
            compute_moment(pl.col("opened")).dt.to_string("%Y-%m-%d %H:%M:%S").alias("opened_at"),
            "reason",
            "is_complaint",
            "is_named",
            pl.when("is_answered").then((pl.col("replied") - pl.col("opened")) / 60).alias("reply_minutes"),
            pl.col("no_reply_due").alias("no_reply_due_reason"),
        ),
    )


def find_waiting(chunk: Chunk, writers: set[int]) -> pl.DataFrame:
    """Tickets of the last days that are open, without any chance: who is to be answered, whatever they bought since.

    One is a complaint without a reply and one a complaint that is not solved, both of customers with many orders and
    none since; the third has no reply, and its customer has ordered since.

    Args:
        chunk: The first customers.
        writers: Who has written a ticket otherwise.

    Returns:
        The columns of tickets in `draw_tickets`; fewer rows where no such customers are.
    """
    people, at = chunk.people, pl.col("at")
    is_usual = (pl.col("sort") == PURCHASE) & ~pl.col("is_delayed") & (pl.col("delivered") < END - 9 * DAY)
    has_record = pl.Series(np.flatnonzero(people.record_id != NO_RECORD)).implode()
    buyers = (
        chunk.orders.filter(pl.col("person").is_in(has_record), ~pl.col("person").is_in(list(writers)))
        .group_by("person")
        .agg(count=pl.len(), last=at.max(), order_number=pl.col("order_number").filter(is_usual).last())
        .filter(pl.col("order_number").is_not_null())
        .sort(-pl.col("count").cast(pl.Int64), "person")
    )
    silent = buyers.filter(pl.col("last") < END - 9 * DAY).head(2)
    again = buyers.filter(pl.col("last") > END - 3 * DAY).head(1)
    opened = pl.Series([END - 3 * DAY, END - 4 * DAY, END - 5 * DAY]) + 9 * 3600
    replied = pl.Series([END, END - 4 * DAY + 10 * 3600, END])
    found = pl.concat([silent, again])
    person = found["person"].to_numpy()
    return found.select(
        "order_number",
        record_id=replace_no_record(people.record_id[person]),
        email=people.email.gather(person),
        has_email=pl.lit(value=False),
        channel=pl.lit("mail"),
        reason=pl.lit("quality"),
        is_complaint=pl.lit(value=True),
        team=pl.Series(TEAMS, dtype=pl.String).gather(people.region[person] % 2),
        opened=opened.head(len(found)),
        replied=replied.head(len(found)),
        solved=pl.lit(END),
        reopened=pl.lit(0),
        person_id=people.person_id[person],
        is_named=pl.lit(value=True),
        no_reply_due=pl.lit(""),
        is_answered=pl.lit(value=True),
    )


EXPORT = FurtherExport(
    file="tickets.csv",
    columns=COLUMNS,
    draw=draw_tickets,
    truth_columns=TRUTH_COLUMNS,
    bad_lines=(
        Planted(
            "T-900001,,,,mail,quality,no,Team Nord,2025-05-04 10:00:00 +0200,2025-05-03 10:00:00 +0200,,0,",
            "a ticket that was answered before it was opened",
            "quarantined: nothing happens before it is opened",
        ),
        Planted("T-900002,,,,mail,quality,no,Team Nord,,,,0,", "a ticket without a day", "quarantined: opened_at"),
    ),
)
"""The support tool's tickets."""
