"""How easy the sample company's customers found it to order: one question behind the checkout.

Put here: who answers, and what; offices, which need an invoice, find it harder. Keep out: how a file is written.
"""

import numpy as np
import polars as pl

from regulars.pipelines.sample.further.export import Chunk, Drawn, FurtherExport, write_moment
from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.addresses import replace_no_record
from regulars.pipelines.sample.simulation.orders import PURCHASE

DAY = 86_400
END = c.DAYS * DAY
DAYS_ASKED, SHARE_ANSWERED = 91, 0.3
HARDEST, EASIEST = 1, 7
MEAN_EASE = (6.0, 4.0)
"""Of home members and of offices."""
COLUMNS = ("answer", "order", "contact", "ease", "answered")
TRUTH_COLUMNS = ("answer_id", "person_id", "customer_type", "ease")


def draw_answers(rng: np.random.Generator, chunk: Chunk) -> Drawn:
    """An answer of some who ordered in the last weeks, minutes later."""
    bought = chunk.orders.filter((pl.col("sort") == PURCHASE) & (pl.col("at") < END - DAY))
    is_answered = pl.Series(rng.random(len(bought)) < SHARE_ANSWERED) & (bought["at"] >= END - DAYS_ASKED * DAY)
    asked = bought.filter(is_answered)
    size, person = len(asked), asked["person"].to_numpy()
    kind = chunk.people.kind[person]
    ease = np.clip(np.rint(rng.normal(np.array(MEAN_EASE)[kind], 1.2, size)), HARDEST, EASIEST).astype(np.int64)
    answers = asked.select(
        answer=pl.format("EA-{}", "order_number"),
        order=pl.format("KK{}", "order_number"),
        contact=replace_no_record(chunk.people.record_id[person]),
        ease=pl.Series(ease),
        answered=write_moment(pl.col("at") + pl.Series(rng.integers(60, 900, size))),
    )
    return Drawn(
        rows=answers,
        truth=answers.select(
            answer_id="answer",
            person_id=pl.Series(chunk.people.person_id[person]),
            customer_type=pl.Series(c.CUSTOMER_TYPES).gather(kind),
            ease="ease",
        ),
    )


EXPORT = FurtherExport(file="effort_survey.csv", columns=COLUMNS, draw=draw_answers, truth_columns=TRUTH_COLUMNS)
"""The answers of the question behind the checkout."""
