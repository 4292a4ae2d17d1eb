"""Everything that belongs to test persons and test orders is left out of every source, and counted without a name."""

import pytest

CRM = {
    "path": "crm.csv",
    "kind": "customers",
    "columns": {"customer_record_id": "id", "email": "mail"},
}
ORDERS = {
    "path": "orders.csv",
    "kind": "orders",
    "system": "shop",
    "columns": {
        **{"order_id": "id", "customer_record_id": "who", "customer_system": {"value": "crm"}, "email": "mail"},
        **{"ordered_at": "day", "gross_sales": "total"},
    },
}
LINES = {
    "path": "lines.csv",
    "kind": "order_lines",
    "system": "shop",
    "columns": {"order_id": "id", "unit_price": "price"},
}
REFUNDS = {
    "path": "refunds.csv",
    "kind": "refunds",
    "system": "shop",
    "columns": {"refund_id": "id", "order_id": "order", "refunded_at": "day", "amount": "amount"},
}
REFUND_LINES = {
    "path": "refund_lines.csv",
    "kind": "refund_lines",
    "system": "shop",
    "columns": {"refund_id": "refund", "goods": "amount"},
}
SURVEY = {
    "path": "survey.csv",
    "kind": "survey_responses",
    "columns": {
        **{"response_id": "id", "survey_type": {"value": "nps"}, "score": "score", "answered_at": "day"},
        **{"email": "mail"},
    },
}
ANSWERS = {
    "path": "answers.csv",
    "kind": "survey_answers",
    "system": "survey",
    "columns": {"response_id": "response", "question_id": "question", "answer_text": "text"},
}
FILES = {
    "crm.csv": "id,mail\nc1,ann@x.example\nc2,Tester@x.example \nc3,qa@test.example\n"
    "c4,till@x.example\nc5,eve@x.example\n",
    "orders.csv": "id,who,mail,day,total\n"
    "o1,c1,,2026-01-01,1\no2,c2,,2026-01-01,1\no3,,tester@X.example,2026-01-01,1\no4,,new@test.example,2026-01-01,1\n"
    "o5,c4,,2026-01-01,1\no6,,till@x.example,2026-01-01,1\no7,,eve@x.example,2026-01-01,1\no8,c1,,2026-01-01,1\n",
    "lines.csv": "id,price\n" + "".join(f"o{number},1\n" for number in range(1, 9)),
    "refunds.csv": "id,order,day,amount\n" + "".join(f"r{n},o{n},2026-01-02,1\n" for n in range(1, 9)),
    "refund_lines.csv": "refund,amount\n" + "".join(f"r{n},1\n" for n in range(1, 9)),
    "survey.csv": "id,score,day,mail\ns1,9,2026-01-03,ann@x.example\ns2,0,2026-01-03,tester@x.example\n",
    "answers.csv": "response,question,text\ns1,q1,fine\ns2,q1,test\n",
}
LISTS = {
    "emails": ["tester@x.example"],
    "email_domains": ["test.example"],
    "customer_record_ids": ["c4", "c5"],
    "order_ids": ["o8"],
}


@pytest.fixture
def company(shop):
    shop.sources = {
        **{"crm": CRM, "shop": ORDERS, "lines": LINES, "refunds": REFUNDS},
        **{"refund_lines": REFUND_LINES, "survey": SURVEY, "answers": ANSWERS},
    }
    for name, content in FILES.items():
        shop.write(name, content)
    shop.rest = {"exclude": LISTS, "identity": {"ignore_emails": ["till@x.example"]}}
    return shop


def test_what_is_left_is_everybody_elses(company):
    with company.delivered() as con:
        left = {
            kind: [key for (key,) in con.execute(f"select {key} from landed.{kind} order by all").fetchall()]
            for kind, key in {
                "customers": "customer_record_id",
                "orders": "order_id",
                "order_lines": "order_id",
                "refunds": "order_id",
                "refund_lines": "refund_id",
                "survey_responses": "response_id",
                "survey_answers": "response_id",
            }.items()
        }
        counted = con.execute("select kind, rule, count(*) from landed.excluded group by all order by all").fetchall()
    # o6 was bought under the address of the till, which names nobody, so that it is no test although c4 bears it
    assert left == {
        "customers": ["c1"],
        "orders": ["o1", "o6"],
        "order_lines": ["o1", "o6"],
        "refunds": ["o1", "o6"],
        "refund_lines": ["r1", "r6"],
        "survey_responses": ["s1"],
        "survey_answers": ["s1"],
    }
    assert [row for row in counted if row[0] in ("customers", "orders", "survey_answers")] == [
        ("customers", "settings.customer_record_ids", 2),
        ("customers", "settings.email_domains", 1),
        ("customers", "settings.emails", 1),
        ("orders", "settings.customer_record_ids", 2),
        ("orders", "settings.email_domains", 1),
        ("orders", "settings.emails", 2),
        ("orders", "settings.order_ids", 1),
        ("survey_answers", "settings.emails", 1),
    ]


def test_without_lists_nobody_is_left_out(company):
    company.rest = {}
    assert len(company.rows("order_id")) == 8
    assert company.rows("*", "excluded") == []


def test_a_test_person_is_known_by_any_address_of_the_record(company):
    company.write("crm.csv", "id,mail,others\nc1,ann@x.example,\nc2,Boss@x.example,old@x.example; TESTER@x.example\n")
    company.write(
        "orders.csv",
        "id,who,mail,day,total\no1,c1,,2026-01-01,1\no2,c2,,2026-01-01,1\n"
        "o3,,boss@x.example,2026-01-01,1\no4,,old@x.example,2026-01-01,1\n",
    )
    company.sources["crm"] = CRM | {"columns": CRM["columns"] | {"other_emails": "others"}}
    company.rest = {"exclude": {"emails": ["tester@x.example"]}}
    with company.delivered() as con:
        assert con.execute("select order_id from landed.orders").fetchall() == [("o1",)]


ROWS_OF_ONE_ORDER = "o9,,tester@x.example,2026-01-01,1\n", "o9,,new@test.example,2026-01-01,1\n"


@pytest.mark.parametrize("rows", [ROWS_OF_ONE_ORDER, ROWS_OF_ONE_ORDER[::-1]], ids=("forward", "backward"))
def test_an_order_that_two_lists_leave_out_is_counted_for_the_same_list_in_any_order_of_rows(company, rows):
    company.write("orders.csv", "id,who,mail,day,total\n" + "".join(rows))
    company.write("lines.csv", "id,price\no9,1\n")
    with company.delivered() as con:
        counted = con.execute("select rule from landed.excluded where kind = 'order_lines'").fetchall()
    assert counted == [("settings.email_domains",)]  # of two lists the first by name
