"""Answers of customers to surveys.

Put here: what a row of `survey_responses` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import UPDATED_AT, make_customer_columns
from regulars.pipelines.kinds.shape.kind import DefaultBy, Kind, KindColumn, Reference, RowRule

KIND = Kind(
    name="survey_responses",
    purpose="Answers of customers to surveys.",
    description=(
        "Answers to one question each, as delivered, in our column names; all text. A question on another scale than 0 "
        "to 10 is never NPS: the mapping declares type and scale."
    ),
    grain="One row per answered question (response) of a system.",
    staging_grain="One row per answered survey.",
    columns=(
        KindColumn("response_id", "id", "The answer's id in its system.", is_required=True),
        KindColumn(
            "survey_type",
            "lower",
            "Which question it is.",
            is_required=True,
            values={
                "nps": "Would you recommend us? 0 to 10.",
                "csat": "How satisfied were you?",
                "ces": "How easy was it?",
            },
        ),
        KindColumn(
            "score",
            "number",
            "The answer on its own scale.",
            is_required=True,
            unit="points of the scale",
            type="DECIMAL(9,4)",
        ),
        KindColumn(
            "scale_min",
            "number",
            "The scale's lowest answer.",
            is_required=True,
            default=DefaultBy("survey_type", {"nps": "0"}),
            unit="points of the scale",
            type="DECIMAL(9,4)",
        ),
        KindColumn(
            "scale_max",
            "number",
            "The scale's highest answer.",
            is_required=True,
            default=DefaultBy("survey_type", {"nps": "10"}),
            unit="points of the scale",
            type="DECIMAL(9,4)",
        ),
        KindColumn("answered_at", "moment", "When it was answered, UTC.", is_required=True),
        *make_customer_columns("The respondent's"),
        KindColumn("order_id", "id", "The order the question was about, same system."),
        KindColumn(
            "touchpoint", "text", "What the question was about, such as delivery, support, store.", is_descriptive=True
        ),
        KindColumn("language", "text", "Language of the answer, such as en or pt-BR.", is_descriptive=True),
        KindColumn(
            "comment",
            "text",
            "What the customer wrote, verbatim. Never published.",
            is_descriptive=True,
            is_personal=True,
        ),
        UPDATED_AT,
    ),
    document=("response_id",),
    record_id=("response_id",),
    delivery="append",
    example={
        "response_id": "s1",
        "survey_type": "nps",
        "score": "9",
        "scale_min": "0",
        "scale_max": "10",
        "answered_at": "2026-03-09 10:00:00",
    },
    rules=(
        RowRule(
            name="score_is_on_its_scale",
            description="score lies between scale_min and scale_max",
            dimension="accuracy",
            predicate=(
                "try_cast(score as decimal(9,4)) between try_cast(scale_min as decimal(9,4)) and try_cast(scale_max as "
                "decimal(9,4))"
            ),
        ),
        RowRule(
            name="scale_has_a_length",
            description="scale_min is less than scale_max",
            dimension="accuracy",
            predicate="try_cast(scale_min as decimal(9,4)) < try_cast(scale_max as decimal(9,4))",
        ),
    ),
    reference=Reference("response", makes_customer=False, order="order_id"),
    is_kept_in_state=True,
)
