"""What values tell `regulars init`: formats in spite of a bad cell, and questions that need not be asked."""

import pytest

from regulars.pipelines.command.doctor.open_questions import list_open_questions
from regulars.pipelines.command.init.init import InitRequest, init_settings
from regulars.pipelines.errors import InputRefused
from regulars.pipelines.settings.settings_file import load_settings

DEALS = "Record ID,Deal Name,Deal Stage,Amount,Currency,Close Date\n"
FORM = "Timestamp,Email Address,How likely are you to recommend us?\n"


def orders(*odd_days: str) -> str:
    """Forty orders, each on a day of its own, and one more for each odd day."""
    days = [f"{1 + n % 28:02}.{1 + n // 28:02}.2026" for n in range(40)]
    return "Order No,Date,Net,Mail\n" + "".join(
        f"{n},{day},{n}.50,a@x.example\n" for n, day in enumerate([*days, *odd_days])
    )


@pytest.fixture
def init(tmp_path):
    """Write a file, make settings for its folder, and give what was said and what was written."""

    def init(text: str, name: str = "export.csv") -> tuple[str, str]:
        folder = tmp_path / "Corner Shop" / "exports"
        folder.mkdir(parents=True)
        (folder / name).write_text(text, encoding="utf-8")
        settings = tmp_path / "regulars.yaml"
        said = init_settings(InitRequest(folder, settings, timezone="Europe/Berlin", currency="EUR"))
        assert load_settings(settings, {}).company.name == "Corner Shop"
        return said, settings.read_text(encoding="utf-8")

    return init


def test_one_cell_that_nobody_can_read_does_not_hide_how_the_others_are_written(init):
    said, text = init(orders("in June"), "orders.csv")
    assert "1 of 41 different values of orders.ordered_at cannot be read: their rows will be quarantined" in said
    assert "datetime_format: '%d.%m.%Y'" in text
    assert "\n  orders:\n" in text


def test_many_cells_that_nobody_can_read_are_no_accident(init):
    with pytest.raises(InputRefused, match="fits neither the options nor any known format"):
        init(orders("in May", "in June", "in July"), "orders.csv")


def test_a_currency_that_every_row_names_is_not_asked_for(init):
    _, text = init(DEALS + "1,A,Closed won,10,EUR,2026-01-05 10:00\n2,B,Closed won,20,USD,2026-01-06 10:00\n")
    assert "QUESTION: currency" not in text
    assert "QUESTION: timezone" in text


def test_a_currency_that_one_row_lacks_is_asked_for(init):
    _, text = init(DEALS + "1,A,Closed won,10,EUR,2026-01-05 10:00\n2,B,Closed won,20,,2026-01-06 10:00\n")
    assert "QUESTION: currency" in text


def test_moments_that_begin_with_the_year_are_no_question(init):
    rows = "".join(f"2026/09/{n:02} 3:00:00 PM GMT+3,a{n}@x.example,{n % 11}\n" for n in range(1, 25))
    said, text = init(FORM + rows)
    assert "Google Forms: Responses: recognised" in said
    assert "QUESTION: options.datetime_format" not in text


def with_marks(header: str, *marks: str) -> str:
    rows = "".join(f"{n},0{1 + n % 9}.02.2026,{n}.50,{marks[n % len(marks)]}\n" for n in range(18))
    return f"Order No,Date,Net,{header}\n{rows}"


def test_orders_with_a_day_of_cancellation_and_tests_never_count(init, tmp_path):
    said, text = init(with_marks("cancelled_at,is_test", "2026-02-03 10:00,false", ",0", ",true"), "orders.csv")
    columns = load_settings(tmp_path / "regulars.yaml", {}).sources["orders"].columns
    assert columns["is_cancelled"].sql == "trim(coalesce(\"cancelled_at\", '')) <> ''"
    assert columns["is_test"] == "is_test"
    assert "an order with a value in `cancelled_at` is cancelled, and never counts" in said
    assert "QUESTION: columns" not in text


def test_a_mark_that_may_mean_something_else_is_a_question_and_the_rest_is_read(init, tmp_path):
    _, text = init(with_marks("Cancelled,Test", "in part,A", "no,B"), "orders.csv")
    assert not {"is_cancelled", "is_test"} & set(
        load_settings(tmp_path / "regulars.yaml", {}).sources["orders"].columns
    )
    assert "QUESTION: columns.is_cancelled: `Cancelled` is written like" in text
    assert "QUESTION: exclude.tests: does `Test` mark test records?" in text


def test_test_customers_are_left_out_by_a_rule(init, tmp_path):
    rows = "".join(f"{n},a{n}@x.example,{'Yes' if n % 5 == 0 else ''}\n" for n in range(12))
    init(f"Customer No,Email,Test Customer\n{rows}", "people.csv")
    [rule] = load_settings(tmp_path / "regulars.yaml", {}).sources["people"].exclude.values()
    assert rule == "lower(trim(coalesce(\"Test Customer\", ''))) in ('true', 't', 'yes', 'y', '1')"


def test_questions_that_are_left_are_listed_with_their_lines(tmp_path):
    settings = tmp_path / "regulars.yaml"
    settings.write_text("company:\n  # QUESTION: timezone? Assumed: UTC.\n  timezone: UTC\n# no QUESTION: at all\n")
    [found] = list_open_questions(settings)
    assert (found.mark, found.exit_code) == ("warning", 0)
    assert found.sentence == "line 2: timezone? Assumed: UTC. (answer it, then remove the comment)"


def test_lines_belong_to_the_one_source_of_orders(tmp_path):
    (tmp_path / "orders.csv").write_text(orders(), encoding="utf-8")
    lines = "".join(f"{n},A{n},2,1.50\n" for n in range(40))
    (tmp_path / "lines.csv").write_text(f"Order No,SKU,Quantity,Unit Price\n{lines}", encoding="utf-8")
    init_settings(InitRequest(tmp_path, tmp_path / "regulars.yaml"))
    assert load_settings(tmp_path / "regulars.yaml", {}).sources["lines"].system == "orders"


@pytest.mark.parametrize(
    ("first", "step", "reads"),
    [
        (46_020, 1, "timestamp '1899-12-30'"),
        (1_767_225_600, 86_400, "* 1000000"),
        (1_767_225_600_000, 86_400_000, "* 1000)"),
    ],
)
def test_days_as_counts_are_refused_with_what_would_read_them(init, first, step, reads):
    rows = "".join(f"{n},{first + n * step},{n}.50\n" for n in range(24))
    with pytest.raises(InputRefused) as refused:
        init(f"Order No,Order Date,Net\n{rows}", "orders.csv")
    assert "the moments of orders.ordered_at are written like" in str(refused.value)
    assert reads in str(refused.value)
