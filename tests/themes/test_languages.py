"""The language of a comment: what the survey says, its script, its words."""

import subprocess
import sys

import polars as pl
import pytest

from regulars.pipelines.themes.languages import find_languages, list_company_languages, name_codes
from regulars.pipelines.themes.text import normalize_text


def languages_of(*comments: str, said: str | None = None, company: tuple[str, ...] = ("de", "en", "fi", "pl", "pt")):
    frame = pl.DataFrame(
        {"comment": comments, "language": [said] * len(comments)}, schema_overrides={"language": pl.String}
    )
    texts = frame.with_columns(text=normalize_text(pl.col("comment")))
    return find_languages(texts, company)["comment_language"].to_list()


def test_spellings_that_mean_the_same_are_written_the_same():
    texts = pl.Series(
        ["ＯＫ！", "spóźnione", "spoznione", "Straße", "য\u09bc", "\u09df", "দেরিতে", "a\u200db", "...", "¡Ño!"]
    )
    told = texts.to_frame("t").select(normalize_text(pl.col("t"))).to_series().to_list()
    assert told[:4] == [" ok ", " spoznione ", " spoznione ", " strasse "]
    assert told[4] == told[5]
    assert told[6:] == [" দেরিতে ", " ab ", " ", " no "]


def spell(*texts: str) -> list[str]:
    return pl.Series("t", texts).to_frame().select(normalize_text(pl.col("t"))).to_series().to_list()


def test_a_bengali_word_has_one_spelling():
    assert len({*spell("আধা ঘণ্টা দাঁড়িয়ে", "আধা ঘন্টা দাড়িয়ে")}) == 1
    assert len({*spell("দেরী", "দেরি")}) == len({*spell("৫ তারা", "5 তারা")}) == 1
    assert spell("এখনও ভালো") == spell("এখনো ভাল")


def test_a_bengali_verb_is_denied_in_one_spelling():
    assert len({*spell("আসে নাই, পাই নাই", "আসেনি পাইনি", "আসে নি পাই নি", "আসেনাই পাইনাই")}) == 1
    assert spell("নাই", "খবর নাই") == [" নাই ", " খবর নাই "]


def test_latin_words_and_figures_among_letters_of_another_script_stand_apart():
    assert spell("这app卡", "等10天", "appটা", "3d") == [" 这 app 卡 ", " 等 10 天 ", " app টা ", " 3d "]


def test_what_the_survey_says_comes_in_many_forms():
    assert name_codes(pl.Series(["pt-BR", "zh_CN", "EN", "English (UK)", "Deutsch", "", "1", None])).to_list() == [
        *("pt", "zh", "en", "en", "de"),
        *(None, None, None),
    ]


def test_a_script_of_its_own_goes_before_what_the_survey_says_and_latin_letters_do_not():
    assert languages_of("太慢了", "দেরি হয়েছে", "とても遅い", said="en") == ["zh", "bn", "ja"]
    assert languages_of("delivery deri", said="bn") == ["bn"]
    assert languages_of("最高", said="ja") == ["ja"]


def test_words_tell_the_language_among_those_of_the_company():
    comments = (
        "Toimitus oli todella myöhässä",
        "Dostawa była spóźniona",
        "O produto chegou atrasado",
        "Viel zu teuer, leider",
    )
    assert languages_of(*comments) == ["fi", "pl", "pt", "de"]
    assert languages_of("Viel zu teuer, leider", company=("de",)) == ["de"]
    assert languages_of("Viel zu teuer, leider", company=()) == ["unknown"]


def test_words_that_fit_several_languages_leave_it_unknown():
    assert languages_of("ok", "super", "👍") == ["unknown"] * 3
    assert languages_of("delivery deri", company=("bn", "en", "de")) == ["unknown"]


def test_two_words_of_romanised_bengali_tell_it_where_the_company_has_bengali_customers():
    assert languages_of("delivery deri dam beshi", "khub valo", "late delivery", company=("bn", "en")) == [
        "bn",
        "bn",
        "en",
    ]
    assert languages_of("delivery deri dam beshi", said="en", company=("bn", "en")) == ["bn"]


@pytest.mark.parametrize(
    ("said", "comment"),
    [
        ("pt-BR", "A entrega foi de moto, vai ser rápido"),
        ("pt-BR", "Dei cinco estrelas, meu pai vai comprar"),
        ("es", "La moto no llegó hoy"),
        ("it", "Il prezzo dei caffè è alto, moto lento"),
        ("de", "khub oder valo"),
    ],
)
def test_words_of_other_languages_are_no_romanised_bengali(said: str, comment: str):
    assert languages_of(comment, said=said, company=("bn", "de", "en", "es", "it", "pt")) == [said[:2]]
    assert languages_of("delivery deri dam beshi", said="en", company=("en", "de")) == ["en"]


def test_the_companys_languages_are_those_of_its_surveys_and_of_its_customers_countries():
    said = pl.Series(["pl-PL"] * 500 + ["sv"] + [None] * 9, dtype=pl.String)
    assert list_company_languages(said, pl.Series(["FI", "BD", None])) == ["bn", "en", "fi", "pl", "sv"]
    assert list_company_languages(said, pl.Series([], dtype=pl.String)) == ["pl"]


@pytest.mark.slow
def test_the_model_of_languages_is_loaded_only_where_a_survey_says_none():
    code = (
        "import sys; from tests.themes.test_languages import languages_of; languages_of('late', said='en'); "
        "assert 'py3langid' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
