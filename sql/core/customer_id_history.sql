-- One row per customer id that is no longer in use.
select
    former_customer_id,
    customer_id,
    ended_in_generation,
    record_share,
from identity.former_customer_ids
