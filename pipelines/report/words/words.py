"""What the report says, and how it writes numbers and days, in one language.

Put here: looking a sentence up in its catalogue, and formatting. Keep out: which sentences and which numbers.
A language is one file beside this one, such as `fi.po`; English is what the code says and has none. The file also says
how numbers and days are written: those are messages such as `1,234.5` and `{day} {month} {year}`.
"""

import datetime as dt
import functools
import gettext
import io
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polib

from regulars.pipelines.definitions.currency_decimals import find_decimals
from regulars.pipelines.errors import SettingsWrong

CATALOGUES = Path(__file__).parent
SOURCE_LANGUAGE = "en"
ABSENT = "–"


@functools.cache
def read_words(language: str) -> "Words":
    """The words of a language.

    Args:
        language: `en`, or the name of a catalogue, such as `fi`.

    Raises:
        SettingsWrong: There is no such catalogue.
    """
    if language == SOURCE_LANGUAGE:
        return Words(language, gettext.NullTranslations())
    if language not in list_languages():
        raise SettingsWrong(
            f"The report does not speak `{language}`, only {', '.join(list_languages())}. "
            "docs/howto/add_a_language.md shows how to add a language."
        )
    catalogue = polib.pofile(str(CATALOGUES / f"{language}.po"))
    return Words(language, gettext.GNUTranslations(io.BytesIO(catalogue.to_binary())))


def list_languages() -> list[str]:
    """The languages that the report speaks."""
    return sorted([SOURCE_LANGUAGE, *(path.stem for path in CATALOGUES.glob("*.po"))])


@dataclass(frozen=True)
class Words:
    """One language. A value that is not known is written as a dash.

    Attributes:
        language: Its code, as in `<html lang>`.
        translations: The catalogue; of English none, so that everything is said as the code has it.
    """

    language: str
    translations: gettext.NullTranslations

    def say(self, message: str, **values: object) -> str:
        """A sentence of the catalogue, with the values in the places that it names in braces."""
        return self.translations.gettext(message).format(**values)

    def say_count(self, one: str, many: str, n: int, **values: object) -> str:
        """A sentence about `{n}` things, in the form that the language has for so many."""
        return self.translations.ngettext(one, many, n).format(n=self.count(n), **values)

    def day(self, value: dt.date | None) -> str:
        """31 Jan 2026."""
        if value is None:
            return ABSENT
        return self.say(
            "{day} {month} {year}",
            day=value.day,
            month=self.month_name(value.month),
            month_number=value.month,
            year=value.year,
        )

    def month(self, value: dt.date) -> str:
        """Jan 2026."""
        return self.say("{month} {year}", month=self.month_name(value.month), month_number=value.month, year=value.year)

    def month_name(self, month: int) -> str:
        """Jan, for 1."""
        names = (
            self.say("Jan"),
            self.say("Feb"),
            self.say("Mar"),
            self.say("Apr"),
            self.say("May"),
            self.say("Jun"),
            self.say("Jul"),
            self.say("Aug"),
            self.say("Sep"),
            self.say("Oct"),
            self.say("Nov"),
            self.say("Dec"),
        )
        return names[month - 1]

    def moment(self, value: dt.datetime | None) -> str:
        """31 Jan 2026 03:30."""
        return ABSENT if value is None else f"{self.day(value)} {value:%H:%M}"

    def number(self, value: float | Decimal | None, digits: int) -> str:
        """1,234.50, with so many digits after the point."""
        return ABSENT if value is None else self._punctuated(f"{value:,.{digits}f}")

    def count(self, value: float | Decimal | None) -> str:
        """12,345."""
        return self.number(value, 0)

    def percent(self, value: float | None, digits: int = 1) -> str:
        """A share of 0 to 1 as 12.3%."""
        return ABSENT if value is None else self.say("{number}%", number=self._punctuated(f"{100 * value:.{digits}f}"))

    def change(self, value: float | None) -> str:
        """A difference as a share of what it differs from, with its sign: +2.5%."""
        return ABSENT if value is None else self.say("{number}%", number=self._punctuated(f"{100 * value:+,.1f}"))

    def score(self, value: float | None) -> str:
        """An NPS with its sign: +42."""
        return ABSENT if value is None else _write_minus(f"{round(value):+d}").replace("+0", "0")

    def amount(self, value: float | Decimal | None, currency: str, digits: int = 0) -> str:
        """An amount inside a sentence: EUR 12,345."""
        if value is None:
            return ABSENT
        return self.say("{currency} {number}", currency=currency, number=self.number(value, digits)).strip()

    def money(self, value: Decimal | None, currency: str | None) -> str:
        """1,234.50: rounded to the currency's decimals; up to four where less than that would be written as nothing."""
        if value is None:
            return ABSENT
        digits = find_decimals(currency)
        if value and not round(value, digits):
            return self.exact_money(value)
        return self.number(value, digits)

    def exact_money(self, value: Decimal) -> str:
        """1,234.50, with up to four decimals where they are not zero, such as the amounts before and after a change."""
        whole, _, cents = f"{value:,.4f}".partition(".")
        return self._punctuated(f"{whole}.{cents.rstrip('0').ljust(2, '0')}")

    def short(self, value: float) -> str:
        """An axis label: 950, 12k, 1.5M."""
        if abs(value) >= 1e9:
            return self.say("{number}bn", number=self._punctuated(f"{value / 1e9:.3g}"))
        if abs(value) >= 1e6:
            return self.say("{number}M", number=self._punctuated(f"{value / 1e6:.3g}"))
        if abs(value) >= 1e3:
            return self.say("{number}k", number=self._punctuated(f"{value / 1e3:.3g}"))
        return self._punctuated(f"{value:.3g}")

    def _punctuated(self, number: str) -> str:
        """A number as English writes it, with the marks that the language has between the digits."""
        sample = self.say("1,234.5")
        thousands, point = sample[1:-5], sample[-2]
        marks = {ord(","): thousands, ord("."): point}
        return _write_minus(number.translate(marks))


def _write_minus(number: str) -> str:
    """A number with a true minus sign."""
    return number.replace("-", "−")
