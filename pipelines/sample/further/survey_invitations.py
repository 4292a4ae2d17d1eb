"""Whom the sample company's survey tool asks.

Put here: invitations, those that brought an answer and those that did not. Keep out: the answers
(`simulation/surveys.py`).
"""

import numpy as np
import polars as pl

from regulars.pipelines.sample.export_file import Planted
from regulars.pipelines.sample.further.export import Chunk, Drawn, FurtherExport, write_moment
from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.addresses import has_one_known_email, replace_no_record
from regulars.pipelines.sample.simulation.orders import PURCHASE
from regulars.pipelines.sample.simulation.people import NO_RECORD

SHARE_WITHOUT_ANSWER = 0.25
"""Of the purchases, how many are asked after in vain."""
END = c.DAYS * 86_400
COLUMNS = ("invitation", "survey", "sent", "contact", "email", "order", "response", "touchpoint", "language")
TRUTH_COLUMNS = ("invitation_id", "person_id", "response_id")


def draw_invitations(rng: np.random.Generator, chunk: Chunk) -> Drawn:
    """One invitation per answer, sent shortly before it, and many without an answer.

    An invitation names its answer unless the answer is anonymous.
    """
    people, answers = chunk.people, chunk.answers
    asked = chunk.orders.filter(
        (pl.col("sort") == PURCHASE) & pl.Series(rng.random(len(chunk.orders)) < SHARE_WITHOUT_ANSWER)
    )
    is_anonymous = pl.col("email").is_null() & pl.col("customer_record_id").is_null()
    answered = answers.select(
        invitation=pl.format("INV-A{}", "response_number"),
        person="person",
        sent=pl.col("at") - pl.Series(rng.integers(600, 80_000, len(answers))),
        order_number="order_number",
        response_number=pl.when(~is_anonymous).then("response_number"),
        true_response=pl.format("NPS-{}", "response_number"),
        language="language",
    )
    in_vain = asked.select(
        invitation=pl.format("INV-O{}", "order_number"),
        person="person",
        sent=pl.col("delivered") + pl.Series(rng.integers(3_600, 86_400, len(asked))),
        order_number="order_number",
        response_number=pl.lit(None, pl.Int64),
        true_response=pl.lit(None, pl.String),
        language=pl.when("is_pounds").then(pl.lit("en")).otherwise(pl.lit("de")),
    )
    sent = pl.concat([answered, in_vain]).filter(pl.col("sent") < END).sort("sent", "invitation")
    person = sent["person"].to_numpy()
    has_email = has_one_known_email(people)[person]
    has_record = (people.record_id[person] != NO_RECORD) & (~has_email | (rng.random(len(sent)) < 0.3))
    return Drawn(
        rows=sent.select(
            invitation="invitation",
            survey=pl.lit("NPS"),
            sent=write_moment(pl.col("sent")),
            contact=replace_no_record(np.where(has_record, people.record_id[person], NO_RECORD)),
            email=pl.when(pl.Series(has_email)).then(people.email.gather(person)),
            order=pl.format("KK{}", "order_number"),
            response=pl.format("NPS-{}", "response_number"),
            touchpoint=pl.lit("after delivery"),
            language="language",
        ),
        truth=sent.select(
            invitation_id="invitation",
            person_id=pl.Series(people.person_id).gather(person),
            response_id="true_response",
        ),
    )


EXPORT = FurtherExport(
    file="survey_invitations.csv",
    columns=COLUMNS,
    draw=draw_invitations,
    truth_columns=TRUTH_COLUMNS,
    bad_lines=(
        Planted(
            "INV-900001,PULSE,2025-05-04 10:00:00 +0200,,,,,after delivery,de",
            "an invitation to a survey 'PULSE'",
            "quarantined: survey_type is none that is known",
        ),
    ),
)
"""The survey tool's list of what it sent."""
