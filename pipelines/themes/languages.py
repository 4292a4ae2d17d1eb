"""Finds the language of a comment: what the survey says, else its script, else the words themselves.

Put here: languages of comments. Keep out: languages of the report (`pipelines/report/words`), and matching.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import polars as pl

from regulars.pipelines.themes.rules import UNKNOWN_LANGUAGE

_NAMES = {
    **{"english": "en", "german": "de", "deutsch": "de", "finnish": "fi", "suomi": "fi", "polish": "pl"},
    **{"polski": "pl", "portuguese": "pt", "português": "pt", "chinese": "zh", "中文": "zh", "bengali": "bn"},
    **{"bangla": "bn", "বাংলা": "bn", "french": "fr", "français": "fr", "spanish": "es", "español": "es"},
    **{"swedish": "sv", "svenska": "sv", "dutch": "nl", "italian": "it", "cn": "zh"},
}
"""What survey tools write instead of a code."""
_CODE = re.compile("[a-z]{2,3}")

_SCRIPTS = {
    "ja": r"[\p{Hiragana}\p{Katakana}]",
    "zh": r"\p{Han}",
    "bn": r"\p{Bengali}",
    "ko": r"\p{Hangul}",
    "th": r"\p{Thai}",
    "el": r"\p{Greek}",
    "he": r"\p{Hebrew}",
}
"""Language -> letters that no other language of these is written in; the first one that fits counts. Japanese is
written with Chinese letters too, and with its own."""

_COUNTRY_LANGUAGES = {
    **dict.fromkeys(("GB", "US", "IE", "AU", "NZ", "ZA", "SG", "IN"), ("en",)),
    **dict.fromkeys(("DE", "AT", "LI"), ("de",)),
    **dict.fromkeys(("PT", "BR", "AO", "MZ"), ("pt",)),
    **dict.fromkeys(("ES", "MX", "AR", "CO", "CL", "PE", "UY", "EC"), ("es",)),
    **{"CH": ("de", "fr", "it"), "BE": ("nl", "fr"), "LU": ("fr", "de"), "CA": ("en", "fr"), "FI": ("fi", "sv")},
    **{"FR": ("fr",), "IT": ("it",), "NL": ("nl",), "SE": ("sv",), "NO": ("no",), "DK": ("da",), "PL": ("pl",)},
    **{"CZ": ("cs",), "SK": ("sk",), "HU": ("hu",), "RO": ("ro",), "EE": ("et",), "LV": ("lv",), "LT": ("lt",)},
    **{"TR": ("tr",), "ID": ("id",), "VN": ("vi",), "MY": ("ms", "en"), "PH": ("en", "tl"), "BD": ("bn", "en")},
    **{"BG": ("bg",), "RU": ("ru",), "UA": ("uk", "ru"), "HR": ("hr",), "SI": ("sl",), "IS": ("is",)},
}
"""Country -> languages that its customers mostly write."""
_ROMANISED_WORDS = {
    "bn": """
        ami amar amake amader apni apnar apnara apnader tader eder onara khub onek ektu beshi besi kintu karon
        jonno jonne theke thake sathe keno kobe kothay kivabe kono kichu kisu shob shobai sobai sobkichu ekta
        eita oita onno abar ekhon ekhono akhono hoye hoise hoyeche hobe hoyni hocche hosse hoitese chilo chhilo
        achhe kore korse korche korechi korsi korlam koren korben korte koreche dilo diyeche dise disen diye
        niye pelam paisi peyechi paini bhalo valo vhalo kharap taka deri jinish jinis bhai shundor lagche lagse
        bolte
    """,
}
"""Language -> its frequent words where it is written in Latin letters, which no model of languages knows; none is a
word of another language that is shipped."""
FEWEST_ROMANISED_WORDS = 2
LEAST_SHARE = 0.01
"""A language or country of fewer comments or customers is none of the company's."""
FEWEST_LETTERS = 3
LEAST_CONFIDENCE, LEAST_CONFIDENCE_BESIDE_BENGALI = 0.6, 0.99
"""Where the words fit two languages about equally, the language stays unknown, and the terms of all are tried. Bengali
is often written in Latin letters, which the model takes for English."""


def list_company_languages(declared: pl.Series, countries: pl.Series) -> list[str]:
    """The languages that comments without one may be in: those that surveys say, and those of customers' countries.

    Args:
        declared: The surveys' language of each comment; NULL where they say none.
        countries: The country of each customer, ISO 3166-1.
    """
    codes = _keep_frequent(name_codes(declared))
    spoken = {code for country in _keep_frequent(countries) for code in _COUNTRY_LANGUAGES.get(country, ())}
    return sorted({*codes, *spoken})


def _keep_frequent(values: pl.Series) -> list[str]:
    counted = values.drop_nulls().value_counts()
    counted.columns = ["value", "count"]
    return counted.filter(pl.col("count") >= LEAST_SHARE * pl.col("count").sum())["value"].sort().to_list()


def name_codes(declared: pl.Series) -> pl.Series:
    """The code of each language as a survey writes it, such as pt for `pt-BR` or `Portuguese`; else NULL."""
    codes = {each: _name_code(each) for each in declared.drop_nulls().unique()}
    return declared.replace_strict(codes, default=None, return_dtype=pl.String)


def _name_code(declared: str) -> str | None:
    plain = declared.strip().lower()
    code = _NAMES.get(plain, re.split("[-_ (]", plain)[0])
    code = _NAMES.get(code, code)
    return code if _CODE.fullmatch(code) else None


def find_languages(comments: pl.DataFrame, company: Sequence[str]) -> pl.DataFrame:
    """Find the language of each comment: add `comment_language`, a code or `UNKNOWN_LANGUAGE`.

    A script that one language alone is written in goes before what the survey says: tools give the language of the
    questionnaire. Chinese letters in an answer that is Japanese are Japanese. Two words of a company's language that is
    written in Latin letters beside its own go before the survey too, where the questionnaire is English. Otherwise
    Latin letters say nothing of Bengali or Chinese.

    Args:
        comments: `comment` as written, `text` as `normalize_text` writes it, and `language` as the survey says it.
        company: The languages that a comment of unknown language may be in.
    """
    codes = comments.with_columns(of_survey=name_codes(comments["language"]), script=_find_scripts(comments["text"]))
    is_japanese = (pl.col("script") == "zh") & (pl.col("of_survey") == "ja")
    script = pl.when(is_japanese).then(pl.lit("ja")).otherwise("script")
    romanised = _find_romanised(pl.col("text"), company)
    known = codes.with_columns(comment_language=pl.coalesce(script, *romanised, "of_survey")).drop("script")
    is_open = pl.col("comment_language").is_null()
    wanted = known.filter(is_open).select("comment", letters=_count_letters()).unique()
    by_words = _tell_by_words(wanted.filter(pl.col("letters") >= FEWEST_LETTERS)["comment"].unique(), company)
    return (
        known.join(by_words, on="comment", how="left", maintain_order="left")
        .with_columns(comment_language=pl.coalesce("comment_language", "by_words", pl.lit(UNKNOWN_LANGUAGE)))
        .drop("by_words", "of_survey")
    )


def _count_letters() -> pl.Expr:
    return pl.col("text").str.count_matches(r"\p{L}")


def _find_scripts(texts: pl.Series) -> pl.Series:
    """The language whose own letters each text has; NULL for Latin letters."""
    text = pl.col("text")
    rows = texts.to_frame("text").with_row_index("row")
    others = rows.filter(text.str.contains("|".join(_SCRIPTS.values())))
    found = [pl.when(text.str.contains(letters)).then(pl.lit(code)) for code, letters in _SCRIPTS.items()]
    scripts = others.select("row", script=pl.coalesce(found))
    return rows.join(scripts, on="row", how="left", maintain_order="left")["script"]


def _find_romanised(text: pl.Expr, company: Sequence[str]) -> list[pl.Expr]:
    """The codes of the company's languages that are written in Latin letters too, where a text has their words."""
    is_left_open = pl.col("of_survey").is_null() | (pl.col("of_survey") == "en")
    return [
        pl.when(_count_words(text, words.split()) >= FEWEST_ROMANISED_WORDS, is_left_open).then(pl.lit(code))
        for code, words in _ROMANISED_WORDS.items()
        if code in company
    ]


def _count_words(text: pl.Expr, words: Sequence[str]) -> pl.Expr:
    """How many different words of these a text has."""
    return text.str.extract_many([f" {word} " for word in words], overlapping=True).list.n_unique()


def _tell_by_words(texts: pl.Series, company: Sequence[str]) -> pl.DataFrame:
    """`comment` and `by_words`, the company's language whose words they are; NULL where they fit several."""
    told: list[str | None] = []
    if len(texts):
        rivals = [code for code in company if code not in _SCRIPTS]
        identifier = load_identifier() if len(rivals) > 1 else None
        known = sorted(set(rivals) & set(identifier.nb_classes)) if identifier else []
        if identifier and known:
            identifier.set_languages(known)
            answers = [identifier.classify(text) for text in texts]
            least = LEAST_CONFIDENCE_BESIDE_BENGALI if "bn" in company else LEAST_CONFIDENCE
            told = [code if confidence >= least else None for code, confidence in answers]
        else:
            told = [rivals[0] if len(rivals) == 1 else None] * len(texts)
    return pl.DataFrame({"comment": texts, "by_words": told}, schema={"comment": pl.String, "by_words": pl.String})


@cache
def load_identifier() -> Any:
    """Load the model that tells languages by their words: it lies in the package, and takes a second."""
    from py3langid import langid  # type: ignore[import-untyped]  # lazily: most surveys say the language

    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
