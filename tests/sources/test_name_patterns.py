"""Names that lie elsewhere fit a glob exactly where Python's `glob` finds them in a folder."""

import glob
from itertools import product

import pytest

from regulars.pipelines.sources.names.name_patterns import find_fixed_folder, fits_pattern

FILES = [
    *("orders.csv", "orders-1.csv", ".hidden.csv", "a/orders.csv", "a/.x/orders.csv", "a/b/orders.csv"),
    *("a/b/c/orders-2.csv", ".x/orders.csv", "A/orders.csv", "a/Orders.csv"),
]
PATTERNS = [
    *("orders.csv", "*.csv", "orders-?.csv", "a/*", "*/orders.csv", "**/orders.csv", "**", "a/**", "a/**/*.csv"),
    *(".*", "[ab]/*.csv", "**/b/*", "**/**", ".x/*", "a/*/*.csv", "nothing"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    top = tmp_path_factory.mktemp("names")
    for name in FILES:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).touch()
    return top


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_same_files_fit_as_in_a_folder(folder, pattern):
    found = glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207
    expected = {each for each in found if (folder / each).is_file()}
    assert {name for name in FILES if fits_pattern(name, pattern)} == expected


def test_everything_that_fits_lies_below_the_fixed_folder():
    for name, pattern in product(FILES, PATTERNS):
        if fits_pattern(name, pattern):
            assert name.startswith(find_fixed_folder(pattern))
    assert find_fixed_folder("a/b/*.csv") == "a/b"
    assert find_fixed_folder("a/*/c.csv") == "a"


def test_a_name_with_brackets_is_a_name_before_it_is_a_pattern():
    assert fits_pattern("orders [1].csv", "orders [1].csv")
