"""What the sample company's customers answer to the further questions of the survey.

Put here: which questions there are and how their scores go with the recommendation. Keep out: the recommendation itself
(`sample/simulation/surveys.py`).
"""

import numpy as np
import polars as pl

from regulars.pipelines.sample.export_file import Planted
from regulars.pipelines.sample.further.export import Chunk, Drawn, FurtherExport

SHARE_ANSWERED = 0.6
QUESTIONS = {
    "taste": "How do our snacks taste?",
    "delivery": "How was the delivery?",
    "price": "Is it worth its price?",
}
WEIGHTS = {"taste": 0.35, "delivery": 0.25, "price": 0.1}
"""How much a question's score rises with each point of recommendation."""
COLUMNS = ("response", "question", "wording", "points", "lowest", "highest", "text")


def draw_further_answers(rng: np.random.Generator, chunk: Chunk) -> Drawn:
    """Scores of 1 to 5 to three questions for some responses, and the comment as a written answer."""
    answers = chunk.answers.with_columns(response=pl.format("NPS-{}", "response_number"))
    goes_on = answers.filter(pl.Series(rng.random(len(answers)) < SHARE_ANSWERED))
    scored = [
        goes_on.select(
            response="response",
            question=pl.lit(question),
            wording=pl.lit(wording),
            points=pl.Series(
                np.clip(
                    np.rint(
                        3.8 + WEIGHTS[question] * (goes_on["score"].to_numpy() - 8) + rng.normal(0, 0.7, len(goes_on))
                    ),
                    1,
                    5,
                ).astype(np.int64)
            ),
            lowest=pl.lit(1),
            highest=pl.lit(5),
            text=pl.lit(None, pl.String),
        )
        for question, wording in QUESTIONS.items()
    ]
    written = goes_on.filter(pl.col("comment").is_not_null()).select(
        response="response",
        question=pl.lit("why"),
        wording=pl.lit("Why this score?"),
        points=pl.lit(None, pl.Int64),
        lowest=pl.lit(None, pl.Int32),
        highest=pl.lit(None, pl.Int32),
        text=pl.col("comment").str.replace_all("\n", " "),
    )
    return Drawn(pl.concat([*scored, written]).sort("response", "question"))


EXPORT = FurtherExport(
    file="survey_answers.csv",
    columns=COLUMNS,
    draw=draw_further_answers,
    bad_lines=(
        Planted("NPS-900001,taste,How do our snacks taste?,9,1,5,", "9 points of 5", "quarantined: not on its scale"),
    ),
)
"""The survey tool's long export of all questions."""
