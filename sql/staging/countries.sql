-- One row per country as some export writes it, with its code of ISO 3166-1; NULL where it is none that is known.
with
    delivered as (
        select country from staging.customers
        union
        select country from staging.orders
        union
        select country from staging.order_lines
        union
        select country from staging.stores
    ),

    -- `Cote d'Ivoire`, `CÔTE D’IVOIRE` and `cote d ivoire` are one name; of two countries the one that English means
    names as (
        select
            regexp_replace(lower(strip_accents(name)), '[^\pL\pN]+', '', 'g') as key,
            arg_min(country, is_translated) as country,
            arg_min(country_name, is_translated) as country_name,
        from raw.country_names
        group by key
        having count(distinct country) = 1 or count(distinct country) filter (not is_translated) = 1
    )

select
    delivered.country as delivered,
    names.country,
    names.country_name,
from delivered
left join names
    on names.key = regexp_replace(lower(strip_accents(delivered.country)), '[^\pL\pN]+', '', 'g')
where delivered.country is not null
