"""Doubts about surveys: answers before their invitation or in two sources, two surveys in a file, two scales.

Put here: those doubts. Keep out: answers that no score counts (`tables/answers.py`).
"""

from regulars.pipelines.audit.findings.doubts.doubt import Doubt

_BEFORE = """
    select invitations.source, count(*) filter (responses.answered_at < invitations.invited_at), count(*)
    from core.survey_invitations as invitations
    join core.survey_responses as responses using (system, response_id)
    group by invitations.source
    order by invitations.source
"""
_TWO_SURVEYS = """
    -- a column that no setting reads splits the answers, and those of one of its values never go beyond 5
    with
        answers as (
            select _source as source, try_cast(score as decimal(9, 4)) as score, _rest as rest
            from raw.survey_responses
            where survey_type = 'nps' and _rest is not null
            qualify row_number() over (partition by _source order by _row_id) <= 10000
        ),

        groups as (
            select
                answers.source,
                key,
                rest ->> ('$."' || replace(key, '"', '') || '"') as value,
                count(*) as answer_count,
                min(score) as least,
                max(score) as most,
            from answers, unnest(json_keys(rest)) as keys (key)
            group by all
        ),

        columns as (
            select
                source,
                key,
                sum(answer_count) filter (answer_count >= 20 and least >= 1 and most <= 5) as up_to_five,
                sum(answer_count) as answer_count,
            from groups
            group by all
            having count(*) between 2 and 20 and max(most) > 5
        )

    select source, max(up_to_five), max(answer_count)
    from columns
    where up_to_five > 0
    group by source
    order by source
"""
_TWO_SCALES = """
    select source, count(*) filter (scales > 1), count(*)
    from (
        select source, question_id, count(distinct (scale_min, scale_max)) as scales
        from core.survey_answers
        where score is not null
        group by all
    )
    group by source
    order by source
"""
_SAME_ANSWERS = """
    -- per pair of sources: answers of the same writer, type and score within a day
    with
        written as (
            select
                answers.source,
                answers.response_id,
                answers.survey_type,
                answers.score,
                answers.answered_date,
                coalesce(
                    'customer ' || nullif(answers.customer_idx, 0),
                    'address ' || lower(own.email),
                    'record ' || coalesce(own.customer_system, own._system) || ' ' || own.customer_record_id
                ) as writer,
            from core.survey_responses as answers
            join staging.survey_responses as own
                on own._system = answers.system and own.response_id = answers.response_id
        ),

        known as (from written where writer is not null),

        sizes as (select source, count(*) as answer_count from known group by source),

        pairs as (
            select
                first.source || ', ' || second.source as sources,
                count(distinct first.response_id) as firsts,
                count(distinct second.response_id) as seconds,
                any_value(least(size_1.answer_count, size_2.answer_count)) as answer_count,
            from known as first
            join known as second using (writer, survey_type, score)
            join sizes as size_1 on size_1.source = first.source
            join sizes as size_2 on size_2.source = second.source
            where first.source < second.source and abs(first.answered_date - second.answered_date) <= 1
            group by first.source, second.source
        )

    select sources, least(firsts, seconds), answer_count
    from pairs
    where least(firsts, seconds) >= 5
    order by sources
"""

SURVEY_DOUBTS = (
    Doubt(
        "answers_before_invitations",
        "survey_invitations",
        _BEFORE,
        "invitations that brought an answer are later than it",
        "See whether both moments are in the same zone (`timezone`), and whether `invited_at` is a reminder's.",
    ),
    Doubt(
        "nps_scores_up_to_five",
        "survey_responses",
        _TWO_SURVEYS,
        "nps answers are of a survey, by a column that no setting reads, whose scores all lie between 1 and 5",
        "Feed each survey by a source of its own with `include`, and say its `survey_type` and scale.",
    ),
    Doubt(
        "question_on_two_scales",
        "survey_answers",
        _TWO_SCALES,
        "questions are answered on several scales; a driver compares shares of a scale",
        "Give the question of each survey an id of its own if they were not the same.",
    ),
    Doubt(
        "same_answers_in_two_sources",
        "survey_responses",
        _SAME_ANSWERS,
        "answers of the smaller source are in the other one too, of the same writer, type and score within a day: they "
        "count twice",
        "Take the answers from one of the two, or leave them out of the other one with `exclude`.",
    ),
)
"""What is asked about surveys."""
