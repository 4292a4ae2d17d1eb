-- One row per support ticket.
select
    tickets._system as system,
    tickets.ticket_id,
    tickets._source as source,
    links.contact_id,
    links.customer_id,
    links.customer_idx,
    tickets.order_id,
    tickets.opened_at,
    cast(timezone(company.timezone, timezone('UTC', tickets.opened_at)) as date) as opened_date,
    tickets.first_public_reply_at,
    tickets.solved_at,
    tickets.channel,
    tickets.is_complaint,
    tickets.reopened_count,
    tickets.owner,
    tickets.reason,
from staging.tickets as tickets
cross join raw.company as company
left join identity.customer_links as links
    on links.link_type = 'ticket'
    and links.system = tickets._system
    and links.source_record_id = tickets.ticket_id
