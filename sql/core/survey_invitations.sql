-- One row per invitation to a survey.
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
    invitations.response_id,
    invitations.touchpoint,
    invitations.language,
from staging.survey_invitations as invitations
cross join raw.company as company
left join identity.customer_links as links
    on links.link_type = 'invitation'
    and links.system = invitations._system
    and links.source_record_id = invitations.invitation_id
