"""Numbers values from 0, since numbers are compared, sorted and looked up many times faster than texts.

Put here: numbering for all tables of identity. Keep out: what the numbers stand for.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

Codes = npt.NDArray[np.int64]


def number_rows(rows: pl.DataFrame) -> tuple[pl.DataFrame, Codes]:
    """The distinct rows in order of first occurrence, and for each row the number of its distinct row."""
    # sorting 64 bits of each row is the fastest way, and looking at the rows proves that no two share them
    _, codes = np.unique(rows.hash_rows().to_numpy(), return_inverse=True)
    distinct, codes = _number_by_first(rows, codes)
    if all(distinct[name].gather(codes).eq_missing(rows[name]).all() for name in rows.columns):
        return distinct, codes
    place = rows.with_row_index("_place").select(pl.col("_place").min().over(rows.columns))
    return _number_by_first(rows, place.to_series().to_numpy().astype(np.int64))


def _number_by_first(rows: pl.DataFrame, codes: Codes) -> tuple[pl.DataFrame, Codes]:
    """The first row of each code, in order, and for each row the number of its code's first row."""
    first = np.full(int(codes.max(initial=-1)) + 1, len(rows))
    np.minimum.at(first, codes, np.arange(len(rows)))
    is_first = np.zeros(len(rows), np.bool_)
    is_first[first[first < len(rows)]] = True
    return rows.filter(pl.Series(is_first)), (np.cumsum(is_first) - 1)[first[codes]]


def is_repeated(codes: Codes) -> pl.Series:
    """Whether each number occurs more than once."""
    return pl.Series(np.bincount(codes, minlength=1)[codes] > 1)


def find_least_by_code(values: pl.Series, codes: Codes, count: int) -> pl.Series:
    """Find the least value of each number below `count`; the highest integer for a number that does not occur."""
    least = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(least, codes, values.to_numpy())
    return pl.Series(values.name, least)


def mark_codes(codes: Codes, count: int) -> npt.NDArray[np.bool_]:
    """For each number below `count` whether it occurs."""
    occurs = np.zeros(count, np.bool_)
    occurs[codes] = True
    return occurs


def look_up(known: pl.DataFrame, key: str, wanted: pl.Series) -> pl.DataFrame:
    """The row of `known` with each wanted number in its column `key`, where it is unique; NULL where there is none."""
    numbers = known[key].to_numpy()
    asked = wanted.fill_null(-1).to_numpy()
    place = np.full(max(int(numbers.max(initial=-1)), int(asked.max(initial=-1))) + 2, -1)  # the last one is of no key
    place[numbers] = np.arange(len(known))
    found = place[asked]
    return known.select(pl.all().gather(pl.Series(found).replace(-1, None)))


def sort_places(texts: pl.Series) -> Codes:
    """The places of texts in the order that sorts them: by their first eight bytes as a number, then as texts."""
    padded = texts.str.pad_end(8, "\0").cast(pl.Binary)
    first = padded.bin.slice(0, 8).bin.reinterpret(dtype=pl.UInt64, endianness="big")
    return sort_numbers_and_texts([first.to_numpy()], texts)


def sort_numbers_and_texts(numbers: Sequence[npt.NDArray[np.integer]], texts: pl.Series) -> Codes:
    """The places in the order that sorts by columns of numbers, and where all of those are equal by a text."""
    places = np.lexsort(numbers[::-1])
    is_equal = np.logical_and.reduce([np.diff(each[places]) == 0 for each in numbers])
    tied = np.flatnonzero(np.append(is_equal, False) | np.append(False, is_equal))
    if len(tied):
        group = np.cumsum(~np.append(False, is_equal)[tied])
        rest = pl.DataFrame({"group": group, "place": places[tied]})
        rest = rest.with_columns(text=texts.gather(rest["place"]))
        places[tied] = rest.sort("group", "text", "place")["place"].to_numpy()
    return places
