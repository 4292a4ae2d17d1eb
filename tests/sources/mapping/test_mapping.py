import pytest

from regulars.pipelines.errors import SettingsWrong

HEAD = "id,day,total\n"


def mistakes(shop) -> str:
    with pytest.raises(SettingsWrong) as raised:
        shop.land()
    return str(raised.value)


def map_orders(shop, **columns):
    shop.sources["shop"]["columns"] = {**shop.sources["shop"]["columns"], **columns}


def test_a_full_source_of_several_paths_is_a_mistake_of_the_settings_and_a_glob_is_none(shop):
    shop.sources["shop"]["path"] = ["a.csv", "b.csv"]
    assert mistakes(shop).startswith("sources.shop.path lists 2 paths, of which a `full` source would read the last")
    shop.sources["shop"]["delivery"] = "incremental"
    shop.land()
    shop.sources["shop"] |= {"path": ["*.csv"], "delivery": "full"}
    shop.land()


# what a mapping means


def test_the_first_of_several_names_that_the_file_has_is_used(shop):
    map_orders(shop, email=["E-Mail", "Email", "mail"])
    shop.write("orders.csv", "id,day,total,mail,Email\n1,2026-01-01,9.50,b@x.example,a@x.example\n")
    assert shop.rows("email, _rest") == [("a@x.example", '{"mail":"b@x.example"}')]


def test_a_column_may_be_derived_or_constant(shop):
    map_orders(shop, is_test={"sql": "\"note\" like 'test%'"}, channel={"value": "web"})
    shop.write("orders.csv", "id,day,total,note\n1,2026-01-01,9.50,test 7\n2,2026-01-01,9.50,\n")
    assert shop.rows("order_id, is_test, channel") == [("1", "true", "web"), ("2", None, "web")]


def test_a_derived_number_and_moment_take_their_forms_too(shop):
    shop.timezone = "Europe/Berlin"
    map_orders(shop, gross_sales={"sql": "total::decimal(9, 2) / 100"}, ordered_at={"sql": "day || ' 12:00'"})
    shop.write("orders.csv", HEAD + "1,2026-01-01,950\n")
    assert shop.rows("gross_sales, ordered_at") == [("9.5", "2026-01-01 11:00:00")]


def test_what_no_kind_reads_is_kept_as_json(shop):
    shop.write("orders.csv", 'id,day,total,"a ""b""",c\n1,2026-01-01,9.50,"x""\ny",\n2,2026-01-01,9.50,,\n')
    assert shop.rows("order_id, _rest") == [("1", '{"a \\"b\\"":"x\\"\\ny"}'), ("2", None)]


def test_a_column_that_an_expression_reads_is_not_kept_again(shop):
    map_orders(shop, is_test={"sql": "note = 'x' or list_contains([1, 2], 3)"})
    shop.write("orders.csv", "id,day,total,note\n1,2026-01-01,9.50,x\n")
    assert shop.rows("is_test, _rest") == [("true", None)]


def test_amounts_without_a_currency_are_in_that_of_the_source_else_of_the_company(shop):
    shop.write("orders.csv", HEAD + "1,2026-01-01,9.50\n")
    assert shop.rows("currency") == [("EUR",)]
    shop.sources["shop"]["currency"] = "SEK"
    assert shop.rows("currency") == [("SEK",)]


def test_a_delivered_currency_that_is_blank_is_not_filled(shop):
    map_orders(shop, currency="cur")
    shop.write("orders.csv", "id,day,total,cur\n1,2026-01-01,9.50,usd\n2,2026-01-01,9.50,\n")
    assert shop.rows("order_id, currency") == [("1", "USD"), ("2", None)]


def test_lines_are_sales_of_one_piece_unless_the_file_says_otherwise(shop):
    shop.sources["shop"] |= {"kind": "order_lines", "columns": {"order_id": "id", "unit_price": "total"}}
    shop.write("orders.csv", HEAD + "1,2026-01-01,9.50\n")
    assert shop.rows("line_type, quantity, currency", "order_lines") == [("sale", "1", "EUR")]


def test_only_nps_answers_have_a_scale_of_their_own(shop):
    shop.sources["shop"] |= {
        "kind": "survey_responses",
        "columns": {"response_id": "id", "survey_type": "what", "score": "score", "answered_at": "day"},
    }
    shop.write("orders.csv", "id,what,score,day\n1,NPS,9,2026-01-01\n2,csat,4,2026-01-01\n")
    assert shop.rows("survey_type, scale_min, scale_max", "survey_responses") == [
        ("csat", None, None),
        ("nps", "0", "10"),
    ]


def test_the_zone_of_a_source_goes_before_that_of_the_company(shop):
    shop.timezone = "Europe/Berlin"
    shop.sources["shop"]["timezone"] = "America/New_York"
    shop.write("orders.csv", HEAD + "1,2026-01-01 10:00,9.50\n")
    assert shop.rows("ordered_at") == [("2026-01-01 15:00:00",)]


def test_the_system_is_the_source_unless_another_is_named(shop):
    shop.sources["shop"]["system"] = "till"
    shop.write("orders.csv", HEAD + "1,2026-01-01,9.50\n")
    assert shop.rows("_source, _system") == [("shop", "till")]


# several kinds


KINDS = {
    "orders": {"columns": {"order_id": "id", "ordered_at": "day"}, "when": "type = 'order'"},
    "refunds": {
        "columns": {"refund_id": "id", "refunded_at": "day", "amount": {"sql": "replace(total, '-', '')"}},
        "when": "type = 'refund'",
    },
}


def test_rows_become_the_kinds_they_match_and_the_others_are_quarantined_with_their_line(shop):
    shop.sources["shop"] = {"path": "orders.csv", "kinds": KINDS}
    shop.write(
        "orders.csv",
        'id,day,total,type,n\n1,2026-01-01,5,order,"a\nb"\n2,2026-01-02,-3,refund,\n3,2026-01-03,7,,x\n4,,8,gift,\n',
    )
    with shop.delivered() as con:
        assert con.execute("select order_id, _row, _rest from landed.orders").fetchall() == [("1", 1, '{"n":"a\\nb"}')]
        assert con.execute("select refund_id, amount, _row from landed.refunds").fetchall() == [("2", "3", 2)]
        assert con.execute("select line, text, rule, reason from landed.malformed order by line").fetchall() == [
            (
                5,
                '{"id":"3","day":"2026-01-03","total":"7","n":"x"}',
                "condition_is_null",
                "the condition `when` is NULL for it, and no other kind takes it: an empty cell compares as NULL, so "
                "use `coalesce`, or `fill_down` where only the first row of an order has the cell",
            ),
            (6, '{"id":"4","total":"8","type":"gift"}', "unclaimed", "no kind's `when` is true for it"),
        ]
        assert con.execute("select record_count, kinds from landed.files").fetchall() == [(4, "orders,refunds")]


def test_a_row_may_be_of_two_kinds(shop):
    lines = {"columns": {"order_id": "id", "unit_price": "total"}}
    orders = {"columns": {"order_id": "id", "ordered_at": "day"}, "when": "day is not null"}
    shop.sources["shop"] = {"path": "orders.csv", "kinds": {"orders": orders, "order_lines": lines}}
    shop.write("orders.csv", HEAD + "1,2026-01-01,5\n1,,6\n")
    assert shop.rows("order_id, _row") == [("1", 1)]
    assert shop.rows("order_id, unit_price, _row", "order_lines") == [("1", "5", 1), ("1", "6", 2)]
    assert shop.rows("*", "malformed") == []


# mistakes


def test_a_misspelt_column_of_ours_is_named_with_the_nearest(shop):
    map_orders(shop, gross_sale="total")
    assert mistakes(shop).startswith(
        "sources.shop.columns.gross_sale is not a column of orders (did you mean `gross_sales`?); it has order_id, "
    )


def test_a_column_that_every_row_needs_must_be_mapped(shop):
    shop.sources["shop"]["columns"] = {"ordered_at": "day"}
    assert mistakes(shop) == "sources.shop.columns lacks `order_id`, which every row of orders needs"


def test_all_mistakes_are_reported_at_once_with_their_place(shop):
    shop.sources["shop"] = {
        "path": "orders.csv",
        "kinds": {"orders": {"columns": {"order_id": "id", "ordered_at": {"sql": "now()"}}, "when": "sum(id) > 1"}},
    }
    assert [line.split(" ")[0] for line in mistakes(shop).splitlines()] == [
        "sources.shop.kinds.orders.columns.ordered_at",
        "sources.shop.kinds.orders.when",
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "(select 1)",
        "id in (select id from other)",
        "id from other",
        "id, day",
        "id; drop table orders",
        "id) from read_csv('/etc/passwd') --",
        "*",
        "columns('i.*')",
        "count(*)",
        "max(id)",
        "row_number() over ()",
        "$1",
        "#1",
        "read_text('/etc/passwd')",
        "getenv('HOME')",
        "current_setting('temp_directory')",
        "getvariable('x')",
        "now()",
        "today()",
        "random()",
        "uuid()",
        "nextval('s')",
        "query('select 1')",
        "write_log('x')",
        "sleep_ms(1000)",
        "error('x')",
        "pg_sleep(9)",
        "repeat('x', 1000000000)",
        "file.id",
        "unnest([1, 2])",
        "no_such_function(id)",
        "case when",
        "",
        "default",
    ],
)
def test_an_expression_may_only_compute_with_its_own_row(shop, expression):
    map_orders(shop, status={"sql": expression})
    shop.write("orders.csv", HEAD + "1,2026-01-01,9.50\n")
    assert mistakes(shop).startswith("sources.shop.columns.status ")


def test_the_clock_written_without_brackets_is_not_a_column(shop):
    map_orders(shop, status={"sql": "current_date"})
    shop.write("orders.csv", HEAD + "1,2026-01-01,9.50\n")
    assert shop.refusal().reason_code == "missing_column"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("upper(id)", "A"),
        ("case when total::double > 9 then 'big' else 'small' end", "big"),
        ("coalesce(nullif(id, 'a'), total)", "9.50"),
        ("regexp_extract(day, '^([0-9]+)', 1)", "2026"),
        ("split_part(day, '-', 2)", "01"),
        ("list_transform(['p', 'q'], lambda x: x || id)[2]", "qa"),
        ("json_extract_string('{\"k\": 7}', '$.k')", "7"),
        ("id || '-' || total -- why not", "a-9.50"),
        ("try_cast(id as integer) is null", "true"),
        ("id not in ('b', 'c') and total between '1' and '99'", "true"),
        ("strftime(strptime(day, '%Y-%m-%d') + interval 1 day, '%d.%m.')", "02.01."),
        ("concat_ws(': ', id, total)", "a: 9.50"),
    ],
)
def test_an_expression_may_use_what_a_row_needs(shop, expression, value):
    map_orders(shop, status={"sql": expression})
    shop.write("orders.csv", HEAD + "a,2026-01-01,9.50\n")
    assert shop.rows("status") == [(value,)]


def test_a_column_misspelt_in_an_expression_is_named_with_the_nearest(shop):
    map_orders(shop, is_test={"sql": "totl = '0'"})
    shop.write("orders.csv", HEAD + "1,2026-01-01,9.50\n")
    assert shop.refusal().sentence == (
        "orders.csv (header): column `totl` for orders.is_test is missing (did you mean `total`?); the file has `id`, "
        "`day`, `total`"
    )


def test_when_must_be_a_question(shop):
    shop.sources["shop"] = {
        "path": "orders.csv",
        "kinds": {"orders": {"columns": {"order_id": "id", "ordered_at": "day"}, "when": "id || day"}},
    }
    shop.write("orders.csv", HEAD + "1,2026-01-01,9.50\n")
    assert mistakes(shop) == (
        "sources.shop: the expression for orders.when is varchar, not yes or no: write a comparison"
    )


def test_an_expression_that_fails_on_a_row_is_named_without_the_value(shop):
    map_orders(shop, gross_sales={"sql": "total::integer * 2"})
    shop.write("orders.csv", HEAD + "1,2026-01-01,secret\n")
    with pytest.raises(SettingsWrong) as raised:
        shop.delivered()
    assert str(raised.value) == (
        "sources.shop: the expression for orders.gross_sales fails on a row of orders.csv (conversion error): make it "
        "give NULL there, for example with `try_cast`"
    )


def test_a_second_column_of_one_name_is_mapped_by_its_number(shop):
    map_orders(shop, discounts="total_2", gross_sales={"value": "1"})
    shop.write("orders.csv", "id,day,total,total\n1,2026-01-01,9.50,2\n")
    assert shop.rows("discounts") == [("2",)]


def test_a_name_that_the_file_has_is_never_made_of_a_repeated_one(shop):
    map_orders(shop, discounts="total_2", gross_sales={"value": "1"})
    shop.write("orders.csv", "id,day,total,total,total_2\n1,2026-01-01,9.50,2,3\n")
    assert shop.rows("discounts") == [("3",)]


def test_an_expression_over_a_repeated_column_is_refused(shop):
    map_orders(shop, discounts={"sql": "total"}, gross_sales={"value": "1"})
    shop.write("orders.csv", "id,day,total,Total\n1,2026-01-01,9.50,2\n")
    assert shop.refusal().reason_code == "ambiguous_column"
