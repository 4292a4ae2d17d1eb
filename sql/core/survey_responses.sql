-- One row per answered survey question that has a score.
with
    -- orders of other tools than the survey's, where one tool alone has an order of this id
    orders_elsewhere as (
        select order_id, min(system) as system, min(channel) as channel, min(store_id) as store_id
        from core.orders
        semi join staging.survey_responses as responses on responses.order_id = orders.order_id
        group by order_id
        having count(*) = 1
    )

select
    responses._system as system,
    responses.response_id,
    responses._source as source,
    responses.survey_type,
    responses.score,
    responses.scale_min,
    responses.scale_max,
    -- only whole points of a 0 to 10 scale make an NPS; every other scale is a score of its own
    case
        when responses.survey_type <> 'nps' or responses.scale_min <> 0 or responses.scale_max <> 10 then null
        when responses.score <> floor(responses.score) or responses.score not between 0 and 10 then null
        when responses.score >= 9 then 'promoter'
        when responses.score >= 7 then 'passive'
        else 'detractor'
    end as nps_group,
    case
        when responses.survey_type <> 'nps' then null
        when responses.scale_min <> 0 or responses.scale_max <> 10 then 'other_scale'
        when responses.score <> floor(responses.score) then 'fraction'
    end as nps_left_out_reason,
    responses.answered_at,
    cast(timezone(company.timezone, timezone('UTC', responses.answered_at)) as date) as answered_date,
    links.contact_id,
    links.customer_id,
    links.customer_idx,
    responses.order_id,
    coalesce(of_same_tool.system, of_other_tool.system) as order_system,
    if(of_same_tool.system is null, of_other_tool.channel, of_same_tool.channel) as channel,
    if(of_same_tool.system is null, of_other_tool.store_id, of_same_tool.store_id) as store_id,
    responses.touchpoint,
    responses.language,
    responses.comment is not null as has_comment,
from staging.survey_responses as responses
cross join raw.company as company
left join identity.customer_links as links
    on links.link_type = 'response'
    and links.system = responses._system
    and links.source_record_id = responses.response_id
left join core.orders as of_same_tool
    on of_same_tool.system = responses._system
    and of_same_tool.order_id = responses.order_id
left join orders_elsewhere as of_other_tool on of_other_tool.order_id = responses.order_id
