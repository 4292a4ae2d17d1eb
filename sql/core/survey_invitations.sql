-- One row per invitation to a survey.
with
    -- orders of other tools than the survey's, where one tool alone has an order of this id
    orders_elsewhere as (
        select order_id, min(system) as system, min(channel) as channel, min(store_id) as store_id
        from core.orders
        semi join staging.survey_invitations as invitations on invitations.order_id = orders.order_id
        group by order_id
        having count(*) = 1
    )

select
    invitations._system as system,
    invitations.invitation_id,
    invitations._source as source,
    invitations.survey_type,
    invitations.invited_at,
    cast(timezone(company.timezone, timezone('UTC', invitations.invited_at)) as date) as invited_date,
    links.contact_id,
    links.customer_id,
    links.customer_idx,
    invitations.order_id,
    coalesce(of_same_tool.system, of_other_tool.system) as order_system,
    if(of_same_tool.system is null, of_other_tool.channel, of_same_tool.channel) as channel,
    if(of_same_tool.system is null, of_other_tool.store_id, of_same_tool.store_id) as store_id,
    invitations.response_id,
    invitations.touchpoint,
    invitations.language,
from staging.survey_invitations as invitations
cross join raw.company as company
left join identity.customer_links as links
    on links.link_type = 'invitation'
    and links.system = invitations._system
    and links.source_record_id = invitations.invitation_id
left join core.orders as of_same_tool
    on of_same_tool.system = invitations._system
    and of_same_tool.order_id = invitations.order_id
left join orders_elsewhere as of_other_tool on of_other_tool.order_id = invitations.order_id
