import pytest

from regulars.pipelines.definitions.countries import list_country_names

NAMES = {each.name: each for each in list_country_names()}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("germany", "DE"), ("deutschland", "DE"), ("allemagne", "DE"), ("niemcy", "DE"), ("deu", "DE"), ("de", "DE")),
        *(("uk", "GB"), ("england", "GB"), ("united kingdom", "GB"), ("royaume-uni", "GB")),
        *(("usa", "US"), ("estados unidos", "US"), ("republic of korea", "KR"), ("korea, republic of", "KR")),
        *(("日本", "JP"), ("россия", "RU"), ("eire", "IE"), ("türkiye", "TR"), ("turkey", "TR")),
    ],
)
def test_a_country_is_known_by_its_codes_and_by_its_names_in_many_languages(written, code):
    assert NAMES[written].country == code


def test_the_english_meaning_of_a_name_comes_first():
    assert (NAMES["niger"].country, NAMES["georgia"].country, NAMES["ireland"].country) == ("NE", "GE", "IE")
    assert (NAMES["germany"].is_translated, NAMES["deutschland"].is_translated) == (False, True)


@pytest.mark.parametrize("written", ["unspecified", "european community", "channel islands", ""])
def test_what_is_no_country_is_not_known(written):
    assert written not in NAMES


def test_every_code_of_two_letters_names_itself():
    codes = {each.country for each in list_country_names()}
    assert len(codes) == 249
    assert all(NAMES[code.lower()].country == code for code in codes)
