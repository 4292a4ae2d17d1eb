"""Sales that no profile knows: states, tax within amounts, refunds, currencies, other rows."""

from collections.abc import Callable

import pytest

from regulars.pipelines.command.init.init import InitRequest, init_settings
from regulars.pipelines.errors import InputRefused
from regulars.pipelines.settings.settings_file import load_settings
from regulars.pipelines.settings.sources.source import Source

Read = Callable[..., tuple[str, dict[str, Source]]]


@pytest.fixture
def read(tmp_path) -> Read:
    """Write files, make settings for their folder, and give what was said and the sources that are read."""

    def read(currency: str = "EUR", **files: str) -> tuple[str, dict[str, Source]]:
        for name, text in files.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        settings = tmp_path / "regulars.yaml"
        try:
            said = init_settings(InitRequest(tmp_path, settings, timezone="Europe/Berlin", currency=currency))
        except InputRefused as error:
            return str(error), {}
        return said, dict(load_settings(settings, {}).sources)

    return read


def sales(header: str, *ends: str, net: str = "{n}.50") -> str:
    """Eighteen sales, each with one of the ends in turn."""
    rows = "".join(f"S{n},0{1 + n % 9}.02.2026,{net.format(n=n)},{ends[n % len(ends)]}\n" for n in range(18))
    return f"Order No,Date,{header}\n{rows}"


def test_what_a_state_calls_cancelled_never_counts_in_any_spelling(read):
    said, sources = read(orders=sales("Net,Status", "Completed", "wc-cancelled", "payment_failed"))
    condition = sources["orders"].columns["is_cancelled"].sql
    assert "what `Status` calls `cancelled`, `payment failed` is cancelled, and never counts" in said
    assert "|voided|" in condition, "a later file may have another word of the language"
    assert "open:" not in said


def test_states_in_the_companys_language(read):
    _, sources = read(orders=sales("Net,Tila", "Toimitettu", "Peruttu", "Luonnos"))
    assert "peruttu" in sources["orders"].columns["is_cancelled"].sql


def test_states_that_leave_it_open_are_a_question_with_our_words_only(read):
    said, sources = read(orders=sales("Net,Status", "Paid", "On hold", "Refunded", "Ask Ann Lee"))
    assert "is_cancelled" not in sources["orders"].columns
    assert "nothing says whether 5 rows that `Status` calls `on hold` are sales" in said
    assert "`Status` calls 4 rows `refunded`, and no column says how much was given back" in said
    assert "`Status` has 1 word that nobody here knows (4 rows)" in said
    assert "Ann" not in said


def test_the_state_of_an_address_is_none_of_an_order(read):
    said, sources = read(orders=sales("Net,State", "Ohio", "Texas", "New"))
    assert "columns.is_cancelled" not in said
    assert "is_cancelled" not in sources["orders"].columns


def test_a_state_comes_on_top_of_a_mark(read):
    _, sources = read(orders=sales("Net,Status,Cancelled", "Paid,no", "Draft,no", "Paid,yes"))
    condition = sources["orders"].columns["is_cancelled"].sql
    assert condition.startswith("lower(trim(coalesce(\"Cancelled\", ''))) in ('true', 't', 'yes', 'y', '1') or ")
    assert "|draft|" in condition


def test_lines_of_cancelled_orders_are_left_out(read):
    text = sales("Price,SKU,Qty,Status", "A,1,Paid", "B,2,Cancelled")
    _, sources = read(lines=text)
    assert "|cancelled|" in sources["lines"].exclude["no_sale"]


def test_of_amounts_with_and_without_tax_the_one_without_is_taken(read):
    header = "Subtotal (inc tax),Subtotal (ex tax),Tax Total,Shipping Cost (inc tax)"
    said, sources = read(orders=sales(header, "10.00,1.90,4.90", net="1{n}.90"))
    columns = sources["orders"].columns
    assert (columns["gross_sales"], columns["tax"]) == ("Subtotal (ex tax)", "Tax Total")
    assert "shipping" not in columns, "with tax, beside goods without it"
    assert "`Shipping Cost (inc tax)` is with tax and `Subtotal (ex tax)` is not, so that it is not read" in said


def test_discounts_with_tax_beside_goods_without_it_are_a_question(read):
    said, sources = read(orders=sales("Subtotal (ex tax),Discount (inc tax)", "1.20"))
    assert not sources
    assert "`Discount (inc tax)` is with tax and `Subtotal (ex tax)` is not: which column is the discount" in said


def test_discounts_without_tax_beside_goods_with_it_are_a_question(read):
    said, sources = read(orders=sales("Subtotal (inc tax),Discount (ex tax),Tax", "1.20,1.90"))
    assert not sources
    assert "`Discount (ex tax)` is without tax and `Subtotal (inc tax)` holds it: which column" in said


def test_a_rate_within_the_name_does_not_hide_that_an_amount_is_without_tax(read):
    header = "Total (incl. 19% MwSt),Total (excl. 19% MwSt)"
    _, sources = read(orders=sales(header, "10.10", net="1{n}.90"))
    assert sources["orders"].columns["gross_sales"] == "Total (excl. 19% MwSt)"


@pytest.mark.parametrize(
    "name", ["Brutto", "total_paid_tax_incl", "Amount incl. VAT", "Montant TTC", "Verollinen summa"]
)
def test_an_amount_with_tax_needs_the_tax_to_be_taken_out(read, name):
    said, sources = read(orders=sales(f"{name},MwSt", "1.90"))
    assert sources["orders"].columns["prices_include_tax"].value == "true", said


@pytest.mark.parametrize("name", ["Brutto", "Subtotal (incl. VAT)"])
def test_an_amount_with_tax_alone_is_not_read(read, name):
    said, sources = read(orders=sales(f"{name},Branch", "x"))
    assert not sources
    assert f"`{name}` holds the tax: which column is the tax?" in said


@pytest.mark.parametrize("name", ["Total", "Umsatz", "Betrag", "Sales", "Valor total"])
def test_an_amount_that_is_silent_about_tax_is_taken_as_without_and_asked_about(read, name):
    said, sources = read(orders=sales(f"{name},Branch", "x"))
    assert "prices_include_tax" not in sources["orders"].columns
    assert f"open: does `{name}` hold the tax? No column says it, and it is taken as without" in said


@pytest.mark.parametrize("name", ["Net", "Subtotal", "Amount excl. VAT", "HT", "Netto DKK", "Base imponible"])
def test_an_amount_that_is_without_tax_by_its_name_is_no_question(read, name):
    said, sources = read(orders=sales(f"{name},Branch", "x"))
    assert sources["orders"].columns["gross_sales"] == name
    assert "hold the tax" not in said


@pytest.mark.parametrize("ends", [("x",), ("1.90", "2.90")])
@pytest.mark.parametrize("name", ["Total + VAT", "Total plus tax", "Gross amount", "Betrag und MwSt"])
def test_an_amount_whose_name_leaves_the_tax_open_is_not_read(read, name, ends):
    said, sources = read(orders=sales(f"{name},{'Branch' if ends == ('x',) else 'Tax'}", *ends))
    assert not sources
    assert f"is the tax within `{name}`, or does it come on top?" in said


@pytest.mark.parametrize("name", ["Unit price (incl. VAT)", "Price + VAT"])
def test_prices_of_lines_with_tax_are_not_read(read, name):
    said, sources = read(lines=sales(f"{name},SKU,Quantity", "A,2"))
    assert not sources
    assert f"`{name}` is with tax, or may be: which column is the price without?" in said


def test_prices_of_lines_that_are_silent_about_tax_are_asked_about_where_no_order_says_it(read):
    lines = sales("Unit price,SKU,Quantity", "A,2")
    said, _ = read(lines=lines)
    assert "open: does `Unit price` hold the tax?" in said
    said, _ = read(lines=lines, orders=sales("Net,Branch", "x"))
    assert "open: does" not in said


def test_a_total_beside_discounts_in_any_language_is_a_question(read):
    said, sources = read(orders=sales("Valor total,Desconto", "1.00"))
    assert not sources
    assert "are tax, shipping and discounts within `Valor total`, or beside it?" in said


def test_a_rate_of_tax_is_no_tax(read):
    _, sources = read(orders=sales("Netto,ALV", "25.5 %", "14 %"))
    assert "tax" not in sources["orders"].columns


def test_what_was_given_back_is_a_refund_of_its_order(read):
    _, sources = read(orders=sales("Net,Status,Refund Amount", "Paid,0.00", "Refunded,5.00", "Paid,"))
    refunds = sources["orders"].kinds["refunds"]
    assert refunds.when == "regexp_matches(coalesce(\"Refund Amount\", ''), '[1-9]')"
    assert refunds.columns["amount"].sql == "ltrim(\"Refund Amount\", '-')"
    assert refunds.columns["order_id"] == "Order No"


def test_a_yes_that_something_was_given_back_is_no_amount(read):
    _, sources = read(orders=sales("Net,Refunded", "0", "1"))
    assert sources["orders"].kind == "orders"


@pytest.mark.parametrize(
    ("header", "words"),
    [("Line Type", ("Sale", "Sale Line", "Payment")), ("Vorgang", ("Verkauf", "Storno")), ("Type", ("Order", "Fee"))],
)
def test_rows_of_several_types_are_not_read_as_orders(read, header, words):
    said, sources = read(orders=sales(f"Net,{header}", *words))
    assert not sources
    assert f"`{header}` has {len(words)} different words: which of the rows are sales?" in said


def test_lines_of_a_till_are_no_receipts(read):
    rows = "".join(
        f"{n // 3},0{1 + n % 9}.02.2026,{n}.50,{('Sale', 'Sale Line', 'Payment')[n % 3]}\n" for n in range(18)
    )
    said, sources = read(till=f"Receipt Number,Date,Total,Line Type\n{rows}")
    assert not sources
    assert "A till" not in said


@pytest.mark.parametrize(
    ("header", "amount", "currency"),
    [
        ("Net", "R$ {n}.50", "BRL"),
        ("Net", "{n}.50 zł", "PLN"),
        ("Net (USD)", "{n}.50", "USD"),
        ("Net (£)", "{n}.50", "GBP"),
        ("Net", "US${n}.50", "USD"),
        ("Net US$", "{n}.50", "USD"),
        ("Net C$", "{n}.50", "CAD"),
        ("Net HK$", "{n}.50", "HKD"),
        ("Net (CAD)", "${n}.50", "CAD"),
        ("Belopp (SEK)", "{n}.50 kr", "SEK"),
        ("Belopp (kr) SEK", "{n}.50", "SEK"),
        ("total_usd", "{n}.50", "USD"),
        ("TotalGBP", "{n}.50", "GBP"),
        ("Net (AED)", "{n}.50", "AED"),
        ("Net", "SAR{n}.50", "SAR"),
        ("Net", "{n}.50 lei", "RON"),
        ("Net (R)", "{n}.50", "ZAR"),
        ("Net", "R {n}.50", "ZAR"),
    ],
)
def test_a_sign_or_a_code_in_the_header_names_the_currency(read, header, amount, currency):
    said, sources = read(orders=sales(f"{header},Branch", "x", net=amount))
    assert sources["orders"].currency == currency, said


@pytest.mark.parametrize(
    ("header", "amount", "what"),
    [
        ("Net", "Rs. {n}.50", "the sign `Rs` may mean INR, PKR"),
        ("Net", "{n}.50 kr.", "the sign `kr` may mean SEK, NOK, DKK"),
        ("Net (Rs.)", "{n}.50", "the header `Net (Rs.)` may mean INR, PKR"),
        ("Net kr", "{n}.50", "the header `Net kr` may mean SEK, NOK, DKK"),
    ],
)
def test_a_word_of_several_currencies_is_asked_about(read, header, amount, what):
    said, sources = read(orders=sales(f"{header},Branch", "x", net=amount))
    assert sources["orders"].currency is None
    assert what in said


def test_a_word_in_capitals_is_no_currency(read):
    _, sources = read(orders=sales("Net,Mail ALL", "x"))
    assert sources["orders"].currency is None


def test_a_sign_of_several_currencies_is_asked_about(read):
    said, sources = read(orders=sales("Net,Branch", "x", net="${n}.50"))
    assert sources["orders"].currency is None
    assert "the sign `$` may mean USD, CAD" in said


def test_a_sign_that_may_mean_the_companys_currency_does(read):
    said, sources = read("CAD", orders=sales("Net,Branch", "x", net="${n}.50"))
    assert sources["orders"].currency is None
    assert "may mean" not in said


@pytest.mark.parametrize(("company", "is_asked"), [("JPY", False), ("CNY", False), ("EUR", True)])
def test_the_sign_of_the_yen_is_that_of_the_yuan_too(read, company, is_asked):
    said, _ = read(company, orders=sales("Net,Branch", "x", net="¥{n}.50"))
    assert ("the sign `¥` may mean JPY, CNY" in said) == is_asked


def test_a_header_that_names_another_currency_than_the_sign_is_asked_about(read):
    said, sources = read(orders=sales("Net (EUR),Branch", "x", net="${n}.50"))
    assert not sources
    assert "the header `Net (EUR)` means EUR, and the sign `$` means USD or CAD" in said


def test_a_header_that_names_two_currencies_is_asked_about(read):
    said, _ = read(orders=sales("Net (USD/EUR),Branch", "x"))
    assert "the header `Net (USD/EUR)` may mean USD, EUR: which currency is it?" in said


@pytest.mark.parametrize(("currencies", "named"), [(("EUR",), "EUR:"), (("USD", "USD", "EUR"), "USD and others:")])
def test_a_header_that_names_another_currency_than_a_column_is_asked_about(read, currencies, named):
    said, sources = read(orders=sales("Net (USD),Currency", *currencies))
    assert not sources
    assert said.count(f"the header `Net (USD)` means USD, and `Currency` names {named} that column") == 1


def test_a_header_that_names_the_currency_of_the_column_is_no_question(read):
    _, sources = read(orders=sales("Net (USD),Currency", "USD"))
    assert sources["orders"].columns["currency"] == "Currency"


def test_lines_of_another_shop_are_not_taken_for_those_of_the_orders(read):
    lines = "".join(f"W{n},A{n},2,1.50,0{1 + n % 9}.02.2026\n" for n in range(18))
    _, sources = read(orders=sales("Net,Branch", "x"), lines=f"Order No,SKU,Quantity,Unit Price,Order Date\n{lines}")
    assert sources["lines"].system is None


@pytest.mark.parametrize(
    "header",
    ["Nr zamówienia,Data zamówienia,Wartość netto", "অর্ডার নম্বর,তারিখ,মোট", "订单编号,下单时间,订单金额",
     "Número de pedido,Fecha,Importe", "Numéro de commande,Date de commande,Montant HT"],
)  # fmt: skip
def test_orders_with_a_header_in_another_language(read, header):
    rows = "".join(f"S{n},1{n % 9}.02.2026,{n}.50\n" for n in range(18))
    said, sources = read(orders=f"{header}\n{rows}")
    assert sources["orders"].kind == "orders", said


def with_discounts(header: str, write: Callable[[int, int], str]) -> str:
    """Twelve sales of 20 and more, every third with a discount of 5; `write` gives what stands behind the day."""
    rows = "".join(f"S{n},0{1 + n % 9}.02.2026,{write(20 + n, 5 * (n % 3 == 0))}\n" for n in range(12))
    return f"Order No,Date,{header}\n{rows}"


def test_discounts_that_a_total_shows_to_be_taken_off_are_not_read(read):
    text = with_discounts("Subtotal,Discount,Total", lambda goods, off: f"{goods - off}.10,{off}.00,{goods - off}.10")
    said, sources = read(orders=text)
    assert "discounts" not in sources["orders"].columns
    assert "totals show that `Discount` is taken off `Subtotal` already" in said


def test_discounts_that_a_total_shows_to_be_beside_the_goods_are_read(read):
    text = with_discounts(
        "Subtotal,Discount,Tax,Total", lambda goods, off: f"{goods}.10,-{off}.00,2.00,{goods - off + 2}.10"
    )
    said, sources = read(orders=text)
    assert sources["orders"].columns["discounts"] == "Discount"
    assert "open:" not in said


def test_discounts_without_a_total_are_asked_about(read):
    said, sources = read(orders=with_discounts("Subtotal,Discount", lambda goods, off: f"{goods}.10,{off}.00"))
    assert sources["orders"].columns["discounts"] == "Discount"
    assert "is `Discount` taken off `Subtotal` already? No total tells, and it is taken as not" in said


def test_discounts_of_nothing_are_no_question(read):
    said, _ = read(orders=with_discounts("Subtotal,Discount", lambda goods, off: f"{goods}.10,0.00"))
    assert "open:" not in said


def test_a_column_whose_words_are_all_states_is_asked_about_whatever_its_name(read):
    said, sources = read(orders=sales("Net,osname", "Delivered", "Canceled"))
    assert "`osname` calls 9 rows `canceled`, and nothing says that it is the sale that it speaks of" in said
    assert "is_cancelled" not in sources["orders"].columns


@pytest.mark.parametrize(
    ("header", "words"), [("Mail consent", ("active", "cancelled")), ("Colour", ("red", "void")), ("Note", ("void",))]
)
def test_a_column_of_other_words_is_no_state(read, header, words):
    said, _ = read(orders=sales(f"Net,{header}", *words))
    assert "nothing says" not in said


@pytest.mark.parametrize(
    ("header", "words", "cancelled"),
    [("Статус", ("Выполнен", "Отменён"), "отменён"), ("Durum", ("Tamamlandı", "İptal"), "iptal"),
     ("ステータス", ("発送済み", "キャンセル"), "キャンセル"), ("Állapot", ("Teljesítve", "Törölve"), "törölve")],
)  # fmt: skip
def test_states_in_further_languages(read, header, words, cancelled):
    said, sources = read(orders=sales(f"Net,{header}", *words))
    assert cancelled in sources["orders"].columns["is_cancelled"].sql, said


def test_a_total_below_the_orders_is_left_out_and_said(read):
    said, sources = read(orders=sales("Net,Branch", "x") + ",Total,162.00,\n")
    assert sources["orders"].exclude == {"without_number": "trim(coalesce(\"Order No\", '')) = ''"}
    assert "1 of 19 records has nothing in `Order No`, as a total has none: left out" in said


def test_a_key_without_a_value_makes_no_kind(read):
    rows = "".join(f",a{n}@x.example,{n}\n" for n in range(18))
    said, sources = read(survey=f"Contact ID,Email,Branch\n{rows}")
    assert not sources
    assert "no kind fits" in said


def test_an_amount_without_tax_that_may_hold_shipping_is_a_question(read):
    said, sources = read(orders=sales("Amount net,Shipping", "4.90"))
    assert not sources
    assert "are tax, shipping and discounts within `Amount net`, or beside it?" in said


def test_points_that_may_divide_thousands_are_a_question(read):
    text = "".join(f"S{n};0{1 + n % 9}.02.2026;{n}.{100 + n}\n" for n in range(1, 19))
    said, sources = read(orders=f"Order No;Date;Net\n{text}")
    assert not sources
    assert "how are amounts like `9.999` to be read?" in said


@pytest.mark.parametrize("mark", ["’", "\u00a0", "\u202f"])
def test_any_mark_between_thousands_is_read(read, mark):
    rows = "".join(f"S{n};0{1 + n % 9}.02.2026;1{mark}{100 + n},50\n" for n in range(18))
    _, sources = read(orders=f"Order No;Date;Net\n{rows}")
    assert sources["orders"].options.thousands == ("'" if mark == "’" else " ")
