"""Files that are no UTF-8: the encoding is written where several signs agree, and asked about where they do not."""

import pytest

from regulars.pipelines.command.init.init import InitRequest, init_settings
from regulars.pipelines.errors import InputRefused
from regulars.pipelines.settings.settings_file import load_settings

POLISH = "Nr zamówienia,Data,Kwota netto,Imię\n" + "".join(
    f"{n},2026-01-0{n % 9 + 1},{n}.50,{('Łukasz', 'Małgorzata Ślęzak', 'Żaneta')[n % 3]}\n" for n in range(18)
)
GREEK = "Order No,Date,Net,City\n" + "".join(
    f"{n},2026-01-0{n % 9 + 1},{n}.50,{('Αθήνα', 'Πάτρα', 'Γιώργος')[n % 3]}\n" for n in range(18)
)
WESTERN = "Order No,Date,Net,City\n" + "".join(
    f"{n},2026-01-0{n % 9 + 1},{n}.50,{('München', 'Köln', 'Orléans')[n % 3]}\n" for n in range(18)
)


@pytest.fixture
def init(tmp_path):
    """Write files, make settings, and give what was said and the sources."""

    def init(ask=None, **files: bytes):
        folder = tmp_path / "exports"
        folder.mkdir()
        for name, content in files.items():
            (folder / f"{name}.csv").write_bytes(content)
        settings = tmp_path / "regulars.yaml"
        try:
            said = init_settings(InitRequest(folder, settings, timezone="Europe/Athens", currency="EUR", ask=ask))
        except InputRefused as error:
            return str(error), {}
        return said, dict(load_settings(settings, {}).sources)

    return init


@pytest.mark.parametrize("encoding", ["cp1250", "iso8859-2", "utf-16-le"])
def test_an_encoding_in_which_several_signs_agree_is_written_and_said(init, encoding):
    said, sources = init(orders=POLISH.encode(encoding))
    assert sources["orders"].options.encoding == encoding
    assert sources["orders"].columns["order_id"] == "Nr zamówienia"
    assert encoding in said
    assert "Małgorzata" not in said


def test_an_encoding_that_the_bytes_leave_open_is_asked_about_with_words_that_name_nobody(init):
    said, sources = init(orders=GREEK.encode("cp1253"))
    assert not sources
    assert "their bytes leave open in which encoding they are" in said
    assert "Αθήνα" not in said


def test_an_answer_names_the_encoding(init):
    shown = []

    def ask(text, labels):
        shown.extend(labels)
        return "1"

    _, sources = init(ask, orders=GREEK.encode("cp1253"))
    assert shown == ["cp1253 (Greek): Α···· Π···· Γ······"]
    assert sources["orders"].options.encoding == "cp1253"


def test_western_names_are_read_without_a_word(init):
    said, sources = init(orders=WESTERN.encode("cp1252"))
    assert sources["orders"].options.encoding == "auto"
    assert "encoding" not in said


def test_a_file_with_nothing_beyond_ascii_is_one_of_the_same_export(init):
    header = "Order No,Data,Netto,Name\n"
    body = "".join(f"{n},2026-01-0{n % 9 + 1},{n}.50,Ann\n" for n in range(18))
    letters = body.replace("Ann", "Łukasz Wójcik").replace("Łukasz", "Małgorzata Ślęzak", 5)
    _, sources = init(orders_1=(header + body).encode(), orders_2=(header + letters).encode("cp1250"))
    assert list(sources) == ["orders"]
    assert sources["orders"].options.encoding == "cp1250"
    assert sources["orders"].paths == ["exports/orders_*.csv"]
