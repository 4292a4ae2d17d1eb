-- One row per refund of the systems that export refunds; typed, otherwise unchanged.
select
    refund_id,
    order_id,
    customer_record_id,
    customer_system,
    email,
    cast(refunded_at as timestamp) as refunded_at,
    currency,
    cast(amount as decimal(18, 4)) as amount,
    _source,
    _system,
    _delivery,
    _file_sha256,
    _row,
    _row_id,
from raw.refunds
