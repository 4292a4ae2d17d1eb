"""The words of columns of states: which of them cancel a sale, and which are asked about."""

import duckdb
import pytest

from regulars.pipelines.sources.recognition.column_facts import collect_column_facts
from regulars.pipelines.sources.recognition.column_names import read_names
from regulars.pipelines.sources.recognition.guess import Guess, guess_mapping
from regulars.pipelines.sources.recognition.state_columns import find_topic
from regulars.pipelines.sources.recognition.states import list_states

_ORDERS = ("Order ID", "Order date", "Net", "Email")
_LINES = ("Order ID", "SKU", "Qty", "Unit price")


def guess_file(con: duckdb.DuckDBPyConnection, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Guess:
    columns = ", ".join(f'"{each}" varchar' for each in header)
    con.execute(f"create or replace table t ({columns})")
    con.executemany(f"insert into t values ({', '.join('?' * len(header))})", rows)
    guess = guess_mapping(collect_column_facts(con, "t", header), list(list_states(con, "t", header)))
    assert guess is not None
    return guess


def read_orders(column: str, *words: str) -> tuple[set[str], str]:
    """Which words cancel an order, and what is asked, for twelve orders with one of the words each in turn."""
    con = duckdb.connect()
    rows = [(f"A{n}", f"2025-01-{n + 1:02d}", f"1{n}.50", f"p{n}@x.example", words[n % len(words)]) for n in range(12)]
    guess = guess_file(con, (*_ORDERS, column), rows)
    condition = guess.columns.get("is_cancelled", {"sql": "false"})["sql"]
    cancelled = con.execute(f'select distinct "{column}" from t where {condition}').fetchall()
    return {word for (word,) in cancelled}, guess.further_questions.get("columns.is_cancelled", "")


@pytest.mark.parametrize(
    ("column", "words", "doubtful"),
    [
        ("Return status", ("approved", "rejected"), "6 rows `rejected`"),
        ("Refund status", ("declined", "failed"), "12 rows `declined`, `failed`"),
        ("Invoice status", ("paid", "draft"), "6 rows `draft`"),
        ("Delivery status", ("delivered", "failed"), "6 rows `failed`"),
        ("Subscription status", ("active", "cancelled"), "6 rows `cancelled`"),
    ],
)
def test_a_state_of_something_beside_the_sale_is_asked_about_and_cancels_nothing(column, words, doubtful):
    cancelled, asked = read_orders(column, *words)
    assert not cancelled
    assert f"`{column}` calls {doubtful}" in asked
    assert "Until then they count" in asked


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("Email status", ("sent", "failed")),
        ("ERP sync status", ("success", "error")),
        ("Real estate", ("house", "draft")),
        ("Marital status", ("single", "void")),
        ("Country/State", ("New York", "Test")),
        ("Status date", ("2025-01-02", "2025-01-03")),
        ("Shipping state", ("NY", "CA")),
    ],
)
def test_a_state_of_nothing_of_the_sale_is_not_spoken_of(column, words):
    assert read_orders(column, *words) == (set(), "")


@pytest.mark.parametrize(
    ("column", "cancelled", "sold"),
    [
        ("Stan", "anulowane", "zrealizowane"),
        ("Status zamówienia", "anulowane", "zrealizowane"),
        ("Statut de la commande", "annulée", "payée"),
        ("Stato ordine", "annullato", "pagato"),
        ("Stav objednávky", "stornováno", "zaplaceno"),
        ("Estado del pedido", "cancelado", "pagado"),
        ("Situação do pedido", "cancelado", "aprovado"),
        ("Tilauksen tila", "peruttu", "toimitettu"),
        ("Bestelstatus", "geannuleerd", "betaald"),
        ("Zahlungsstatus", "storniert", "bezahlt"),
        ("订单状态", "已取消", "已完成"),
        ("Status of order", "cancelled", "paid"),
        ("Order Status (latest)", "cancelled", "paid"),
        ("order_state_name", "cancelled", "paid"),
        ("orderState", "cancelled", "paid"),
        ("Financial Status ", "voided", "paid"),
    ],
)
def test_the_state_of_the_order_or_its_payment_cancels_in_any_language(column, cancelled, sold):
    assert read_orders(column, cancelled, sold) == ({cancelled}, "")


def test_every_column_mapped_as_the_status_is_read_as_a_state_of_the_sale():
    assert {find_topic(name) for name in read_names()["orders"]["status"]} == {"sale"}


@pytest.mark.parametrize(
    "word",
    [
        *("CANCELLED.", "Canceled (customer)", "Cancelled by admin", "Order is cancelled", "wc-cancelled"),
        *("requires_payment_method", "Payment Failed!", "Cancelado\u00a0"),
    ],
)
def test_signs_and_who_did_it_change_nothing_of_a_cancellation(word):
    assert read_orders("Status", word, "paid") == ({word}, "")


def test_letters_in_two_signs_are_the_same_letter():
    assert read_orders("Status", "annule\u0301", "payé") == ({"annule\u0301"}, "")


@pytest.mark.parametrize(
    ("word", "part"),
    [("Partially cancelled", "cancelled"), ("Cancelled item removed", "cancelled"), ("Delivery failed", "failed"),
     ("Not cancelled", "cancelled"), ("Paid / refunded", "refunded")],
)  # fmt: skip
def test_a_value_that_says_more_than_cancelled_is_asked_about(word, part):
    cancelled, asked = read_orders("Status", word, "paid")
    assert not cancelled
    assert f"`Status` has 1 word that nobody here knows (6 rows), some of which hold `{part}`" in asked


@pytest.mark.parametrize(
    ("column", "word", "part"),
    [("Estado", "Anulación", "anul"), ("Status", "Cancel", "cancel"), ("订单状态", "订单已取消", "取消")],
)
def test_an_unknown_word_that_looks_like_a_cancellation_is_named_by_what_it_holds(column, word, part):
    cancelled, asked = read_orders(column, word, "Procesando")
    assert not cancelled
    assert f"`{column}` has 2 words that nobody here knows (12 rows), some of which hold `{part}`" in asked


def test_a_status_of_words_that_nobody_knows_is_asked_about():
    cancelled, asked = read_orders("Order status", "Paid by card", "Gone", "Shipped today")
    assert not cancelled
    assert "`Order status` has 3 words that nobody here knows (12 rows)" in asked


def test_a_state_that_may_be_a_place_cancels_nothing_by_one_word():
    cancelled, asked = read_orders("State", "draft", "NY", "CA", "TX")
    assert not cancelled
    assert "`State` calls 3 rows `draft`" in asked


@pytest.mark.parametrize(("column", "word"), [("Stato", "scaduto"), ("订单状态", "退款中")])
def test_what_is_overdue_or_being_refunded_is_open(column, word):
    cancelled, asked = read_orders(column, word, "paid")
    assert not cancelled
    assert f"nothing says whether 6 rows that `{column}` calls `{word}` are sales" in asked


@pytest.mark.parametrize("word", ["estornado", "devolução"])
def test_portuguese_words_of_what_was_given_back(word):
    assert f"calls 6 rows `{word}`, and no column says how much" in read_orders("Status", word, "em processamento")[1]


def test_the_state_of_a_line_is_asked_about_where_lines_are_left_out():
    rows = [(f"A{n}", "S1", "1", "9.50", ("shipped", "rejected")[n % 2]) for n in range(12)]
    guess = guess_file(duckdb.connect(), (*_LINES, "Line status"), rows)
    assert not guess.exclude
    assert list(guess.further_questions) == ["columns.unit_price", "exclude.no_sale"]
    assert "name them in `exclude.no_sale`" in guess.further_questions["exclude.no_sale"]


def test_a_question_about_a_mark_stays_beside_one_about_a_state():
    rows = [(f"A{n}", f"2025-01-{n + 1:02d}", f"1{n}.50", "p@x.example", "maybe", "on hold") for n in range(12)]
    guess = guess_file(duckdb.connect(), (*_ORDERS, "Cancelled", "Status"), rows)
    asked = guess.further_questions["columns.is_cancelled"]
    assert "`Cancelled` is written like" in asked
    assert "`on hold`" in asked
