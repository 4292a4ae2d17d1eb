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
WITHOUT_EFFECT = "website"
"""A question that goes with the taste and has no effect of its own: what a halo makes look important."""
HALO = 0.7
"""How much its points rise with each point of taste."""
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
    taste = scored[0]["points"].to_numpy()
    noise = rng.normal(0, 0.8, len(goes_on))
    echo = scored[0].with_columns(
        question=pl.lit(WITHOUT_EFFECT),
        wording=pl.lit("How did you like our website?"),
        points=pl.Series(np.clip(np.rint(3.7 + HALO * (taste - 4) + noise), 1, 5).astype(np.int64)),
    )
    effects = [*((question, weight) for question, weight in WEIGHTS.items()), (WITHOUT_EFFECT, 0.0)]
    truth = pl.DataFrame(effects, schema={"question": pl.String, "points_per_point_of_score": pl.Float64}, orient="row")
    rows = pl.concat([*scored, echo, written]).sort("response", "question")
    return Drawn(rows, truth if chunk.is_first else truth.clear())


EXPORT = FurtherExport(
    file="survey_answers.csv",
    columns=COLUMNS,
    draw=draw_further_answers,
    truth_columns=("question", "points_per_point_of_score"),
    bad_lines=(
        Planted("NPS-900001,taste,How do our snacks taste?,9,1,5,", "9 points of 5", "quarantined: not on its scale"),
    ),
)
"""The survey tool's long export of all questions."""
