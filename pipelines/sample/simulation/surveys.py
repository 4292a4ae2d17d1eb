"""What the sample company's customers answer when asked whether they would recommend it.

Put here: who answers, the score, the comment's theme. Keep out: the sentences (`comments.py`) and the file.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.addresses import has_one_known_email, replace_no_record, write_differently
from regulars.pipelines.sample.simulation.comments import THEMES, list_comments
from regulars.pipelines.sample.simulation.orders import PURCHASE
from regulars.pipelines.sample.simulation.people import NO_RECORD, People

Ints = NDArray[np.int64]

SHARE_ANSWERED = 0.10
SHARE_TWICE = 0.04
SHARE_ANONYMOUS = 0.12
SHARE_WITH_CRM_ID = 0.4
SHARE_COMMENT = 0.45
THEMES_WHEN_PLEASED = (0.42, 0.20, 0.12, 0.14, 0.12)
THEMES_WHEN_NOT = (0.22, 0.22, 0.28, 0.12, 0.16)


def _draw_scores(rng: np.random.Generator, people: People, orders: pl.DataFrame, person: Ints) -> Ints:
    """Scores of 0 to 10: higher for those who tend to stay, lower after a late delivery and before leaving."""
    mean = np.array([k.a / (k.a + k.b) for k in c.KINDS])[people.kind[person]]
    spread = np.array([np.sqrt(k.a * k.b / (k.a + k.b) ** 2 / (k.a + k.b + 1)) for k in c.KINDS])[people.kind[person]]
    leaning = np.clip((people.dropout[person] - mean) / spread, -1.5, 2.5)
    felt = 8.4 - 1.1 * leaning - 1.7 * orders["is_delayed"].to_numpy() - 1.3 * orders["is_last"].to_numpy()
    scores: Ints = np.clip(np.rint(felt + rng.normal(0, 1.5, len(person))), 0, 10).astype(np.int64)
    return scores


def _draw_themes(rng: np.random.Generator, is_pleased: NDArray[np.bool_], is_delayed: NDArray[np.bool_]) -> Ints:
    luck = rng.random(len(is_pleased))
    pleased = np.searchsorted(np.cumsum(THEMES_WHEN_PLEASED[:-1]), luck)
    cross = np.searchsorted(np.cumsum(THEMES_WHEN_NOT[:-1]), luck)
    cross = np.where(is_delayed & (rng.random(len(luck)) < 0.7), THEMES.index("delivery"), cross)
    return np.where(is_pleased, pleased, cross).astype(np.int64)


def draw_answers(rng: np.random.Generator, people: People, orders: pl.DataFrame, first_number: int) -> pl.DataFrame:
    """Ask after some orders.

    Args:
        rng: The source of randomness of this chunk.
        people: The customers.
        orders: As `draw_orders` returns them.
        first_number: Number of the first answer.

    Returns:
        One row per answer: `response_number`, `person`, `at` (seconds since `FIRST_DAY`), `score`, `comment`, `theme`,
        `mood`, `language`, `email`, `customer_record_id`, `order_number` (null where the export has none).
    """
    asked = orders.filter((pl.col("sort") == PURCHASE) & pl.Series(rng.random(len(orders)) < SHARE_ANSWERED))
    again = np.sort(rng.choice(len(asked), rng.binomial(len(asked), SHARE_TWICE), replace=False))
    rows = np.concatenate([np.arange(len(asked)), again]).astype(np.int64)
    asked = asked[rows]
    size = len(asked)
    person = asked["person"].to_numpy()
    is_second = np.arange(size) >= size - len(again)
    wait = rng.integers(86_400, 5 * 86_400, size) + np.where(is_second, 5 * 86_400, 0)
    score = _draw_scores(rng, people, asked, person)
    is_pleased = score >= 8
    theme = _draw_themes(rng, is_pleased, asked["is_delayed"].to_numpy())
    shares = np.cumsum([r.languages for r in c.REGIONS], axis=1)[people.region[person]]
    language = np.minimum((shares < rng.random(size)[:, None]).sum(axis=1), len(c.LANGUAGES) - 1)
    sentence = ((theme * 2 + is_pleased) * len(c.LANGUAGES) + language) * 2 + rng.integers(0, 2, size)
    has_comment = pl.Series(rng.random(size) < SHARE_COMMENT)

    is_anonymous = rng.random(size) < SHARE_ANONYMOUS
    by_email = has_one_known_email(people)[person]
    has_id = (people.record_id[person] != NO_RECORD) & (~by_email | (rng.random(size) < SHARE_WITH_CRM_ID))
    has_email = by_email & (~has_id | (rng.random(size) < 0.5))
    email = write_differently(people.email.gather(person), rng.choice(np.arange(4), size, p=(0.8, 0.08, 0.06, 0.06)))
    answers = pl.DataFrame(
        {"person": person, "at": asked["delivered"].to_numpy() + wait, "score": score, "is_second": is_second}
    )
    answers = answers.with_columns(
        comment=pl.when(has_comment).then(pl.Series(list_comments(c.LANGUAGES)).gather(sentence)),
        theme=pl.when(has_comment).then(pl.Series(THEMES).gather(theme)),
        mood=pl.when(has_comment).then(pl.Series(["bad", "good"]).gather(is_pleased.astype(np.int64))),
        language=pl.Series(c.LANGUAGES).gather(language),
        email=pl.when(pl.Series(has_email & ~is_anonymous)).then(email),
        customer_record_id=replace_no_record(np.where(has_id & ~is_anonymous, people.record_id[person], NO_RECORD)),
        order_number=pl.when(pl.Series(~is_anonymous & (rng.random(size) < 0.5))).then(asked["order_number"]),
    )
    answers = answers.filter(pl.col("at") < c.DAYS * 86_400).sort("at", maintain_order=True)
    return answers.with_columns(response_number=pl.int_range(first_number, first_number + len(answers), dtype=pl.Int64))
