"""Arrays within the objects of a JSON file whose elements are rows of their own (`rows_of`)."""

import json


def test_elements_of_arrays_are_rows_of_their_own_beside_their_object(feed):
    order = {"id": "1", "day": "2026-01-01", "lines": [{"sku": "a"}, {"sku": "b"}], "x": {"paid": [{"by": "card"}]}}
    feed.sources["shop"]["options"] = {"rows_of": ["lines", "x.paid"]}
    columns = {"order_id": "id", "ordered_at": "day", "status": "row_of", "region": "lines.sku", "city": "x.paid.by"}
    feed.sources["shop"] |= {"columns": columns, "exclude": {"objects": "row_of = 'object' and lines is null"}}
    feed.write("orders.json", json.dumps([order, {"id": "2", "day": "2026-01-01"}]))
    landed = feed.land()
    assert landed["shop"].deliveries[0].record_count == 5
    with feed.delivered(landed) as con:
        rows = con.execute("select status, region, city from landed.orders order by _row").fetchall()
    assert rows == [("object", None, None), ("lines", "a", None), ("lines", "b", None), ("x.paid", None, "card")]


def read_rows(feed, rows_of, columns, orders):
    """The rows of these arrays, as `row_of` and these columns."""
    places = dict(zip(("region", "city", "country"), columns, strict=False))
    columns = {"order_id": "id", "ordered_at": "day", "status": "row_of", **places}
    feed.sources["shop"] |= {"options": {"rows_of": rows_of}, "columns": columns}
    feed.write("orders.json", json.dumps([{"day": "2026-01-01", "all": [], **order} for order in orders]))
    with feed.delivered(feed.land()) as con:
        return con.execute(f"select order_id, status, {', '.join(places)} from landed.orders order by _row").fetchall()


def test_elements_of_an_array_within_an_array_keep_what_they_lie_in(feed):
    refunds = [{"id": 7, "lines": [{"sku": "a"}, {"sku": "b"}]}, {"id": 8, "lines": [{"sku": "c"}]}]
    columns = ("refunds.id", "refunds.lines.sku", "refunds.lines")
    assert read_rows(feed, ["refunds", "refunds.lines"], columns, [{"id": "1", "refunds": refunds}]) == [
        ("1", "object", None, None, None),
        ("1", "refunds", "7", None, '[{"sku": "a"}, {"sku": "b"}]'),
        ("1", "refunds", "8", None, '[{"sku": "c"}]'),
        ("1", "refunds.lines", "7", "a", '{"sku": "a"}'),
        ("1", "refunds.lines", "7", "b", '{"sku": "b"}'),
        ("1", "refunds.lines", "8", "c", '{"sku": "c"}'),
    ]


def test_an_inner_array_that_is_empty_missing_or_none_makes_no_row(feed):
    refunds = [{"id": 7, "lines": []}, {"id": 8}, {"id": 9, "lines": {"sku": "a"}}, "odd", {"lines": [{"sku": "b"}]}]
    orders = [{"id": "1", "refunds": refunds}, {"id": "2"}, {"id": "3", "refunds": None}, {"id": "4", "refunds": 5}]
    rows = read_rows(feed, ["refunds.lines"], ("refunds.id", "refunds.lines.sku"), orders)
    assert [row for row in rows if row[1] != "object"] == [("1", "refunds.lines", None, "b")]
    assert [row[0] for row in rows if row[1] == "object"] == ["1", "2", "3", "4"]


def test_arrays_lie_at_any_depth_and_in_objects_between(feed):
    boxes = {"list": [{"no": 1, "items": [{"parts": {"data": [{"sku": "a"}]}}, {"parts": {"data": [{"sku": "b"}]}}]}]}
    orders = [{"id": "1", "boxes": boxes}]
    rows = read_rows(
        feed, ["boxes.list.items.parts.data"], ("boxes.list.no", "boxes.list.items.parts.data.sku"), orders
    )
    assert rows[1:] == [("1", "boxes.list.items.parts.data", "1", each) for each in ("a", "b")]


def test_a_row_of_one_array_holds_no_other_one(feed):
    refunds = [{"id": 7, "lines": [{"sku": "a"}], "paid": [{"by": "card"}]}]
    orders = [{"id": "1", "all": [1], "refunds": refunds}]
    rows = read_rows(feed, ["all", "refunds.lines", "refunds.paid"], ("all", "refunds.lines", "refunds.paid"), orders)
    assert rows[1:] == [
        ("1", "all", "1", None, None),
        ("1", "refunds.lines", None, '{"sku": "a"}', None),
        ("1", "refunds.paid", None, None, '{"by": "card"}'),
    ]


def test_objects_in_arrays_of_arrays_are_not_passed_over(feed):
    refunds = [[{"id": 7, "lines": [{"sku": "a"}]}], {"id": 8, "lines": [{"sku": "b"}]}]
    columns = ("refunds.id", "refunds.lines.sku")
    assert read_rows(feed, ["refunds.lines"], columns, [{"id": "1", "refunds": refunds}])[1:] == [
        ("1", "refunds.lines", "7", "a"),
        ("1", "refunds.lines", "8", "b"),
    ]


def test_a_file_whose_original_is_gone_lacks_the_rows_of_arrays_that_were_added_since(feed):
    order = {"id": "1", "refunds": [{"id": 7, "lines": [{"sku": "a"}]}]}
    read_rows(feed, ["refunds"], ("refunds.id",), [order])
    for path in [next((feed.home / "landing").glob("*.orig")), *feed.home.parent.rglob("orders.json")]:
        path.unlink()
    feed.sources["shop"] |= {"options": {"rows_of": ["refunds", "refunds.lines"]}, "required": False}
    assert feed.rows("order_id, status, region") == [("1", "object", None), ("1", "refunds", "7")]
