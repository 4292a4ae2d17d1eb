-- One row per response and question of a survey.
select
    _system as system,
    response_id,
    question_id,
    _source as source,
    question,
    score,
    scale_min,
    scale_max,
    answer_text is not null as has_text,
from staging.survey_answers
