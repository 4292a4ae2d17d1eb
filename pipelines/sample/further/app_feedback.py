"""What the sample company's customers write into the form of the shop's app, and a trouble that begins one week.

Put here: who writes when about what. Keep out: the sentences about usual things (`simulation/comments.py`).
"""

import datetime as dt

import numpy as np
import polars as pl

from regulars.pipelines.sample.further.export import Chunk, Drawn, FurtherExport, write_moment
from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.addresses import replace_no_record
from regulars.pipelines.sample.simulation.comments import COMMENTS, MOODS, THEMES
from regulars.pipelines.sample.simulation.people import NO_RECORD

WEEKS, COMMENTS_PER_WEEK = 13, 11
"""How many weeks the form has been there, and how many write in each."""
PLANTED_COMMENTS = 15
"""More of them in the last week that is over: the new checkout fails."""
PLANTED_THEME = "website_app"
LANGUAGES, SHARES = ("de", "en", "pl"), (0.6, 0.25, 0.15)
CHECKOUT = {
    "de": (
        "Die App stürzt ab, sobald ich zur neuen Kasse gehe.",
        "Webseite hängt sich im Warenkorb auf, Bestellung erst beim dritten Mal.",
        "Fehlermeldung beim Einloggen, seit ihr die App geändert habt.",
    ),
    "en": (
        "The app crashes at the new checkout.",
        "Your website lost my basket twice.",
        "Cannot log in since the update.",
    ),
    "pl": (
        "Aplikacja zawiesza się przy zamówieniu.",
        "Strona wyrzuca mnie z koszyka.",
        "Nie mogę się zalogować po aktualizacji.",
    ),
}
COLUMNS = ("feedback", "sent", "contact", "stars", "text", "language")
TRUTH_COLUMNS = ("feedback_id", "week_start", "theme", "is_planted")


def draw_feedback(rng: np.random.Generator, chunk: Chunk) -> Drawn:
    """A few comments a week up to as_of, and in the last whole week many about the checkout; of the first customers."""
    if not chunk.is_first:
        return Drawn(pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String)))
    monday = c.AS_OF - dt.timedelta(days=c.AS_OF.weekday() + 7)
    weeks = [*np.repeat(np.arange(WEEKS), COMMENTS_PER_WEEK), *[WEEKS - 1] * PLANTED_COMMENTS]
    size = len(weeks)
    first = (monday - c.FIRST_DAY).days - 7 * (WEEKS - 1)
    at = (first + 7 * np.array(weeks)) * 86_400 + rng.integers(6 * 3_600, 6 * 86_400, size)
    is_planted = np.arange(size) >= WEEKS * COMMENTS_PER_WEEK
    language = rng.choice(len(LANGUAGES), size, p=SHARES)
    language[is_planted] = np.arange(PLANTED_COMMENTS) % len(LANGUAGES)
    theme = (np.arange(size) + np.array(weeks)) % len(THEMES)  # in turn: of usual things as many write in every week
    mood, variant = rng.integers(0, 2, size), rng.integers(0, 6, size)
    stars = np.where(is_planted | (mood == 0), rng.integers(1, 4, size), rng.integers(4, 6, size))
    texts = [
        CHECKOUT[LANGUAGES[spoken]][way % 3]
        if planted
        else COMMENTS[THEMES[about], MOODS[felt]][LANGUAGES[spoken]][way % 2].replace("\n", " ")
        for planted, about, felt, spoken, way in zip(is_planted, theme, mood, language, variant, strict=True)
    ]
    writer = rng.integers(0, len(chunk.people), size)
    record = np.where(rng.random(size) < 0.7, chunk.people.record_id[writer], NO_RECORD)
    rows = pl.DataFrame(
        {
            "at": at,
            "stars": stars,
            "text": texts,
            "is_planted": is_planted,
            "about": pl.Series(THEMES).gather(theme),
            "language": pl.Series(LANGUAGES).gather(language),
        }
    ).with_columns(contact=replace_no_record(record), week=pl.Series(weeks, dtype=pl.Int64))
    named = rows.sort("at", maintain_order=True).with_columns(feedback=pl.format("FB-{}", pl.int_range(1, size + 1)))
    return Drawn(
        rows=named.select("feedback", write_moment(pl.col("at")).alias("sent"), "contact", "stars", "text", "language"),
        truth=named.select(
            feedback_id="feedback",
            week_start=pl.lit(monday) - pl.duration(days=7) * (WEEKS - 1 - pl.col("week")),
            theme=pl.when("is_planted").then(pl.lit(PLANTED_THEME)).otherwise("about"),
            is_planted="is_planted",
        ),
    )


EXPORT = FurtherExport(file="app_feedback.csv", columns=COLUMNS, draw=draw_feedback, truth_columns=TRUTH_COLUMNS)
"""The form of the shop's app: stars of 1 to 5, and what was written."""
