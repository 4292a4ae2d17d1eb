"""Support tickets, and the times of their replies.

Put here: what a row of `tickets` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import UPDATED_AT, make_customer_columns
from regulars.pipelines.kinds.shape.kind import Kind, KindColumn, Reference, RowRule

NO_REPLY_DUE_REASONS = {
    "opened_by_agent": "Support wrote first.",
    "merged": "It is part of another ticket, where the customer is answered.",
    "spam": "No customer wrote it.",
    "solved_by_customer": "The customer closed it before anybody answered (else it counts like any other).",
    "reply_not_exported": "The tool's export does not say when the customer was answered.",
}

KIND = Kind(
    name="tickets",
    purpose="What customers asked of support, and how long it took.",
    description=(
        "Support tickets as delivered, in our column names; all text. What was written in a ticket has no column here: "
        "it stays in the landing. A ticket without a customer is kept."
    ),
    grain="One row per ticket of a system.",
    staging_grain="One row per ticket.",
    columns=(
        KindColumn("ticket_id", "id", "The ticket's id in its system.", is_required=True),
        *make_customer_columns("The writer's"),
        KindColumn("order_id", "id", "The order it is about, same system; NULL when the tool does not say."),
        KindColumn("opened_at", "moment", "When it was opened, UTC.", is_required=True),
        KindColumn(
            "first_public_reply_at",
            "moment",
            "When support first answered so that the customer could read it, UTC. NULL: not yet.",
        ),
        KindColumn("solved_at", "moment", "When it was last solved, UTC. NULL: it is open."),
        KindColumn("channel", "text", "How it came in, such as mail, chat, telephone.", is_descriptive=True),
        KindColumn("is_complaint", "boolean", "Whether the customer complains. NULL: not known.", is_emptied=True),
        KindColumn(
            "reopened_count",
            "number",
            "How often it was opened again after it was solved. NULL: not known.",
            is_emptied=True,
            type="INTEGER",
            unit="times",
            minimum=0,
        ),
        KindColumn(
            "owner",
            "text",
            "Who looks after it: a team or a person. Published as a number, or by name where "
            "`worklists.show_owner_names` is true.",
            is_descriptive=True,
        ),
        KindColumn(
            "reason", "text", "What it is about, in the tool's words, such as delivery or billing.", is_descriptive=True
        ),
        KindColumn(
            "no_reply_due_reason",
            "lower",
            "Why nobody waits for a reply: such a ticket is in no number about replies. NULL: a reply is due.",
            is_emptied=True,
            values=NO_REPLY_DUE_REASONS,
        ),
        UPDATED_AT,
    ),
    document=("ticket_id",),
    record_id=("ticket_id",),
    delivery="incremental",
    example={"ticket_id": "t1", "opened_at": "2026-03-01 10:00:00"},
    rules=(
        RowRule(
            name="nothing_happens_before_it_is_opened",
            description="neither first_public_reply_at nor solved_at is before opened_at",
            dimension="consistency",
            predicate=(
                "least(try_cast(first_public_reply_at as timestamp), try_cast(solved_at as timestamp)) "
                ">= try_cast(opened_at as timestamp)"
            ),
        ),
    ),
    reference=Reference("ticket", makes_customer=False, order="order_id"),
)
