import polars as pl
import pytest

from regulars.pipelines.identity.keys.emails import EmailRules, add_normal_email, normalise_email


def normal(*written: str | None, ignored: tuple[str, ...] = ()) -> list[str | None]:
    rows = pl.DataFrame({"place": range(len(written)), "email": written}, schema_overrides={"email": pl.String})
    return add_normal_email(rows, EmailRules(ignored)).sort("place")["email"].to_list()


@pytest.mark.parametrize(
    "written",
    [
        "ada@example.com",
        "  Ada@Example.COM ",
        "mailto:ada@example.com",
        "MAILTO: ada@example.com",
        "ａｄａ@example.com",
        "ada@example.com\u00a0",
        "Ada Lovelace <Ada@example.com>",
        "<ada@example.com>",
        "ada@example.com;",
        "ada@example.com.",
    ],
)
def test_every_way_of_writing_an_address_is_one_address(written):
    assert normal(written) == ["ada@example.com"]


def test_an_international_domain_is_the_same_in_both_its_forms():
    assert normal("zoë@bücher.example", "zoë@xn--bcher-kva.example") == ["zoë@xn--bcher-kva.example"] * 2


@pytest.mark.parametrize(
    "written", ["", "-", "n/a", "ada", "ada@", "@example.com", "ada@example", "a b@c.de", "a@b@c.de"]
)
def test_text_that_is_not_an_address_names_nobody(written):
    assert normalise_email(written) is None
    assert normal(written) == [None]


def test_a_domain_that_cannot_exist_names_nobody():
    assert normal("ada@" + "ü" * 70 + ".example", "ada@example..com") == [None, None]


def test_a_dot_or_a_plus_makes_another_address():
    assert normal("a.da+shop@gmail.com") == ["a.da+shop@gmail.com"]


def test_addresses_without_a_person_behind_them_name_nobody():
    assert normal("NoReply@shop.example", "no-reply@x.example", None) == [None, None, None]


def test_the_settings_ignore_whole_addresses_names_and_domains():
    ignored = ("Till@Shop.example", "office@", "@test.example")
    assert normal(
        "till@shop.example", "Office@any.example", "ada@test.example", "ada@shop.example", ignored=ignored
    ) == [
        None,
        None,
        None,
        "ada@shop.example",
    ]


@pytest.mark.parametrize(
    "written", ["ada@example.com, bob@example.com", "ada@example.com; bob@example.com", "ada(at)x.org"]
)
def test_several_addresses_in_a_cell_or_none_name_nobody(written):
    assert normal(written) == [None]


def test_a_domain_alias_is_the_same_mailbox_and_ignored_addresses_stay_ignored_under_either():
    rules = EmailRules(ignored=("till@gmail.com", "bar@googlemail.com"), domain_aliases={"GoogleMail.com": "gmail.com"})
    written = ["Ada@googlemail.com", "ada@gmail.com", "till@googlemail.com", "bar@googlemail.com", "ada@example.com"]
    made = add_normal_email(pl.DataFrame({"email": written}), rules)["email"].to_list()
    assert made == ["ada@gmail.com", "ada@gmail.com", None, None, "ada@example.com"]


def test_gmails_variants_are_one_address_where_wanted_and_at_gmail_only():
    written = ["a.da+shop@gmail.com", "ada@gmail.com", "a.da+shop@example.com"]
    rows = pl.DataFrame({"email": written})
    assert add_normal_email(rows, EmailRules())["email"].to_list() == written
    variants = add_normal_email(rows, EmailRules(gmail_variants=True))["email"].to_list()
    assert variants == ["ada@gmail.com", "ada@gmail.com", "a.da+shop@example.com"]
