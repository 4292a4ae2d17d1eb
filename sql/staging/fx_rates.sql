-- One row per currency and day for which a rate was delivered; typed, otherwise unchanged.
select
    cast(rate_date as date) as rate_date,
    currency,
    cast(rate as decimal(18, 8)) as rate,
    _source,
    _system,
    _delivery,
    _file_sha256,
    _row,
    _row_id,
from raw.fx_rates
