"""Invitations to surveys, answered or not.

Put here: what a row of `survey_invitations` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import UPDATED_AT, make_customer_columns
from regulars.pipelines.kinds.shape.kind import Kind, KindColumn, Reference

KIND = Kind(
    name="survey_invitations",
    purpose="Invitations to surveys, answered or not.",
    description=(
        "Invitations to surveys as delivered, in our column names; all text. They make a response rate possible; "
        "an invitation creates no customer."
    ),
    grain="One row per invitation of a system.",
    staging_grain="One row per invitation.",
    columns=(
        KindColumn("invitation_id", "id", "The invitation's id in its system.", is_required=True),
        KindColumn(
            "survey_type",
            "lower",
            "Which question was asked, as in survey_responses.",
            is_required=True,
            values={
                "nps": "Would you recommend us?",
                "csat": "How satisfied were you?",
                "ces": "How easy was it?",
            },
        ),
        KindColumn("invited_at", "moment", "When it was sent, UTC.", is_required=True),
        *make_customer_columns("The invited person's"),
        KindColumn("order_id", "id", "The order the question was about, same system."),
        KindColumn(
            "response_id", "id", "The answer that it brought, same system. NULL: none, or the survey is anonymous."
        ),
        KindColumn(
            "touchpoint",
            "text",
            "What the question was about, such as delivery, support, store.",
            is_descriptive=True,
        ),
        KindColumn("language", "text", "Language of the invitation, such as en or pt-BR.", is_descriptive=True),
        UPDATED_AT,
    ),
    document=("invitation_id",),
    record_id=("invitation_id",),
    delivery="append",
    example={"invitation_id": "i1", "survey_type": "nps", "invited_at": "2026-03-08 10:00:00"},
    reference=Reference("invitation", makes_customer=False, order="order_id"),
)
