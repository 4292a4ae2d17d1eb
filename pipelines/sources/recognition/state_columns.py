"""Tells by its name what a column of states is about: the sale, something beside it, or nothing of it.

Put here: the names of such columns. Keep out: the words in them (`states.py`).
"""

from typing import Literal

from regulars.pipelines.sources.recognition.column_names import plain_name

Topic = Literal["sale", "beside", "none"]

_STATES = {
    *("status", "state", "states", "zustand", "statut", "état", "etat", "estado", "situação", "situacao", "situación"),
    *("stato", "stan", "stav", "tila", "tilanne", "tilstand", "状态", "অবস্থা"),
    *("статус", "состояние", "стан", "állapot", "státusz", "durum", "durumu", "status", "stare", "κατάσταση", "状態"),
    *("ステータス", "狀態", "상태"),
}
_ENDS = ("status", "zustand", "statut", "state", "tila", "状态", "状態", "狀態", "상태", "状況")
"""What a name of one word may end with: `Zahlungsstatus`, `订单状态`."""
_MAY_BE_PLACES = {"state", "states", "estado", "stato", "stan", "état", "etat"}
"""Words that also mean a part of a country."""
_SALE = {
    *("order", "orders", "ordered", "payment", "payments", "financial", "sale", "sales", "purchase"),
    *("bestellung", "bestell", "auftrag", "auftrags", "zahlung", "zahlungs", "bezahl", "verkauf", "verkaufs", "finanz"),
    *("commande", "paiement", "vente", "financier", "pedido", "pago", "venta", "compra", "financiero"),
    *("pagamento", "venda", "encomenda", "financeiro", "ordine", "vendita", "finanziario"),
    *("bestelling", "bestel", "betaling", "betalings", "betaal", "verkoop"),
    *("zamówienia", "zamówienie", "płatności", "płatność", "sprzedaży"),
    *("objednávky", "objednávka", "platby", "platba", "prodeje", "tilauksen", "tilaus", "maksun", "maksu", "myynnin"),
    *("beställning", "beställnings", "betalning", "betalnings", "försäljning", "ordre", "ordrens", "salgs", "ordern"),
    *(
        "订单",
        "支付",
        "付款",
        "অর্ডার",
        "অর্ডারের",
        "পেমেন্ট",
        "পেমেন্টের",
        "訂單",
        "注文",
        "注文の",
        "支払い",
        "주문",
        "결제",
    ),
    *("заказа", "заказ", "оплаты", "замовлення", "оплати", "поръчка", "rendelés", "fizetés", "sipariş", "ödeme"),
    *("comandă", "comenzii", "plată", "narudžbe", "naročila", "παραγγελίας", "užsakymo", "pasūtījuma", "tellimuse"),
}
_ELSEWHERE = {
    *("email", "mail", "e", "sms", "newsletter", "marketing", "consent", "notification", "sync", "erp", "crm", "api"),
    *("webhook", "export", "import", "print", "marital", "civil", "employment", "customer", "contact", "account"),
    *("member", "membership", "loyalty", "country", "address", "residence", "familien", "survey", "review", "stock"),
}
"""What has nothing to do with whether something was sold."""
_FILLING = {
    *("of", "the", "name", "latest", "last", "current", "code", "text", "label", "value", "id"),
    *("de", "la", "le", "l", "d", "du", "des", "del", "do", "da", "della", "dell", "der", "van", "het"),
}


def find_topic(column: str) -> Topic:
    """What a column of states is about; `none` too where it is no such column: `Real estate`."""
    words = plain_name(column).split()
    others: set[str] = set()
    is_state = False
    for word in words:
        before = next((word.removesuffix(end) for end in _ENDS if word.endswith(end)), word)
        if word in _STATES:
            is_state = True
        elif before != word and (before in _SALE or word.endswith(("status", "状态", "状態", "狀態", "상태", "状況"))):
            is_state = True
            others.add(before)
        else:
            others.add(word)
    others -= _FILLING
    if not is_state or others & _ELSEWHERE:
        return "none"
    return "sale" if others <= _SALE else "beside"


def is_of_something_else(column: str) -> bool:
    """Whether a name says that a column is about something that is no sale: `E-mail consent`."""
    return bool(set(plain_name(column).split()) & _ELSEWHERE)


def may_be_place(column: str) -> bool:
    """Whether a column may be a part of a country just as well: `State`, `Estado`."""
    return plain_name(column) in _MAY_BE_PLACES
