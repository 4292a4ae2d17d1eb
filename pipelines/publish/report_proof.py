"""Why the report's numbers can be trusted: sources, rows, money, rules.

Put here: one function per proof, facts in, HTML out. Counts and reasons only: no value out of any row.
Keep out: the answers themselves (`report_answers.py`).
"""

from regulars.pipelines.publish import report_words as words
from regulars.pipelines.publish.report_answers import section
from regulars.pipelines.publish.report_facts import ReportFacts

NOT_A_PROMISE = {
    "malformed": "The line is no record: it has too many or too few fields, or a quote is not closed.",
    "document": "Another row of the same document is bad, and a document is loaded whole or not at all.",
}
WARNINGS_SHOWN = 30


def proof(facts: ReportFacts) -> str:
    """Everything that speaks for or against the numbers."""
    inside = stale_sources(facts) + rows_read(facts) + quarantined(facts) + money(facts) + rules(facts)
    means = (
        "Every row read is either used, replaced by a newer delivery, or quarantined with a reason; every amount is "
        "found again. A run that cannot show this publishes nothing."
    )
    return section("proof", "Can these numbers be trusted?", "", inside, means)


def stale_sources(facts: ReportFacts) -> str:
    """Which sources were not fresh."""
    stale = [row for row in facts.sources if row["is_stale"]]
    return "".join(
        f'<p class="warn"><b>{words.esc(row["source"])} is stale.</b> Its delivery of '
        f"{words.esc(words.moment(row['last_delivered_at']))} was used again. {words.esc(row['reason'] or '')}</p>"
        for row in stale
    )


def rows_read(facts: ReportFacts) -> str:
    """What became of the rows of each source."""
    if not facts.sources:
        return words.nothing("What was read is not recorded.")
    names = ["rows_read", "rows_loaded", "rows_superseded", "rows_quarantined"]
    body = [
        [str(row["source"]), words.moment(row["last_delivered_at"]), *(words.count(row[name]) for name in names)]
        for row in facts.sources
    ]
    headers = ["source", "delivered (UTC)", "rows read", "used", "replaced by a newer delivery", "quarantined"]
    return "<h3>Rows</h3>" + words.table("What became of the rows of each source", headers, body, texts=2)


def quarantined(facts: ReportFacts) -> str:
    """Why rows were quarantined."""
    if not facts.reasons:
        total = sum(row["rows_quarantined"] or 0 for row in facts.sources)
        return words.nothing("`regulars quarantine` shows why rows were quarantined.") if total else ""
    body = [
        [
            str(row["source"]),
            str(row["kind"]),
            str(row["description"] or NOT_A_PROMISE.get(row["rule"], row["rule"])),
            words.count(row["rows"]),
        ]
        for row in facts.reasons
    ]
    table = words.table("Rows quarantined, by the rule they break", ["source", "kind", "not so", "rows"], body, texts=3)
    return (
        "<h3>Why rows were quarantined</h3>"
        + table
        + (
            '<p class="note">A row that breaks two rules stands under both. '
            "<code>regulars quarantine --export</code> gives the rows to whoever mends the source.</p>"
        )
    )


def money(facts: ReportFacts) -> str:
    """Whether every amount of the sources is found again."""
    if not facts.tie_out:
        return "<h3>Money</h3>" + words.nothing("There are no amounts to tie out.")
    parts = ["source", "orders", "refunds", "adjustments", "payments", "subscriptions", "quarantined", "superseded"]
    body = [
        [
            str(row["source"]),
            f"{row['kind']} {row['currency'] or ''}".replace("_", " ").rstrip(),
            *(words.money(row[f"{part}_amount"]) for part in parts),
            words.money(row["difference"]),
        ]
        for row in facts.tie_out
    ]
    headers = [
        "source",
        "what",
        "delivered",
        "orders",
        "refunds",
        "adjustments",
        "payments",
        "subscriptions",
        "quarantined",
        "replaced",
        "difference",
    ]
    wrong = sum(row["wrong_months"] for row in facts.tie_out)
    months = sum(row["months"] for row in facts.tie_out)
    told = (
        f'<p class="good">Not a penny is missing in {words.plural(months, "month")} of sources.</p>'
        if not wrong
        else f'<p class="warn">{words.plural(wrong, "month")} of sources do not tie out.</p>'
    )
    caption = "Delivered = orders − refunds + adjustments + payments + subscriptions + quarantined + replaced"
    return "<h3>Money</h3>" + told + words.table(caption, headers, body, texts=2)


def rules(facts: ReportFacts) -> str:
    """How many rules of the contracts were kept."""
    if not facts.checks:
        return "<h3>Rules</h3>" + words.nothing("No contract was checked.")
    broken = [row for row in facts.checks if not row["passed"]]
    tables = len({row["table_name"] for row in facts.checks})
    kept = f"{words.plural(len(facts.checks) - len(broken), 'rule')} about {words.plural(tables, 'table')} kept"
    if not broken:
        return f'<h3>Rules</h3><p class="good">{words.esc(kept)}.</p>'
    body = [
        [str(row["table_name"]), str(row["description"] or row["rule"]), words.count(row["failed_count"])]
        for row in broken[:WARNINGS_SHOWN]
    ]
    table = words.table("Rules that were not kept", ["table", "rule", "rows that break it"], body, texts=2)
    more = (
        f'<p class="note">{len(broken) - WARNINGS_SHOWN} more in meta.checks.</p>'
        if len(broken) > WARNINGS_SHOWN
        else ""
    )
    return f'<h3>Rules</h3><p class="warn">{words.esc(kept)}, {len(broken):,} with warnings.</p>{table}{more}'
