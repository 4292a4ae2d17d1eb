"""What the names of amounts say of tax and of the currency."""

import pytest

from regulars.pipelines.sources.recognition.amounts import find_tax_basis
from regulars.pipelines.sources.recognition.column_names import bare_name


@pytest.mark.parametrize(
    "name",
    [
        *("Total (incl. 19% MwSt)", "total_incl_tax", "TotalInclTax", "Totale IVA inclusa", "Kwota z VAT"),
        *("Valor com impostos", "Cena s DPH", "Total VAT incl.", "Total (GST inclusive)", "Betrag inkl. USt."),
        *("Montant TTC", "Brutto", "含税金额", "Summa sis. ALV", "total_paid_tax_incl", "Total TVA comprise"),
    ],
)
def test_a_name_says_that_its_amounts_are_with_tax(name):
    assert find_tax_basis(name) == "with"


@pytest.mark.parametrize(
    "name",
    [
        *("Total (excl. 19% MwSt)", "total_excl_vat", "TotalExclTax", "Total exVAT", "montant hors taxe"),
        *("prix hors-taxe", "Total sans TVA", "Totale IVA esclusa", "Importo senza IVA", "Cena bez DPH"),
        *("zzgl. MwSt", "Preis zzgl. MwSt.", "Kwota bez VAT", "Valor sem ICMS", "Total w/o tax", "Summa alv 0%"),
        *("Total hors TPS/TVQ", "Total avant taxes", "Umsatz o. MwSt", "Total not including tax", "不含税金额"),
        *("Importe IVA no incluido", "Total (TVA non comprise)", "Netto", "Montant HT", "Amount ex. VAT"),
    ],
)
def test_a_name_says_that_its_amounts_are_without_tax(name):
    assert find_tax_basis(name) == "without"


@pytest.mark.parametrize(
    "name", ["Total", "Nettogewicht", "Bruttogewinn", "Tax", "MwSt", "Buyer's tax", "Total tax", "VAT 20%", "Text"]
)
def test_a_name_without_such_words_says_nothing_of_tax(name):
    assert find_tax_basis(name) == ""


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Total (incl. 19% MwSt)", "total"),
        ("total_excl_vat", "total"),
        ("total_eur", "total"),
        ("Total US$", "total"),
        ("TotalGBP", "total"),
        ("Wartość netto (zł)", "wartość"),
        ("USD", "usd"),
        ("Netto", "netto"),
        ("Scope", "scope"),
    ],
)
def test_a_name_without_what_it_says_of_tax_and_currency(name, bare):
    assert bare_name(name) == bare
