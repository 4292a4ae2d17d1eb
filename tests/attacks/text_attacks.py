"""Faults in how files are written: encodings, delimiters, quotes, headers, footers."""

from tests.attacks.exports import (
    Attack,
    Row,
    crm,
    customer_rows,
    customers,
    nights,
    order_rows,
    orders,
    put,
    shop,
)

CZECH = ("Plzeň", "Ústí nad Labem", "České Budějovice", "Liberec", "Hradec Králové", "Jihlava", "Třebíč", "Znojmo")
HUNGARIAN = ("Győr", "Székesfehérvár", "Hódmezővásárhely", "Kőszeg", "Érd", "Pécs", "Gödöllő", "Szentendre")
TURKISH = ("İstanbul", "Eskişehir", "Muğla", "Şanlıurfa", "Iğdır", "Balıkesir", "Çanakkale", "Niğde")
POLISH = ("Łódź", "Kraków", "Gdańsk", "Wrocław", "Poznań", "Białystok", "Częstochowa", "Toruń")
GERMAN = ("Köln", "München", "Düsseldorf", "Nürnberg", "Lübeck", "Würzburg", "Göttingen", "Osnabrück")
FRENCH = ("Besançon", "Orléans", "Nîmes", "Béziers", "Saint-Étienne", "Mâcon", "Évreux", "Angoulême")
BALTIC = ("Šiauliai", "Panevėžys", "Klaipėda", "Mažeikiai", "Kėdainiai", "Telšiai", "Plungė", "Radviliškis")
ROMANIAN = ("Timișoara", "Iași", "Brașov", "Constanța", "Galați", "Ploiești", "Târgu Mureș", "Bacău")
CROATIAN = ("Šibenik", "Poreč", "Čakovec", "Požega", "Križevci", "Đakovo", "Omiš", "Biograd")
GREEK = ("Αθήνα", "Θεσσαλονίκη", "Πάτρα", "Ηράκλειο", "Λάρισα", "Βόλος", "Ρόδος", "Χανιά")
RUSSIAN = ("Москва", "Казань", "Тверь", "Омск", "Пермь", "Самара", "Уфа", "Тула")
JAPANESE = ("東京", "大阪", "京都", "名古屋", "札幌", "福岡", "神戸", "仙台")


def in_cities(cities: tuple[str, ...], encoding: str) -> bytes:
    """`crm.csv` with these cities, in an encoding."""
    return customers(lambda n, row: put(row, 2, cities[n - 1])).encode(encoding)


def _encoded(cities: tuple[str, ...], encoding: str) -> Attack:
    """In an encoding that nobody declared: the right city, or said."""
    return crm(in_cities(cities, encoding), "encoding", "texts_garbled", right={"city": cities[0]})


def _footer(row: Row, *said: str) -> Attack:
    return shop(
        orders(rows=[*order_rows(), row]),
        *said,
        code=3 if "totals_rows" in said else 0,
        shop="    max_quarantined: 0.5",
    )


ENCODINGS = {
    "czech in cp1250": _encoded(CZECH, "cp1250"),
    "hungarian in cp1250": _encoded(HUNGARIAN, "cp1250"),
    "polish in cp1250": _encoded(POLISH, "cp1250"),
    "croatian in cp1250": _encoded(CROATIAN, "cp1250"),
    "one czech name in cp1250": crm(
        customers(lambda n, row: put(row, 2, "Plzeň") if n == 1 else put(row, 2, "Praha")).encode("cp1250"),
        "encoding",
        right={"city": "Plzeň"},
    ),
    "turkish in cp1254": _encoded(TURKISH, "cp1254"),
    "two turkish names in cp1254": crm(
        customers(lambda n, row: put(row, 2, ("Muğla", "Iğdır", "Ankara")[min(n, 3) - 1])).encode("cp1254"),
        "encoding",
        right={"city": "Muğla"},
    ),
    "romanian in cp1250": crm(
        customers(lambda n, row: put(row, 2, ROMANIAN[n - 1].replace("ș", "ş").replace("ț", "ţ"))).encode("cp1250"),
        "encoding",
        right={"city": "Timişoara"},
    ),
    "baltic in cp1257": _encoded(BALTIC, "cp1257"),
    "german in mac roman": _encoded(GERMAN, "mac_roman"),
    "french in mac roman": _encoded(FRENCH, "mac_roman"),
    "german in cp850": _encoded(GERMAN, "cp850"),
    "french in cp850": _encoded(FRENCH, "cp850"),
    "german in cp437": _encoded(GERMAN, "cp437"),
    "greek in cp1253": _encoded(GREEK, "cp1253"),
    "russian in koi8-r": _encoded(RUSSIAN, "koi8_r"),
    "japanese in shift_jis": _encoded(JAPANESE, "cp932"),
    "chinese in gb18030": _encoded(("北京", "上海", "广州", "深圳", "成都", "武汉", "杭州", "南京"), "gb18030"),
    "polish in iso-8859-2": _encoded(POLISH, "iso8859_2"),
    "turkish in iso-8859-9": _encoded(TURKISH, "iso8859_9"),
    "german in cp1252": _encoded(GERMAN, "cp1252"),
    "french in cp1252": _encoded(FRENCH, "cp1252"),
    "one german name in cp1252": crm(
        customers(lambda n, row: put(row, 2, "Köln") if n == 1 else put(row, 2, "Bonn")).encode("cp1252"),
        right={"city": "Köln"},
    ),
    "utf-8 taken for cp1252 and saved as utf-8": crm(
        customers(lambda n, row: put(row, 2, GERMAN[n - 1].encode().decode("cp1252"))),
        "texts_garbled",
        right={"city": "Köln"},
    ),
    "letters lost to question marks in boxes": crm(
        customers(lambda n, row: put(row, 2, GERMAN[n - 1].replace("ö", "\ufffd").replace("ü", "\ufffd"))),
        "texts_garbled",
        right={"city": "Köln"},
    ),
    "letters as HTML": crm(
        customers(lambda n, row: put(row, 2, GERMAN[n - 1].replace("ö", "&ouml;").replace("ü", "&uuml;"))),
        "texts_garbled",
        right={"city": "Köln"},
    ),
    "two byte order marks": crm(b"\xef\xbb\xbf\xef\xbb\xbf" + customers().encode(), right={"customers": 8}),
    "two exports joined, each with its mark": shop(
        b"\xef\xbb\xbf"
        + orders(rows=order_rows(1, 12)).encode()
        + b"\xef\xbb\xbf"
        + orders(rows=order_rows(13, 24)).encode(),
        "malformed",
        code=65,
    ),
    "utf-16 with tabs": crm(
        ("\ufeff" + customers(lambda n, row: put(row, 2, GERMAN[n - 1])).replace(",", "\t")).encode("utf-16-le"),
        right={"city": "Köln"},
        crm='    options: {delimiter: "\\t"}',
    ),
    "decomposed accents": crm(customers(lambda n, row: put(row, 2, "Ko\u0308ln")), right={"city": "Köln"}),
    "decomposed accents in addresses": nights(
        {
            "crm.csv": customers(lambda n, row: put(row, 1, f"jo\u0308rg{n}@example.org")),
            "orders.csv": orders(lambda n, row: put(put(row, 3, ""), 4, f"j\u00f6rg{(n - 1) % 8 + 1}@example.org")),
        },
        right={"linked": 24, "buyers": 8},
    ),
}

LAYOUTS = {
    "lines of a report before the header": shop("Orders report\nFrom 2026-01-01\n\n" + orders(), "header", code=4),
    "sep line of Excel": shop("sep=,\n" + orders(), "header", code=4),
    "a totals row that passes for an order": _footer(["Total", "2026-03-31 23:59:59", "552.00", "", ""], "totals_rows"),
    "a totals row with an empty id": _footer(["", "", "552.00", "", ""], "quarantined"),
    "a grand total in German": _footer(["Gesamtsumme", "2026-03-31 00:00:00", "552.00", "", ""], "totals_rows"),
    "subtotals of months": shop(
        orders(
            rows=[
                *order_rows(1, 9),
                ["Subtotal", "2026-01-31 00:00:00", "139.50", "", ""],
                *order_rows(10, 24),
                ["Subtotal ", "2026-03-31 00:00:00", "412.50", "", ""],
            ]
        ),
        "totals_rows",
        "quarantined",
        code=65,
    ),
    "a totals row whose id is a number": _footer(["24", "2026-03-31 00:00:00", "552.00", "", ""], "totals_rows"),
    "a footer in the first cell of the customers": crm(
        customers(rows=[*customer_rows(), ["8 records exported", "", ""]]), "footer_rows", right={"customers": 8}
    ),
    "a footer of who exported": crm(
        customers(rows=[*customer_rows(), ["Generated by admin on 2026-03-31", "", ""]]),
        "footer_rows",
        right={"customers": 8},
    ),
    "a second header of types": _footer(["string", "datetime", "number", "string", "string"], "quarantined"),
    "the header again in the middle": shop(
        orders(rows=[*order_rows(1, 12), ["id", "at", "total", "customer", "mail"], *order_rows(13)]),
        "no records",
        shop="    max_quarantined: 0.5",
    ),
    "the header again with other blanks and case": shop(
        orders(rows=[*order_rows(1, 12), ["ID", " At", "Total", "Customer", "Mail"], *order_rows(13)]),
        "quarantined",
        "no records",
        shop="    max_quarantined: 0.5",
    ),
    "header of the customers again in another case": crm(
        customers(rows=[*customer_rows(), ["ID", "Mail", "City"]]), "no records", "header", right={"customers": 8}
    ),
    "names of columns in other case": shop(orders(head="ID,AT,Total,CUSTOMER,Mail")),
    "a nameless column": shop(orders(lambda n, row: [*row, "x"], head="id,at,total,customer,mail,")),
    "a column of the same name behind": shop(
        orders(lambda n, row: [*row, "0.00"], head="id,at,total,customer,mail,total"), "more than once", code=4
    ),
    "names in quotes with blanks": shop(orders(head='" id ","at" ,total,"customer", "mail"')),
    "no-break space behind a name": shop(orders(head="id,at,total\u00a0,customer,mail")),
    "zero width space in a name": shop(orders(head="id,at,\u200btotal,customer,mail")),
    "a unit in a name": shop(orders(head="id,at,total (EUR),customer,mail"), "did you mean", code=4),
    "semicolons": shop(orders().replace(",", ";"), "separated by `;`", code=4),
    "pipes": shop(orders().replace(",", "|"), "separated by `|`", code=4),
    "Windows line ends": shop(orders().replace("\n", "\r\n")),
    "old Mac line ends": shop(orders().replace("\n", "\r")),
    "doubled carriage returns": shop(orders().replace("\n", "\r\r\n"), "no record", code=4),
    "line ends within quotes": crm(
        customers(lambda n, row: put(row, 2, '"Kö\r\nln"' if n == 1 else row[2])), right={"customers": 8}
    ),
    "a carriage return within quotes": crm(
        customers(lambda n, row: put(row, 2, '"Kö\rln"' if n == 1 else row[2])), right={"customers": 8}
    ),
    "inches in a name": crm(
        customers(lambda n, row: put(row, 2, 'Berlin 12"' if n == 1 else row[2])),
        right={"customers": 8, "city": 'Berlin 12"'},
    ),
    "a nickname in bare quotes": crm(
        customers(lambda n, row: put(row, 2, 'Am "Ring" 3' if n == 1 else row[2])), right={"customers": 8}
    ),
    "quotes escaped by a backslash": crm(
        customers(lambda n, row: put(row, 2, '"Am \\"Ring\\", 3"' if n == 1 else row[2])),
        "no records",
        "stale",
        right={"customers": 8, "city": 'Am "Ring", 3'},
    ),
    "an open quote that swallows lines": crm(
        customers(lambda n, row: put(row, 2, '"Berlin' if n == 3 else row[2])),
        "no records",
        "stale",
        right={"customers": 8},
    ),
    "an open quote closed five lines later": crm(
        customers(lambda n, row: put(row, 2, '"Berlin' if n == 2 else 'Bonn"' if n == 6 else row[2])),
        "no records",
        "stale",
        right={"customers": 8},
    ),
    "quotes that are apostrophes": shop(orders(lambda n, row: [f"'{cell}'" for cell in row]), "quarantined", code=65),
    "an end-of-file mark of DOS": shop(orders() + "\x1a", "no line end", "no records", code=4),
    "an end-of-file mark and a line end": shop(orders() + "\x1a\n", "no records", shop="    max_quarantined: 0.5"),
    "NUL within a cell": shop(orders(lambda n, row: put(row, 3, row[3] + "\0"))),
    "blank lines between records": shop(orders().replace("\n", "\n\n")),
    "lines of delimiters only": shop(
        orders(rows=[*order_rows(), ["", "", "", "", ""], ["", "", "", "", ""]]), "quarantined", code=65
    ),
    "delimiters behind each record": shop(orders(lambda n, row: [*row, "", ""])),
    "a comma in a total without quotes": shop(
        orders(lambda n, row: put(row, 2, "1,010.50") if n == 1 else row), "malformed", code=65
    ),
    "columns moved by one from the middle on": shop(
        orders(lambda n, row: [row[0], "", *row[1:4]] if n > 12 else row), "quarantined", code=65
    ),
    "a file cut within a line": shop(orders()[:-9], "no line end", code=4),
    "two files joined without a line end": shop(
        orders(rows=order_rows(1, 12))[:-1] + orders(rows=order_rows(13)), "no records", "quarantined", code=65
    ),
    "tabs in a cell": shop(orders(lambda n, row: put(row, 0, f"\t{row[0]}"))),
    "no-break spaces around cells": shop(orders(lambda n, row: [f"\u00a0{cell} " for cell in row])),
    "formulas that keep zeros": shop(
        orders(lambda n, row: put(row, 3, f'="{row[3]}"')), right={"buyers": 8, "linked": 24}
    ),
    "an HTML error page with 200": shop("<!doctype html><p>Sign in</p>\n", "web page", code=4),
    "a JSON error": shop('{"error": "quota"}\n', "JSON", code=4),
    "an error message as CSV": shop("error\nquota exceeded\n", "header", code=4),
}
