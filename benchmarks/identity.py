"""Who is who among 1.2 million records, beside finding the components of a graph as large: CPU seconds of each step.

    python benchmarks/identity.py --records 1200000

The company is drawn: a third as many persons as records, in three tools; three in four records carry an address, one
of two of the person's; some tell of merges. Half of the records carry a number, which links equal names; `--phones`
links more by it, `--no-phones` nothing. `--fuzzy` looks for likely pairs too.
"""

import argparse
import resource
import time

import numpy as np
import polars as pl

from regulars.pipelines.identity import people
from regulars.pipelines.identity.components import find_components
from regulars.pipelines.identity.fuzzy.links import FuzzyRules
from regulars.pipelines.identity.keys.emails import EmailRules
from regulars.pipelines.identity.people import Rules, find_people
from regulars.pipelines.identity.references import READS
from regulars.pipelines.kinds.shape.registry import KINDS


def draw_records(count: int) -> pl.DataFrame:
    """Staging rows of the kind `customers`."""
    random = np.random.default_rng(7)
    person = random.integers(0, count // 3, count)
    rows = pl.DataFrame({"person": person, "number": np.arange(count), "draw": random.random(count)})
    person_text, number = pl.col("person").cast(pl.String), pl.col("number").cast(pl.String)
    return rows.select(
        pl.format("tool_{}", pl.col("number") % 3).alias("_system"),
        number.alias("customer_record_id"),
        pl.when(pl.col("draw") < 0.75)
        .then(pl.format("person{}.{}@mail{}.example", person_text, pl.col("number") % 2, pl.col("person") % 50))
        .alias("email"),
        pl.when(pl.col("draw") < 0.05)
        .then(pl.format("person{}.0@mail{}.example", person_text, pl.col("person") % 50))
        .alias("other_emails"),
        pl.when(pl.col("number") % 2 == 0)
        .then(pl.format("+4915{}", (pl.col("person") + 100_000_000).cast(pl.String)))
        .alias("phone"),
        pl.format("Given{}", pl.col("person") % 500).alias("first_name"),
        pl.format("Family{}", pl.col("person") % 700).alias("last_name"),
        pl.when(pl.col("draw") > 0.99).then((pl.col("number") - 3).cast(pl.String)).alias("merged_record_ids"),
        pl.col("number").alias("_row_id"),
    )


def measure(step: str, work):
    """Run, and print the CPU seconds of all threads."""
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    made = work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{step:48} {cpu:8.1f} CPU s {time.perf_counter() - began:8.1f} s", flush=True)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_200_000)
    parser.add_argument("--phones", action="store_true")
    parser.add_argument("--no-phones", action="store_true")
    parser.add_argument("--fuzzy", action="store_true")
    arguments = parser.parse_args()
    rows = draw_records(arguments.records)
    columns = {column.name: pl.String for column in KINDS["customers"].columns} | {"_system": pl.String}
    rows = rows.with_columns(
        pl.lit(None, kind).alias(name) for name, kind in columns.items() if name not in rows.columns
    )
    staging = {"customers": rows.lazy()}
    for name in READS[1:]:
        schema = {column.name: pl.String for column in KINDS[name].columns} | {
            "_system": pl.String,
            "_row_id": pl.Int64,
        }
        staging[name] = pl.LazyFrame(schema=schema)
    rules = Rules(
        emails=EmailRules(domain_aliases={"googlemail.com": "gmail.com"}),
        match_phones=arguments.phones or (False if arguments.no_phones else "with_equal_names"),
        fuzzy=FuzzyRules() if arguments.fuzzy else None,
        max_records_per_customer=10_000,
    )
    graph = []

    def remember(count, edges):
        graph[:] = [count, edges]
        return measure("  of which the components", lambda: find_components(count, edges))

    people.find_components = remember
    first = measure("a first run", lambda: find_people(staging, None, company="A", generation=1, rules=rules))
    again = measure(
        "a run after it", lambda: find_people(staging, first.person_map, company="A", generation=2, rules=rules)
    )
    measure("the components alone", lambda: find_components(*graph))
    persons = again.records["contact_id"].n_unique()
    print(f"{len(rows):,} records, {len(again.evidence):,} links, {persons:,} persons, {len(again.events):,} events")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"most memory {peak:.2f} GB")


if __name__ == "__main__":
    main()
