import numpy as np
import polars as pl
import pytest

from regulars.pipelines.transforms.add_columns import add_columns

CUSTOMERS = pl.DataFrame(
    {"customer_idx": [3, 1, None, 2], "name": ["c", "a", "?", "b"], "amount": [1.0, 2.0, 3.0, 4.0]}
)
ORDERS = pl.DataFrame({"customer_idx": [1, 2, 9], "orders": [10, 20, 90]})
TICKETS = pl.DataFrame({"customer_idx": [2, None], "tickets": [5, 7]})


def test_each_row_gets_what_its_key_finds_and_keeps_its_place() -> None:
    added = add_columns(CUSTOMERS, ORDERS, TICKETS, on="customer_idx")
    assert added["name"].to_list() == ["c", "a", "?", "b"]
    assert added["orders"].to_list() == [None, 10, None, 20]
    assert added["tickets"].to_list() == [None, None, None, 5]


def test_columns_that_are_there_are_not_copied() -> None:
    added = add_columns(CUSTOMERS, ORDERS, on="customer_idx")
    assert np.shares_memory(added["amount"].to_numpy(), CUSTOMERS["amount"].to_numpy())


def test_a_key_that_comes_twice_is_an_error_and_makes_no_row_twice() -> None:
    with pytest.raises(pl.exceptions.ShapeError):
        add_columns(CUSTOMERS, pl.concat([ORDERS, ORDERS]), on="customer_idx")


def test_a_column_that_is_there_is_an_error_and_is_not_renamed() -> None:
    with pytest.raises(pl.exceptions.DuplicateError):
        add_columns(CUSTOMERS, CUSTOMERS.select("customer_idx", "name").drop_nulls(), on="customer_idx")
