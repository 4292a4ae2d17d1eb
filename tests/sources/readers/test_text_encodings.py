"""Texts that are no UTF-8 are told to be in an encoding only where several signs agree; else it is asked."""

import pytest

from regulars.pipelines.sources.readers.encodings.text_encodings import find_text_encoding, find_utf16

NAMES = {
    "Polish": ("Nr zamówienia,Kwota,Miasto", "Łukasz Wójcik,Łódź\nMałgorzata Żak,Kraków\nGrażyna Ślęzak,Częstochowa"),
    "Czech": ("Objednávka,Částka,Město", "Jiří Dvořák,Plzeň\nKateřina Černá,Ústí\nZdeněk Růžička,Třebíč\nŠťastný,Žďár"),
    "Hungarian": ("Rendelés,Összeg,Név", "Győző Kovács,Győr\nErzsébet Szűcs,Pécs\nLőrinc Fülöp,Gödöllő"),
    "Turkish": ("Sipariş No,Tutar,Müşteri", "Ayşe Yıldız,İstanbul\nOğuz Öztürk,Muğla\nGülşen Çağlar,Eskişehir"),
    "Russian": ("Номер заказа,Сумма,Город", "Иван Петров,Москва\nАнна Смирнова,Казань\nОльга Фёдорова,Томск"),
    "Greek": ("Παραγγελία,Ποσό,Πόλη", "Γιώργος Παπαδόπουλος,Αθήνα\nΜαρία Νικολάου,Πάτρα"),
    "Hebrew": ("מספר,סכום,שם", "דוד כהן,תל אביב\nשרה לוי,חיפה\nמשה מזרחי,ירושלים"),
    "Arabic": ("رقم,المبلغ,الاسم", "محمد علي,القاهرة\nفاطمة حسن,الرياض\nأحمد سالم,دبي"),
    "Chinese": ("订单编号,金额,姓名", "王小明,北京\n李华,上海\n张伟,广州\n刘洋,杭州"),
    "Chinese in Taiwan": ("訂單編號,金額,姓名", "陳怡君,台北\n林志明,高雄\n黃淑芬,台中"),
    "Japanese": ("注文番号,金額,氏名", "佐藤太郎,東京都\n鈴木花子,大阪市\n田中みゆき,札幌市"),
    "Korean": ("주문번호,금액,이름", "김민수,서울\n이영희,부산\n박철수,대구"),
    "Lithuanian": ("Užsakymo nr,Suma,Vardas", "Šiauliai,Rūta\nPanevėžys,Eglė\nKėdainiai,Žukauskaitė"),
    "Romanian": ("Comandă,Sumă,Oraş", "Ştefan,Iaşi\nIoana Ţurcanu,Bucureşti\nMădălina,Timişoara"),
    "German on a Mac": ("Kundennummer,Größe,Ort", "Jürgen Müller,München\nBjörn Groß,Köln"),
}  # fmt: skip
WRITTEN = [
    *((name, encoding) for name in ("Polish", "Czech", "Hungarian") for encoding in ("cp1250", "iso8859-2", "cp852")),
    ("Turkish", "cp1254"), ("Turkish", "cp857"), ("Russian", "cp1251"), ("Russian", "koi8_r"), ("Russian", "cp866"),
    ("Russian", "iso8859-5"), ("Greek", "cp1253"), ("Hebrew", "cp1255"), ("Arabic", "cp1256"),
    ("Chinese", "gb18030"), ("Chinese in Taiwan", "big5"), ("Japanese", "cp932"), ("Japanese", "euc_jp"),
    ("Korean", "cp949"), ("Lithuanian", "cp1257"), ("Romanian", "cp1250"), ("German on a Mac", "mac_roman"),
]  # fmt: skip
WESTERN = {
    "German": "Jürgen Müller,München\nBjörn Groß,Köln",
    "French": "Hélène Lefèvre,Genève\nIrène Mège,Angers",
    "Spanish": "Peña,Coruña\nMuñoz,Logroño",
    "Portuguese": "João Conceição,São Paulo",
    "Nordic": "Åsa Öberg,Malmö\nJørgen Sørensen,Ærø",
    "Icelandic": "Þórður Ýmir,Reykjavík\nGuðrún Sæmundsdóttir,Akureyri",
    "several": "Jürgen Müller,München\nJosé Peña,Málaga\nÅsa Ström,Malmö\nHélène Lefèvre,Genève",
}


def find(header, rows, encoding, times=3):
    lines = "".join(f"{n},9.50,{row}\n" for n, row in enumerate(rows.split("\n") * times))
    header = f"{header}\n"
    sample = lines if header.isascii() else header + lines
    return find_text_encoding(header.encode(encoding), sample.encode(encoding)), sample


@pytest.mark.parametrize(("name", "encoding"), WRITTEN)
def test_letters_and_words_of_one_language_settle_the_encoding(name, encoding):
    found, sample = find(*NAMES[name], encoding)
    assert found.is_sure, found.readings
    assert found.readings[0].text == sample


@pytest.mark.parametrize(("name", "encoding"), WRITTEN)
def test_without_words_of_a_language_no_encoding_is_wrongly_sure(name, encoding):
    found, sample = find("id,total,name", NAMES[name][1], encoding)
    assert not found.is_sure or found.readings[0].text == sample


@pytest.mark.parametrize("name", WESTERN)
def test_western_european_names_are_no_question(name):
    found, _ = find("id,total,name", WESTERN[name], "cp1252")
    assert found.is_western
    assert found.encoding == "cp1252"


def test_hungarian_names_without_a_header_in_hungarian_may_be_western():
    found, _ = find("id,total,name", NAMES["Hungarian"][1], "cp1250")
    assert not found.is_sure
    assert [each.encoding for each in found.readings] == ["cp1250", "cp1252"]


def test_few_letters_settle_nothing():
    assert not find("id,total,name", "Plzeň", "cp1250", times=1)[0].is_sure


def test_shown_words_name_nobody():
    assert find(*NAMES["Russian"], "cp1251")[0].readings[0].words == "Н···· з····· С···· Г····"
    assert find("kwota,miasto,name", "Łukasz Wójcik,Łódź", "cp1250")[0].readings[0].words == "Ł····· ·ó···· Łó·ź"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark(name, encoding):
    header, rows = NAMES[name]
    assert find_utf16(f"{header}\n{rows}\n".encode(encoding)) == encoding


def test_a_text_with_a_few_zeros_is_no_utf16():
    assert find_utf16(b"id,total\n" + b"1,2\x003\n" * 20) == ""
    assert find_utf16(b"id,total\n" + bytes(5_000)) == ""


@pytest.mark.parametrize(
    ("declared", "delivered", "what"),
    [
        ("cp1250", "utf-8", "its letters beyond ASCII are UTF-8"),
        ("cp1252", "utf-8", "its letters beyond ASCII are UTF-8"),
        ("cp1252", "cp1250", "it is cp1250: its"),
        ("cp1250", "iso8859-2", "it is iso8859-2: its"),
        ("utf-16-le", "utf-8", "not a single zero byte"),
    ],
)
def test_a_delivery_in_another_encoding_than_declared_is_refused(shop, declared, delivered, what):
    header, rows = NAMES["Polish"]
    text = f"id,day,total,{header}\n" + "".join(
        f"{n},2026-01-01,9.50,{row},\n" for n, row in enumerate(rows.split("\n") * 3)
    )
    shop.sources["shop"]["options"] = {"encoding": declared}
    shop.write("orders.csv", text.encode(delivered))
    refusal = shop.refusal()
    assert refusal.reason_code == "undecodable"
    assert refusal.sentence.startswith(f"orders.csv is not {declared}, as `options` say: {what}")


@pytest.mark.parametrize("delivered", ["cp1250", "utf-8-sig"])
def test_a_delivery_as_declared_or_with_a_mark_is_read(shop, delivered):
    shop.sources["shop"]["options"] = {"encoding": "cp1250"}
    shop.write("orders.csv", "id,day,total\nŁódź,2026-01-01,9.50\n".encode(delivered))
    assert shop.rows("order_id") == [("Łódź",)]


def test_where_nothing_is_declared_an_encoding_that_is_sure_is_named(shop):
    header, rows = NAMES["Czech"]
    shop.write("orders.csv", f"id,day,{header}\n1,2,{rows}\n".encode("cp1250"))
    assert "perhaps it is cp1250" in shop.refusal().sentence


def test_one_letter_that_many_lists_share_is_western():
    found, _ = find("Ordernr,Belopp,Kund", "Åsa", "cp1252", times=20)
    assert found.is_western


def test_one_letter_is_told_as_one():
    found = find_text_encoding("id,jméno".encode("cp1250"), "Plzeň".encode("cp1250"))
    assert found.signs == "its 1 letter beyond ASCII is Czech or Slovak, and its header has words of that language"
