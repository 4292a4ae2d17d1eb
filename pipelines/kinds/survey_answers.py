"""The answer to each question of a survey, beside the one that survey_responses hold.

Put here: what a row of `survey_answers` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import UPDATED_AT
from regulars.pipelines.kinds.shape.kind import Kind, KindColumn, RowRule

KIND = Kind(
    name="survey_answers",
    purpose="What was answered to each question of a survey, beside the one that survey_responses hold.",
    description=(
        "Answers to single questions as delivered, in our column names; all text. Who answered and when is in the "
        "response of the same system. A score stays on its own scale; what was written is never published."
    ),
    grain="One row per response and question of a system.",
    staging_grain="One row per response and question.",
    columns=(
        KindColumn("response_id", "id", "The response it belongs to, as in survey_responses.", is_required=True),
        KindColumn("question_id", "id", "The question's id, or its short name.", is_required=True),
        KindColumn("question", "text", "The question's wording. Published.", is_descriptive=True),
        KindColumn(
            "score",
            "number",
            "The answer on its own scale. NULL: it has no score, such as a written answer.",
            unit="points of the scale",
            type="DECIMAL(9,4)",
        ),
        KindColumn(
            "scale_min", "number", "The scale's lowest answer.", unit="points of the scale", type="DECIMAL(9,4)"
        ),
        KindColumn(
            "scale_max", "number", "The scale's highest answer.", unit="points of the scale", type="DECIMAL(9,4)"
        ),
        KindColumn("answer_text", "text", "What was written or chosen.", is_descriptive=True, is_personal=True),
        UPDATED_AT,
    ),
    is_part_of="survey_responses",
    document=("response_id", "question_id"),
    record_id=("response_id", "question_id"),
    delivery="append",
    example={"response_id": "s1", "question_id": "speed", "score": "4", "scale_min": "1", "scale_max": "5"},
    rules=(
        RowRule(
            name="score_has_a_scale",
            description="scale_min and scale_max are given where there is a score",
            dimension="completeness",
            predicate="score is null or (scale_min is not null and scale_max is not null)",
        ),
        RowRule(
            name="score_is_on_its_scale",
            description="score lies between scale_min and scale_max",
            dimension="accuracy",
            predicate=(
                "try_cast(score as decimal(9,4)) between try_cast(scale_min as decimal(9,4)) "
                "and try_cast(scale_max as decimal(9,4))"
            ),
        ),
    ),
    is_kept_in_state=True,
)
