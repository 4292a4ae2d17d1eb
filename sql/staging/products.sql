-- One row per product; typed, otherwise unchanged.
select
    product_id,
    product_name,
    category,
    cast(cost as decimal(18, 4)) as cost,
    _source,
    _system,
    _delivery,
    _file_sha256,
    _row,
    _row_id,
from raw.products
