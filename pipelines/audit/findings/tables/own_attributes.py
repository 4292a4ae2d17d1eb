"""Measures the company's own attributes of customers: personal data among them, and values of another type.

Put here: attributes as delivered. Keep out: columns of ours (`texts.py`), and how attributes are read (`mapping/`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

_PERSONAL_NAMES = (
    "(^|_)(e?_?mail|phone|mobile|telephone|fax|first_name|last_name|full_name|surname|birth|birthday|street)"
)
_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_PHONE = r"(\+|00|0)[0-9][0-9 ()/.-]{6,}"

_PER_ATTRIBUTE = f"""
    with
        delivered as (
            select crm._source as source, own.key as name, own.value ->> '$' as value
            from staging.customers as crm, json_each(crm.attributes) as own
            where crm.attributes is not null
        )

    select
        source,
        name,
        count(*) as value_count,
        count(*) filter (regexp_full_match(value, '{_EMAIL}') or regexp_full_match(value, '{_PHONE}')),
        regexp_matches(name, '{_PERSONAL_NAMES}'),
    from delivered
    group by source, name
    order by source, name
"""


def find_odd_attributes(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Per source and attribute: how many values look like contact details, or are not of the attribute's type.

    Args:
        con: The build, with `staging.customers` and `core.customers`.
    """
    counts = con.execute(_PER_ATTRIBUTE).fetchall()
    if not counts:
        return
    types = {name: kind for name, kind, *_ in con.execute("describe core.customers").fetchall()}
    for source, name, count, personal, is_named_so in counts:
        if is_named_so or personal * 10 > count:
            seen = count if is_named_so else personal
            yield make_finding(
                "personal_attribute",
                f"The attribute `{name}` of `{source}` seems to be personal: by its name, or since {personal:,} of "
                f"{count:,} values look like addresses or telephone numbers. It is published.",
                "Map another column, or an expression that gives a group; contact details belong into `columns`, which "
                "are not published.",
                source=source,
                kind="customers",
                count=seen,
                share=seen / count,
            )
        unread = _count_unread(con, source, name, types.get(name, "VARCHAR"))
        if unread:
            yield make_finding(
                "attribute_values_unread",
                f"{unread:,} of {count:,} values of the attribute `{name}` of `{source}` are no "
                f"{types[name].lower()}; they are empty in core.customers.",
                "Say how they are written, in `options`, or give the attribute `type: text`.",
                source=source,
                kind="customers",
                count=unread,
                share=unread / count,
            )


def _count_unread(con: duckdb.DuckDBPyConnection, source: str, name: str, type_name: str) -> int:
    if type_name == "VARCHAR":
        return 0
    found = con.execute(
        f"""
        select count(*)
        from (
            select json_extract_string(attributes, '$.' || $name) as value
            from staging.customers
            where _source = $source
        )
        where value is not null and try_cast(value as {type_name}) is null
        """,
        {"name": name, "source": source},
    ).fetchall()
    return int(found[0][0])
