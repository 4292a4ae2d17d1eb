"""Addresses of a till, an office or a marketplace name nobody, however they are shared."""

from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.identity.people import Rules
from tests.builders import people_of
from tests.identity.test_people import linked, together

TILL = "till@example.com"


def orders_of(email: str, days: list[str], first: int = 0) -> list[dict[str, str]]:
    return [{"order_id": str(first + n), "email": email, "ordered_at": day} for n, day in enumerate(days)]


def test_an_address_on_too_many_orders_names_nobody_and_is_counted_not_named():
    days = [f"2026-01-{day:02} 09:00:00" for day in range(1, 6)]
    orders = [*orders_of("Till@example.com", days), *orders_of("ada@example.com", days[:4], first=10)]
    people = people_of(orders=orders, rules=Rules(max_orders_per_email=4))
    assert together(people) == [{f"order/shop/{n}" for n in range(10, 14)}]
    assert linked(people, "order", "0") is None
    assert people.shared_keys.to_dicts() == [
        {"key_type": "email", "system": "shop", "shared_by": "orders", "key_count": 1, "shared_count": 5}
    ]
    assert len(together(people_of(orders=orders, rules=Rules(max_orders_per_email=5)))) == 2


def test_an_address_on_too_many_orders_of_one_day_names_nobody():
    busy = orders_of(TILL, ["2026-01-05 09:00:00"] * 3 + ["2026-01-06 09:00:00"])
    assert together(people_of(orders=busy, rules=Rules(max_orders_per_email_and_day=2))) == []
    assert len(together(people_of(orders=busy, rules=Rules(max_orders_per_email_and_day=3)))) == 1


def test_orders_that_only_lines_tell_of_count_once_each():
    lines = [{"order_id": str(n // 2), "email": TILL, "ordered_at": "2026-01-05 09:00:00"} for n in range(6)]
    assert len(together(people_of(order_lines=lines, rules=Rules(max_orders_per_email_and_day=3)))) == 1
    assert together(people_of(order_lines=lines, rules=Rules(max_orders_per_email_and_day=2))) == []


def test_a_record_with_the_address_of_the_till_is_a_customer_without_its_orders():
    people = people_of(
        customers=[{"customer_record_id": "c", "email": TILL}],
        orders=orders_of(TILL, ["2026-01-05 09:00:00"] * 3),
        rules=Rules(max_orders_per_email=2),
    )
    assert together(people) == [{"customer/shop/c"}]


def test_a_buyer_whose_orders_name_a_record_may_order_as_often_as_they_like():
    orders = [{"order_id": str(n), "customer_record_id": "7", "email": "ada@example.com"} for n in range(9)]
    assert together(people_of(orders=orders, rules=Rules(max_orders_per_email=2))) == [{"customer/shop/7"}]


def test_answers_of_a_shared_address_name_nobody():
    people = people_of(
        orders=orders_of(TILL, ["2026-01-05 09:00:00"] * 3),
        survey_responses=[{"response_id": "1", "email": TILL}],
        rules=Rules(max_orders_per_email=2),
    )
    assert linked(people, "response", "1") is None


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.integers(1, 4))
def test_a_customer_that_crosses_the_limit_and_comes_back_has_the_id_it_had(growth, limit):
    counts, count = [], 0
    for more in growth:
        count += more
        counts.append(count)
    counts.append(growth[0])  # the till's orders are corrected
    previous, ids = None, []
    for generation, count in enumerate(counts, 1):
        days = [f"2026-01-{n + 1:02} 09:00:00" for n in range(count)]
        orders = [*orders_of(TILL, days), {"order_id": "x", "customer_record_id": "7"}]
        people = people_of(previous, generation=generation, orders=orders, rules=Rules(max_orders_per_email=limit))
        previous = people.person_map
        till = linked(people, "order", "0")
        ids.append((till and till["customer_id"], linked(people, "customer_record", "7")["customer_id"]))
    assert {till for till, _ in ids if till} <= {ids[0][0], ids[-1][0]}
    assert len({other for _, other in ids}) == 1
    if growth[0] <= limit:
        assert ids[-1] == ids[0]
    assert [till is None for till, _ in ids] == [count > limit for count in counts]
