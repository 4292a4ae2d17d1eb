"""Archives as tools deliver them: each file in one is a delivery of its own, and a dangerous archive is refused."""

import io
import tarfile
import zipfile

import pytest

from regulars.pipelines.command.preview.samples import take_sample

HEAD = "id,day,total\n"
ONE, TWO = HEAD + "1,2026-01-01,9.50\n", HEAD + "2,2026-01-02,20.00\n"


def zipped(files, **how):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content.encode()))
    return out.getvalue()


@pytest.fixture
def packed(shop):
    """A shop that delivers its orders in archives."""
    shop.sources["shop"].update(path="export*", member="orders_*.csv", delivery="incremental")
    return shop


FILES = {"orders_10.csv": TWO, "a/orders_9.csv": ONE, "README.txt": "hello", "__MACOSX/._orders_1.csv": "x"}


@pytest.mark.parametrize(("name", "content"), [("export.zip", zipped(FILES)), ("export.tar.gz", tarred(FILES))])
def test_each_file_in_an_archive_is_a_delivery_with_a_name_of_its_own(packed, name, content):
    packed.write(name, content)
    landed = packed.land()["shop"]
    assert [each.file_name for each in landed.deliveries] == [f"{name}/a/orders_9.csv", f"{name}/orders_10.csv"]
    assert [each.bytes for each in landed.deliveries] == [len(ONE), len(TWO)]
    assert packed.rows("order_id") == [("1",), ("2",)]
    assert packed.land()["shop"].landed == []


def test_a_newer_archive_lands_only_what_is_new_in_it(packed):
    packed.write("export_1.zip", zipped({"orders_1.csv": ONE}), hours_old=3)
    packed.land()
    packed.write("export_2.zip", zipped({"orders_1.csv": ONE, "orders_2.csv": TWO}))
    assert len(packed.land()["shop"].landed) == 1
    assert packed.rows("order_id") == [("1",), ("2",)]


def test_a_bad_line_is_named_with_the_archive_and_its_file(packed):
    packed.write("export.zip", zipped({"orders_1.csv": HEAD + "1,2026-01-01\n" + "2,2026-01-02,9\n"}))
    assert packed.rows("line", "malformed") == [(2,)]
    assert packed.rows("file_name", "files") == [("export.zip/orders_1.csv",)]


def test_several_files_for_a_full_source_are_not_read_as_the_last_one(packed):
    packed.sources["shop"]["delivery"] = "full"
    packed.write("export.zip", zipped(FILES))
    assert "holds 2 files that fit `orders_*.csv`" in packed.refusal().sentence


def encrypted():
    content = bytearray(zipped({"orders_1.csv": ONE}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    return bytes(content)


def lying():
    """An archive that says its file is smaller than it is."""
    content = bytearray(zipped({"orders_1.csv": ONE + "x" * 1000}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.index(mark) + at
        content[place : place + 4] = (10).to_bytes(4, "little")
    return bytes(content)


def astray(begins_at):
    """An archive whose list of contents stands elsewhere than it says, so that members begin that much earlier."""
    content = bytearray(zipped({"orders_1.csv": ONE}))
    at = content.index(b"PK\x05\x06") + 16
    content[at : at + 4] = (int.from_bytes(content[at : at + 4], "little") - begins_at).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (zipped(FILES)[:-30], "is cut off or damaged"),
        (astray(-1000), "is cut off or damaged"),
        (astray(60), "is cut off or damaged"),
        (tarred(FILES)[:-30], "is cut off or damaged"),
        (ONE.encode(), "is no zip or tar file: leave `member` out"),
        (b"", "is empty"),
        (encrypted(), "has a password"),
        (lying(), "export"),
        (zipped({"orders_1.csv": "0" * 30_000_000}), "it is not an export"),
        (tarred({"orders_1.csv": "0" * 30_000_000}), "it is not an export"),
        (zipped({"../orders_1.csv": ONE}), "holds a path that leads out of it"),
        (tarred({"/etc/orders_1.csv": ONE}), "holds a path that leads out of it"),
        (zipped({"inner.zip": zipped({"orders_1.csv": ONE})}), "holds other archives"),
        (zipped({"customers.csv": ONE}), "holds no file that fits `orders_*.csv` among its 1"),
        (zipped({"orders_1.csv": "<html>"}), "export.zip/orders_1.csv is a web page"),
    ],
)
def test_a_dangerous_or_broken_archive_is_refused_with_what_is_wrong(packed, content, sentence):
    packed.write("export.zip", content)
    assert sentence in packed.refusal().sentence


def test_a_zip_where_no_member_is_named_says_that_one_is_missing(shop):
    shop.write("orders.csv", zipped({"orders_1.csv": ONE}))
    assert "set `member` to the file in it that is meant" in shop.refusal().sentence


def test_preview_looks_at_the_files_in_an_archive(packed, tmp_path):
    packed.write("export.zip", zipped(FILES))
    sample = take_sample("shop", packed.settings.sources["shop"], packed.data, tmp_path / "look")
    assert sample.names == ("export.zip/a/orders_9.csv", "export.zip/orders_10.csv")
    assert sample.source.member is None
