"""An API that can be asked for what has changed is asked for that alone; it moves on once that has landed."""

import pytest
from pydantic import ValidationError

from regulars.pipelines.settings.sources.source import Source
from tests.sources.fetching.api.api_server import Reply
from tests.sources.fetching.api.conftest import order


def change(number, hour, total="10.00"):
    return {**order(number, total), "updated_at": f"2026-01-05T{hour:02}:00:00+00:00"}


@pytest.fixture
def changing(api, api_shop):
    """A shop whose server knows when each record changed; `records` may be changed between fetches."""
    api.records = [change(1, 8), change(2, 9)]

    def answer(seen):
        since = seen.params.get("since", [""])[0]
        return [record for record in api.records if record["updated_at"] >= since]

    api.answer = answer
    api_shop.set_way(cursor={"column": "updated_at", "lag": "1h"}, cursor_param="since")
    source = api_shop.sources["shop"]
    source["columns"] = {**source["columns"], "updated_at": "updated_at"}
    del source["delivery"]
    return api_shop


def test_the_second_fetch_asks_for_what_has_changed_and_the_newest_version_counts(api, changing):
    assert changing.land()["shop"].landed == [1]
    api.records[0] = change(1, 10, "11.00")
    api.records.append(change(3, 11, "30.00"))
    landed = changing.land()
    assert [seen.params for seen in api.requests] == [{}, {"since": ["2026-01-05T08:00:00+00:00"]}]
    assert [each.record_count for each in landed["shop"].deliveries] == [2, 3]  # order 2 again: it is within the lag
    with changing.delivered(landed) as con:
        newest = con.execute(
            "select order_id, arg_max(gross_sales, updated_at) from landed.orders group by all"
        ).fetchall()
    assert sorted(newest) == [("1", "11.00"), ("2", "10.00"), ("3", "30.00")]


def test_when_nothing_has_changed_there_is_no_new_delivery(api, changing):
    changing.land()
    assert changing.land()["shop"].landed == []
    assert not changing.land()["shop"].refusals
    assert all("since" in seen.params for seen in api.requests[1:])


def test_a_fetch_that_fails_does_not_move_on(api, changing):
    changing.land()
    works = api.answer
    api.answer = lambda seen: Reply("", 401)
    assert changing.refusal() is not None
    api.answer = works
    api.records.append(change(3, 11))
    assert changing.land()["shop"].landed == [2]
    assert api.requests[-1].params == {"since": ["2026-01-05T08:00:00+00:00"]}


def test_a_newest_record_that_is_gone_makes_everything_come(api, changing):
    api.records.append(change(3, 11))
    changing.land()
    del api.records[-1]
    landed = changing.land()["shop"]
    assert [seen.params for seen in api.requests] == [{}, {"since": ["2026-01-05T10:00:00+00:00"]}, {}]
    assert landed.deliveries[-1].record_count == 2


def test_a_cursor_needs_the_parameter_that_asks_for_changes():
    way = {"base_url": "https://a.example.com", "path": "orders", "cursor": {"column": "updated_at"}}
    with pytest.raises(ValidationError, match="`cursor` needs `cursor_param`"):
        Source.model_validate({"from": way, "kind": "orders", "columns": {"order_id": "id"}})
