"""Counts things in English words: `1 source`, `2 sources`.

Put here: that. Keep out: the languages of the report (`pipelines/report/words`).
"""


def count_things(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    Args:
        count: How many.
        one: The noun for one.
        many: The noun for any other count; without it, `one` with an s.
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
