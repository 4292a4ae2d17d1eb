"""Why the report's numbers can be trusted: sources, records, money, rules.

Put here: one part per proof. Counts and reasons only: no value out of any record.
Keep out: the answers themselves (the other sections).
"""

from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Part, Section, Sentence, Table
from regulars.pipelines.report.sections.findings import make_findings_part
from regulars.pipelines.report.words.words import Words

CHECKS_SHOWN = 30


def build_proof(facts: ReportFacts, words: Words) -> Section:
    """Build the section that shows whether the numbers can be trusted."""
    title = words.say("Can these numbers be trusted?")
    means = words.say(
        "Every record read is used, replaced by a newer version, a repetition, left out by a rule of the settings, or "
        "quarantined with a reason; every amount is found again. A run that cannot show this publishes nothing."
    )
    parts = [
        *_make_stale_part(facts.sources, words),
        _make_records_part(facts.sources, words),
        *_make_quarantine_part(facts, words),
        _make_money_part(facts.tie_out, words),
        _make_rules_part(facts.checks, words),
        make_findings_part(facts, words),
    ]
    return Section("proof", title, "", [[part] for part in parts], means)


def _make_stale_part(sources: Rows, words: Words) -> list[Part]:
    """Which sources were not fresh; none when all were."""
    sentences = []
    for row in sources:
        if row["is_stale"]:
            used = words.say("Its delivery of {moment} was used again.", moment=words.moment(row["last_delivered_at"]))
            lead = words.say("{source} is stale.", source=row["source"])
            sentences.append(Sentence(f"{used} {row['reason'] or ''}".rstrip(), "warn", lead))
    return [Part(sentences=sentences)] if sentences else []


def _make_records_part(sources: Rows, words: Words) -> Part:
    """What became of the records of each source."""
    title = words.say("Records")
    if not sources:
        return Part(title=title, sentences=[Sentence(words.say("It is not recorded what was read."), "absent")])
    headers = [
        words.say("source"),
        words.say("delivered (UTC)"),
        words.say("records read"),
        words.say("used"),
        words.say("replaced by a newer version"),
        words.say("repeated"),
        words.say("left out by the settings"),
        words.say("quarantined"),
    ]
    body = [
        [
            str(row["source"]),
            words.moment(row["last_delivered_at"]),
            words.count(row["rows_read"]),
            words.count(row["rows_loaded"]),
            words.count(row["rows_superseded"]),
            words.count(row["rows_duplicate"]),
            words.count(row["rows_excluded"]),
            words.count(row["rows_quarantined"]),
        ]
        for row in sources
    ]
    return Part(
        title=title, table=Table(words.say("What became of the records of each source"), headers, body, texts=2)
    )


def _make_quarantine_part(facts: ReportFacts, words: Words) -> list[Part]:
    """Why records were quarantined; none when none were."""
    title = words.say("Why records were quarantined")
    if not facts.reasons:
        text = words.say("`regulars quarantine` shows why records were quarantined.")
        total = sum(row["rows_quarantined"] or 0 for row in facts.sources)
        return [Part(sentences=[Sentence(text, "absent")])] if total else []
    headers = [words.say("source"), words.say("kind"), words.say("broken rule"), words.say("records")]
    body = [
        [str(row["source"]), str(row["kind"]), _describe_broken_rule(row, words), words.count(row["records"])]
        for row in facts.reasons
    ]
    note = words.say(
        "A record that breaks two rules stands under both. `regulars quarantine --export` gives the records to whoever "
        "mends the source."
    )
    table = Table(words.say("Records quarantined, by the rule they break"), headers, body, texts=3)
    return [Part(title=title, table=table, notes=[Sentence(note, "note")])]


def _describe_broken_rule(row: Row, words: Words) -> str:
    no_rule_of_a_contract = {
        "malformed": words.say(
            "The line is not a record: it has too many or too few fields, or a quote is not closed."
        ),
        "condition_is_null": words.say("A condition of the settings is neither true nor false for the record."),
        "unclaimed": words.say("No kind of its source takes the record."),
        "document": words.say(
            "Another record of the same document is bad, and a document is loaded whole or not at all."
        ),
    }
    return str(no_rule_of_a_contract.get(row["rule"]) or row["rule_description"] or row["rule"])


def _make_money_part(tie_out: Rows, words: Words) -> Part:
    """Whether every amount of the sources is found again."""
    title = words.say("Money")
    if not tie_out:
        return Part(title=title, sentences=[Sentence(words.say("There are no amounts to tie out."), "absent")])
    wrong = sum(row["wrong_months"] for row in tie_out)
    months = sum(row["months"] for row in tie_out)
    sentence = Sentence(
        words.say_count(
            "Not a penny is missing in {n} month of sources.",
            "Not a penny is missing in {n} months of sources.",
            months,
        ),
        "good",
    )
    if wrong:
        text = words.say_count("{n} month of sources does not tie out.", "{n} months of sources do not tie out.", wrong)
        sentence = Sentence(text, "warn")
    return Part(title=title, sentences=[sentence], table=_make_money_table(tie_out, words))


def _make_money_table(tie_out: Rows, words: Words) -> Table:
    headers = [
        words.say("source"),
        words.say("what"),
        words.say("delivered"),
        words.say("orders"),
        words.say("refunds"),
        words.say("adjustments"),
        words.say("payments"),
        words.say("subscriptions"),
        words.say("quarantined"),
        words.say("replaced"),
        words.say("difference"),
    ]
    body = [
        [
            str(row["source"]),
            f"{row['kind']} {row['currency'] or ''}".replace("_", " ").rstrip(),
            words.money(row["source_amount"], row["currency"]),
            words.money(row["orders_amount"], row["currency"]),
            words.money(row["refunds_amount"], row["currency"]),
            words.money(row["adjustments_amount"], row["currency"]),
            words.money(row["payments_amount"], row["currency"]),
            words.money(row["subscriptions_amount"], row["currency"]),
            words.money(row["quarantined_amount"], row["currency"]),
            words.money(row["superseded_amount"], row["currency"]),
            words.money(row["difference"], row["currency"]),
        ]
        for row in tie_out
    ]
    caption = words.say(
        "Delivered = orders − refunds + adjustments + payments + subscriptions + quarantined + replaced"
    )
    return Table(caption, headers, body, texts=2)


def _make_rules_part(checks: Rows, words: Words) -> Part:
    """How many rules of the contracts hold."""
    title = words.say("Rules")
    if not checks:
        return Part(title=title, sentences=[Sentence(words.say("No contract was checked."), "absent")])
    broken = [row for row in checks if not row["passed"]]
    rules = words.say_count("{n} rule", "{n} rules", len(checks) - len(broken))
    tables = words.say_count("{n} table", "{n} tables", len({row["table_name"] for row in checks}))
    if not broken:
        text = words.say("{rules} about {tables} hold.", rules=rules, tables=tables)
        return Part(title=title, sentences=[Sentence(text, "good")])
    text = words.say(
        "{rules} about {tables} hold, {warnings}.",
        rules=rules,
        tables=tables,
        warnings=words.say_count("{n} is broken with a warning", "{n} are broken with a warning", len(broken)),
    )
    headers = [words.say("table"), words.say("rule"), words.say("records that break it")]
    body = [
        [str(row["table_name"]), str(row["description"] or row["rule"]), words.count(row["failed_count"])]
        for row in broken[:CHECKS_SHOWN]
    ]
    more = len(broken) - CHECKS_SHOWN
    note = Sentence(words.say_count("{n} more in meta.checks.", "{n} more in meta.checks.", more), "note")
    return Part(
        title=title,
        sentences=[Sentence(text, "warn")],
        table=Table(words.say("Broken rules"), headers, body, texts=2),
        notes=[note] if more > 0 else [],
    )
