-- One row per payment; typed, otherwise unchanged.
select
    order_id,
    payment_id,
    method,
    status,
    cast(amount as decimal(18, 4)) as amount,
    currency,
    cast(paid_at as timestamp) as paid_at,
    _source,
    _system,
    _delivery,
    _file_sha256,
    _row,
    _row_id,
from raw.payments
