"""The page of kinds says what a person must know to map an export."""

from regulars.pipelines.command.pages.kinds_page import kinds_markdown
from regulars.pipelines.kinds.shape.kind import SOURCE_CURRENCY, DefaultBy, Kind, KindColumn, RowRule


def page(*columns: KindColumn, **changes) -> list[str]:
    facts = {
        "name": "payouts",
        "purpose": "What was paid out.",
        "description": "Payouts.",
        "grain": "One row per payout.",
        "staging_grain": "One row per payout.",
        "columns": columns,
        "document": ("payout_id",),
        "record_id": (),
        "delivery": "incremental",
        "example": {},
    }
    return kinds_markdown([Kind(**facts | changes)]).splitlines()


def test_a_kind_is_listed_and_has_a_section_with_its_purpose():
    lines = page()
    assert "- [payouts](#payouts): what was paid out." in lines
    assert "## payouts" in lines
    assert "What was paid out. Payouts." in lines
    assert (
        "One row per payout. A document is what `payout_id` names: may have several rows. `delivery` is `incremental` "
        "unless the settings say otherwise: each delivery adds to the ones before; a document that comes again "
        "replaces its older version."
    ) in lines


def test_a_kind_says_how_its_records_are_told_apart():
    assert any("names: one row each." in line for line in page(record_id=("payout_id",)))
    assert any(
        "may have several rows, each known by `payout_id` and `part` where they are mapped." in line
        for line in page(record_id=("payout_id", "part"))
    )


def test_a_column_says_whether_it_is_needed_and_what_it_holds():
    lines = page(
        KindColumn("payout_id", "id", "Its id.", is_required=True),
        KindColumn("note", "text", "A note | or two.", is_descriptive=True, is_personal=True),
        KindColumn("amount", "number", "Money.", unit="euros", minimum=0, is_emptied=True, type="DECIMAL(9,4)"),
        KindColumn("rate", "number", "A rate.", more_than=0),
    )
    assert "| `payout_id` **needed** | id | Its id. |" in lines
    assert r"| *note* | text | A note \| or two. Personal: never published. |" in lines
    assert "| `amount` | number | Money. At least 0. Fits `DECIMAL(9,4)`. In euros. Else emptied. |" in lines
    assert "| `rate` | number | A rate. More than 0. |" in lines


def test_a_default_is_shown():
    lines = page(
        KindColumn("type", "lower", "Its type.", default="sale", values={"sale": "Goods.", "gift": "A gift."}),
        KindColumn("currency", "currency", "Its currency.", default=SOURCE_CURRENCY),
        KindColumn("top", "number", "The top.", default=DefaultBy("type", {"sale": "10"})),
    )
    assert "| `type` | lower | Its type. One of `sale`: goods; `gift`: a gift. Default: `sale`. |" in lines
    assert (
        "| `currency` | currency | Its currency. Default: the currency of the source, else of the company. |" in lines
    )
    assert "| `top` | number | The top. Default: `10` where type is `sale`. |" in lines


def test_a_rule_is_shown_and_whether_it_only_warns():
    lines = page(
        rules=(RowRule("is_odd", "It is odd", "accuracy"), RowRule("is_new", "It is new", "", severity="warning"))
    )
    assert "- `is_odd`: It is odd." in lines
    assert "- `is_new`: It is new (counted, nothing is quarantined)." in lines
