"""Files of orders that tests deliver, each made of its number of orders."""

HEAD = "id,day,total\n"


def orders(count: int, *, first: int = 1) -> str:
    """The text of a file of `count` orders whose ids are numbers from `first` on."""
    return HEAD + "".join(f"{number},2026-01-01,9.50\n" for number in range(first, first + count))
