"""Makes few of many values: the most frequent ones keep their names, all others are `other`.

Put here: how many keep their names, and which. Keep out: what is counted per value.
"""

import polars as pl

from regulars.pipelines.definitions.enumerations import OTHER, UNKNOWN, VALUES_OF_NONE

NAMED_VALUES = 20
"""How many values of a dimension keep their names: the most frequent ones."""


def group_rare_values(values: pl.Series, counts: pl.Series | None = None) -> pl.Series:
    """Keep the names of the `NAMED_VALUES` most frequent values, of equally frequent ones the first by name.

    All others become `other`, as does a value that is called so already; those without a value become `unknown` or,
    without an owner, `unassigned`.

    Args:
        values: Text; its name is that of the dimension.
        counts: How many each value stands for; None: one each.

    Returns:
        The values in the same order, as an Enum, sorted.
    """
    name = values.name
    none = VALUES_OF_NONE.get(name, UNKNOWN)
    rows = values.replace(none, None).to_frame().with_columns(count=pl.lit(1) if counts is None else counts)
    sizes = rows.drop_nulls(name).group_by(name).agg(pl.col("count").sum())
    named = sizes.sort("count", name, descending=[True, False])[name].head(NAMED_VALUES)
    few = pl.when(pl.col(name).is_null()).then(pl.lit(none)).when(pl.col(name).is_in(named.implode())).then(name)
    kinds = pl.Enum(sorted({*named, OTHER, none}))
    return rows.select(few.otherwise(pl.lit(OTHER)).cast(kinds).alias(name)).to_series()
