-- One row per record of another system that describes a customer or a person.
select
    system,
    source_record_id,
    record_type,
    customer_id,
    contact_id,
from identity.records
