"""Numbers of things, such as `1 customer` and `2 customers`, as they stand inside sentences.

Put here: what can be counted. Keep out: the sentences. A language that would bend the thing inside a sentence puts it
where it need not: after a colon, or in brackets.
"""

from regulars.pipelines.report.words.words import Words


def format_customers(words: Words, n: int) -> str:
    """2 customers."""
    return words.say_count("{n} customer", "{n} customers", n)


def format_purchases(words: Words, n: int) -> str:
    """2 purchases."""
    return words.say_count("{n} purchase", "{n} purchases", n)


def format_answers(words: Words, n: int) -> str:
    """2 answers."""
    return words.say_count("{n} answer", "{n} answers", n)


def format_days(words: Words, n: int) -> str:
    """2 days."""
    return words.say_count("{n} day", "{n} days", n)


def format_weeks(words: Words, n: int) -> str:
    """2 weeks."""
    return words.say_count("{n} week", "{n} weeks", n)


def format_months(words: Words, n: int) -> str:
    """2 months."""
    return words.say_count("{n} month", "{n} months", n)
