-- One row per person, whether or not they ever bought anything.
with
    -- a person is deleted when every CRM record of theirs is
    crm as (
        select links.contact_id, bool_and(coalesce(customers.is_deleted, false)) as is_deleted
        from staging.customers as customers
        join identity.customer_links as links
            on links.link_type = 'customer_record'
            and links.system = customers._system
            and links.source_record_id = customers.customer_record_id
        group by links.contact_id
    ),

    -- a person of several accounts belongs to the one that was there first
    people as (
        select
            contact_id,
            arg_min({'id': customer_id, 'idx': customer_idx}, first_row_id)
                filter (customer_id is not null) as customer,
        from identity.records
        where contact_id is not null
        group by contact_id
    )

select
    people.contact_id,
    people.customer.id as customer_id,
    people.customer.idx as customer_idx,
    coalesce(crm.is_deleted, false) as is_deleted,
from people
left join crm on crm.contact_id = people.contact_id
