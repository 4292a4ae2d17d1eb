"""Bytes that are not UTF-8 are read as Windows-1252 only where they look like it."""

import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.settings_file import parse_settings
from regulars.pipelines.sources.readers.western_text import guess_other_encoding, has_doubtful_letters
from tests.settings.test_settings_file import SMALL

WESTERN = (
    "1,Jürgen,Berlin",
    "1,Jürgen Müller,München\n2,Björn Groß,Köln",
    "1,Élodie Lefèvre,Orléans\n2,François Côté,Besançon – l’été",
    "1,Peña Núñez,¿Qué?\n2,José Ibáñez",
    "1,Hämäläinen,Jyväskylä\n2,Mäkelä,Åbo",
    "1,João Conceição,São Paulo",
    "1,€ 5\n2,£ 7",
    "1,Café “quoted” – it’s 5 €",
    "1,50 % ® ™ © °",
    "1,vu,über,São",
    "1,Ñuñoa",
)
OTHERS = {
    "cp1251": "1,Иван Петров,Москва\n2,Анна Смирнова,Санкт-Петербург",
    "cp1250": "1,Łukasz Wójcik,Łódź\n2,Małgorzata Żółć,Kraków\n3,Grażyna Ślęzak,Częstochowa",
    "gb18030": "1,王小明,北京\n2,李华,上海",
    "cp1253": "1,Γιώργος Παπαδόπουλος,Αθήνα",
}


@pytest.mark.parametrize("text", WESTERN)
def test_western_european_text_is_not_doubted(tmp_path, text):
    (tmp_path / "a.csv").write_bytes(f"id,name\n{text}\n".encode("cp1252"))
    assert guess_other_encoding(tmp_path / "a.csv") is None


def test_of_few_letters_the_encoding_is_doubted_and_not_guessed(tmp_path):
    (tmp_path / "a.csv").write_bytes("id,name\nМосква,Смирнова\n".encode("cp1251"))
    assert guess_other_encoding(tmp_path / "a.csv") == ""


@pytest.mark.parametrize("encoding", OTHERS)
def test_text_in_another_encoding_is_doubted(tmp_path, encoding):
    (tmp_path / "a.csv").write_bytes(f"id,name\n{OTHERS[encoding]}\n".encode(encoding))
    assert guess_other_encoding(tmp_path / "a.csv") in (encoding, "")


def test_where_the_language_is_recognised_the_encoding_is_named(tmp_path):
    (tmp_path / "a.csv").write_bytes(f"id,name\n{OTHERS['cp1251']}\n".encode("cp1251"))
    assert guess_other_encoding(tmp_path / "a.csv") == "cp1251"


@pytest.mark.parametrize("encoding", ["cp1251", "gb18030", "shift_jis", "iso8859-15", "utf-16-le"])
def test_any_encoding_that_python_knows_can_be_declared(shop, encoding):
    shop.sources["shop"]["options"] = {"encoding": encoding}
    name = {"cp1251": "Москва", "iso8859-15": "Œuvre €"}.get(encoding, "東京")
    shop.write("orders.csv", f"id,day,total\n{name},2026-01-01,9.50\n".encode(encoding))
    assert shop.rows("order_id") == [(name,)]


def test_a_file_that_would_be_read_wrongly_is_refused_with_a_guess(shop):
    shop.write("orders.csv", f"id,day,total\n{OTHERS['cp1251']}\n".encode("cp1251"))
    refusal = shop.refusal()
    assert refusal.reason_code == "undecodable"
    assert refusal.sentence == (
        "orders.csv is not UTF-8 from line 2 on, and does not look like Windows-1252, as which it would be read; "
        "perhaps it is cp1251 (its 42 letters beyond ASCII are Russian, and charset-normalizer reads the "
        "same text). Say `options: {encoding: …}`, or export it as UTF-8"
    )


def test_a_declared_encoding_that_does_not_fit_names_the_line(shop):
    shop.sources["shop"]["options"] = {"encoding": "shift_jis"}
    shop.write("orders.csv", b"id,day,total\n\xff\xff,2026-01-01,9.50\n")
    assert "orders.csv is not shift_jis at byte 13 (line 2)" in shop.refusal().sentence


@pytest.mark.parametrize("name", ["klingon", "base64", "unicode_escape", "undefined", ""])
def test_what_is_no_encoding_of_files_is_a_mistake_in_the_settings(name):
    text = SMALL.replace("    kind: orders", f"    options: {{encoding: '{name}'}}\n    kind: orders")
    with pytest.raises(SettingsWrong, match=f"`{name}` is not an encoding; write one such as utf-8"):
        parse_settings(text, name="regulars.yaml", environment={})


@pytest.mark.parametrize(
    ("text", "encoding", "is_doubtful"),
    [
        ("Köln, München, Größe, Málaga, Besançon", "cp1252", False),
        ("Orléans – 5 €", "cp1252", False),
        ("Lefèvre", "cp1252", True),
        ("Plzeň", "cp1250", True),
        ("Győr", "cp1250", True),
        ("Muğla", "cp1254", True),
        ("München", "mac_roman", True),
    ],
)
def test_letters_that_another_latin_encoding_reads_otherwise_are_doubtful(tmp_path, text, encoding, is_doubtful):
    (tmp_path / "a.csv").write_bytes(f"id,name\n1,{text}\n".encode(encoding))
    assert has_doubtful_letters(tmp_path / "a.csv") is is_doubtful


def test_a_guessed_encoding_is_said_until_one_is_declared(shop):
    shop.write("orders.csv", "id,day,total\nPlzeň,2026-01-01,9.50\n".encode("cp1250"))
    [found] = shop.land()["shop"].findings
    assert (found.name, found.count, found.example) == ("encoding_guessed", 1, "orders.csv")
    assert [each.name for each in shop.land()["shop"].findings] == ["encoding_guessed"]  # a known file too
    shop.sources["shop"]["options"] = {"encoding": "cp1250"}
    assert shop.land()["shop"].findings == []
    assert shop.rows("order_id") == [("Plzeň",)]
