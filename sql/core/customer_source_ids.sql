-- One row per record of another system that describes a customer or a person.
with
    linked as (
        select record_key, matched_by
        from identity.links
        where cut_by is null
        union
        select other_record_key, matched_by
        from identity.links
        where cut_by is null
    ),

    reasons as (
        select record_key, string_agg(matched_by, ', ' order by matched_by) as linked_by
        from linked
        group by record_key
    )

select
    records.system,
    records.source_record_id,
    records.record_type,
    records.customer_id,
    records.contact_id,
    reasons.linked_by,
from identity.records as records
left join reasons on reasons.record_key = records.record_key
