"""Finds the deliveries whose malformed lines a corrected file has replaced.

Put here: which deliveries are healed. Keep out: what counts as a malformed line (`pipelines/sources`).

A malformed line has no id by which a later version could replace it. A later file at the same path replaces it when
that file is the corrected one and not simply the next: when it holds more than half of the documents of the earlier
file, or when the earlier file held none. Without that a tool that writes every night to one path would lose bad lines
unseen, and a file once garbled would stop every run after it.
"""

from collections.abc import Sequence

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.quarantine.documents import write_document
from regulars.pipelines.contracts.quarantine.file_counts import exists_landed
from regulars.pipelines.warehouse.sql_text import quote_literal


def list_healed_deliveries(con: duckdb.DuckDBPyConnection, contracts: Sequence[Contract]) -> None:
    """Make `quarantine.healed`: `delivery` of those whose malformed lines a corrected file has replaced.

    Args:
        con: The build, with `landed.malformed` and `landed.files` where lines were not records.
        contracts: Of the kinds that are delivered.
    """
    con.execute("create table quarantine.healed (delivery integer)")
    if not (exists_landed(con, "malformed") and exists_landed(con, "files")):
        return
    con.execute(_PAIRS)
    if not con.execute("select 1 from file_pairs limit 1").fetchall():
        return
    documents = " union ".join(
        f"""
        select _delivery as delivery, {quote_literal(contract.name)} as kind, _system as system,
            {write_document(contract)} as document
        from landed.{contract.name}
        where _delivery in (select earlier from file_pairs union select later from file_pairs)
        """
        for contract in contracts
    )
    con.execute(_HEALED.format(documents=documents))


_PAIRS = """
    create or replace temp table file_pairs as
    select distinct earlier.delivery as earlier, later.delivery as later
    from landed.files as earlier
    join landed.files as later
        on later.source = earlier.source and later.path = earlier.path and later.delivery > earlier.delivery
    where earlier.delivery in (select delivery from landed.malformed)
"""
_HEALED = """
    insert into quarantine.healed
    with
        documents as ({documents}),

        compared as (
            select
                file_pairs.earlier,
                file_pairs.later,
                count(there.document) as document_count,
                count(again.document) as again_count,
            from file_pairs
            left join documents as there on there.delivery = file_pairs.earlier
            left join documents as again
                on again.delivery = file_pairs.later
                and again.kind = there.kind
                and again.system = there.system
                and again.document = there.document
            group by all
        )

    select distinct earlier
    from compared
    where document_count = 0 or again_count * 2 > document_count
"""
