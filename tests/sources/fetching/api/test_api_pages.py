"""All pages of an API come, each record once and with all its digits, whatever happens between two pages."""

import json

import pytest

from tests.sources.fetching.api.api_server import Reply
from tests.sources.fetching.api.conftest import order

ORDERS = [order(number, f"{number}.50") for number in range(1, 8)]
BIG = "12345678901234567.8900"
"""More digits than a float has, and zeros at the end."""


def slice_page(seen, size=3):
    page = int(seen.params["page"][0])
    return ORDERS[(page - 1) * size : page * size]


def by_page(seen):
    return slice_page(seen)


def by_offset(seen):
    start, limit = int(seen.params["offset"][0]), int(seen.params["limit"][0])
    return {"data": ORDERS[start : start + limit], "total": len(ORDERS)}


def by_link(seen):
    page = int(seen.params.get("p", ["1"])[0])
    rest = {"next": f"/orders?p={page + 1}"} if page < 3 else {"next": None}
    return {"data": ORDERS[(page - 1) * 3 : page * 3], "links": rest}


def by_header(seen):
    page = int(seen.params.get("p", ["1"])[0])
    link = {"Link": f'<http://{seen.headers["host"]}/orders?p={page + 1}>; rel="next"'} if page < 3 else {}
    return Reply(ORDERS[(page - 1) * 3 : page * 3], headers=link)


def by_mark(seen):
    after = int(seen.params.get("after", ["0"])[0])
    return {"data": ORDERS[after : after + 3], "paging": {"next": {"after": after + 3}} if after + 3 < 7 else {}}


def by_last_id(seen):
    after = int(seen.params.get("starting_after", ["0"])[0])
    return {"data": ORDERS[after : after + 3], "has_more": after + 3 < 7}


@pytest.mark.parametrize(
    ("answer", "way", "request_count"),
    [
        (by_page, {"paginator": {"type": "page_number"}}, 4),
        (by_offset, {"data_selector": "data", "paginator": {"type": "offset", "limit": 3, "total_path": "total"}}, 4),
        (by_link, {"data_selector": "data", "paginator": {"type": "json_link", "next_url_path": "links.next"}}, 3),
        (by_header, {"paginator": {"type": "header_link"}}, 3),
        (
            by_mark,
            {
                "data_selector": "data",
                "paginator": {"type": "cursor", "cursor_path": "paging.next.after", "cursor_param": "after"},
            },
            3,
        ),
        (
            by_last_id,
            {
                "data_selector": "data",
                "paginator": {
                    "type": "cursor",
                    "cursor_path": "data[-1].id",
                    "cursor_param": "starting_after",
                    "has_more_path": "has_more",
                },
            },
            3,
        ),
    ],
)
def test_every_way_of_paging_brings_every_record_once(api, api_shop, answer, way, request_count):
    api.answer = answer
    api_shop.set_way(**way)
    expected = [(str(number), f"{number}.50") for number in range(1, 8)]
    assert api_shop.rows("order_id, gross_sales::varchar") == expected
    assert len(api.requests) == request_count


def test_what_comes_is_a_delivery_that_is_hashed_and_the_inbox_is_empty_afterwards(api, api_shop):
    api.answer = lambda seen: ORDERS
    [delivery] = api_shop.land()["shop"].deliveries
    assert (delivery.path, delivery.record_count) == ("inbox/shop/shop.jsonl", 7)
    assert not (api_shop.home / "inbox").exists()


def test_the_same_records_in_another_order_and_in_other_pages_are_no_new_delivery(api, api_shop):
    api.answer = lambda seen: ORDERS
    assert api_shop.land()["shop"].landed == [1]
    api.answer = lambda seen: list(reversed(slice_page(seen, size=2)))
    api_shop.set_way(paginator={"type": "page_number"})
    assert api_shop.land()["shop"].landed == []


def test_numbers_keep_every_digit_and_objects_within_become_columns(api, api_shop):
    api.answer = lambda seen: Reply(f'[{{"id": 1, "day": "2026-01-01", "money": {{"total": {BIG}}}}}]')
    api_shop.sources["shop"]["columns"] = {"order_id": "id", "ordered_at": "day", "status": "money.total"}
    assert api_shop.rows("order_id, status") == [("1", BIG)]


def test_a_record_that_moves_to_the_next_page_while_they_are_read_counts_once_in_its_last_version(api, api_shop):
    def answer(seen):  # a new order 0 comes between the first and the second page
        page = int(seen.params["page"][0])
        return {1: ORDERS[:3], 2: [order(3, "3.99"), *ORDERS[3:6]], 3: ORDERS[6:]}.get(page, [])

    api.answer = answer
    api_shop.set_way(paginator={"type": "page_number"})
    rows = api_shop.rows("order_id, gross_sales::varchar")
    assert [number for number, _ in rows] == [str(number) for number in range(1, 8)]
    assert rows[2] == ("3", "3.99")


def test_a_record_that_slips_through_between_two_pages_is_read_at_another_attempt(api, api_shop):
    readings = []

    def answer(seen):  # order 2 is deleted behind the first page at the first reading: order 4 moves to page one
        page = int(seen.params["page"][0])
        readings.extend([page] * (page == 1))
        orders = [each for each in ORDERS if len(readings) > 1 or page == 1 or each["id"] != 2]
        return Reply(orders[(page - 1) * 3 : page * 3], headers={"X-Total": "7"})

    api.answer = answer
    api_shop.set_way(paginator={"type": "page_number", "total_header": "X-Total"})
    assert len(api_shop.rows("order_id")) == 7
    assert len(readings) == 2


@pytest.mark.slow
def test_a_reading_that_is_short_at_every_attempt_is_refused(api, api_shop):
    api.answer = lambda seen: Reply(slice_page(seen), headers={"X-Total": "9"})
    api_shop.set_way(paginator={"type": "page_number", "total_header": "X-Total"})
    assert "7 of 9 records came, at each of 3 attempts" in api_shop.refusal().sentence


@pytest.mark.slow
def test_records_without_a_key_are_all_kept_even_equal_ones(api, api_shop):
    api.answer = lambda seen: [order(1), order(1), order(2)]
    api_shop.set_way(primary_key=[])
    assert api_shop.land()["shop"].deliveries[0].record_count == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "way", "sentence"),
    [
        (
            lambda seen: {"data": [], "next": f"/orders?x={1 - int(seen.params.get('x', ['0'])[0])}"},
            {"data_selector": "data", "paginator": {"type": "json_link"}},
            "pages lead in a circle",
        ),
        (lambda seen: ORDERS, {"paginator": {"type": "page_number"}}, "same page comes again and again"),
        (lambda seen: {"orders": ORDERS}, {}, "is not an array (it has `orders`); set `data_selector`"),
        (lambda seen: {"orders": ORDERS}, {"data_selector": "data"}, "no records at `data` (it has `orders`)"),
        (lambda seen: [1, 2], {}, "something else than objects"),
        (lambda seen: ORDERS, {"primary_key": "number"}, "a record has no `number`; correct `primary_key`"),
        (lambda seen: [], {}, "no record came"),
    ],
)
def test_answers_that_do_not_fit_the_settings_are_a_sentence(api, api_shop, answer, way, sentence):
    api.answer = answer
    api_shop.set_way(**way)
    assert sentence in api_shop.refusal().sentence
    assert not (api_shop.home / "inbox").exists()


@pytest.mark.slow
def test_a_circle_of_different_pages_ends(api, api_shop):
    def answer(seen):
        mark = int(seen.params.get("cursor", ["0"])[0])
        return {"data": [order(100 + mark)], "mark": (mark + 1) % 5}

    api.answer = answer
    api_shop.set_way(data_selector="data", paginator={"type": "cursor", "cursor_path": "mark"})
    assert "same page comes again" in api_shop.refusal().sentence
    assert len(api.requests) == 6


@pytest.mark.slow
def test_parameters_and_headers_are_sent_as_the_settings_say(api, api_shop):
    api.answer = lambda seen: ORDERS
    api_shop.set_way(
        params={"status": "any", "test": False, "expand[]": ["a", "b"], "n": 5}, headers={"X-Version": "9"}
    )
    api_shop.land()
    [seen] = api.requests
    assert seen.params == {"status": ["any"], "test": ["false"], "expand[]": ["a", "b"], "n": ["5"]}
    assert (seen.headers["x-version"], seen.headers["accept"]) == ("9", "application/json")


@pytest.mark.slow
def test_each_line_of_the_delivery_is_one_record(api, api_shop):
    api.answer = lambda seen: [{**order(1), "note": "two\nlines and \u2028"}, order(2)]
    api_shop.land()
    [original] = (api_shop.home / "landing").glob("*.orig")
    lines = original.read_bytes().split(b"\n")
    assert [json.loads(line)["id"] for line in lines if line] == [1, 2]
