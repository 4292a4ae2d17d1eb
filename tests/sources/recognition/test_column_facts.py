"""What the values of a column are like."""

import duckdb

from regulars.pipelines.sources.recognition.column_facts import collect_column_facts


def test_the_shape_of_a_column_is_that_of_most_of_its_records():
    values = ["7.2E+12", "7.2E+12", "S1", "S2", "S3", " ", None]
    with duckdb.connect() as con:
        con.execute("create table delivered as select unnest($1)::varchar as id, null::varchar as note", [values])
        found, empty = collect_column_facts(con, "delivered", ["id", "note"])
    assert (found.shape, found.filled, found.distinct) == ("A9", 5, 4)
    assert (empty.shape, empty.filled) == ("", 0)
