"""What a company may set, and its defaults.

Put here: the shape of `regulars.yaml`. Keep out: reading the file and wording its mistakes (`settings_file.py`),
and anything that acts on a setting.
"""

import datetime as dt
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from regulars.pipelines.enumerations import CURRENCY_PATTERN, DEFAULT_LAPSE_DAYS, GRAINS, Dimension, Grain
from regulars.pipelines.kinds.shape.registry import KINDS


@cache
def _list_zones() -> frozenset[str]:
    """Every zone of this machine: to list them reads six hundred files, so it is done once."""
    return frozenset(available_timezones())


def _check_zone(name: str) -> str:
    if name not in _list_zones():
        raise ValueError(f"`{name}` is not a time zone; write one such as `Europe/Berlin` or `UTC`")
    return name


Zone = Annotated[str, AfterValidator(_check_zone)]
Currency = Annotated[str, Field(pattern=CURRENCY_PATTERN)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
NAMES_OF_KINDS = tuple(KINDS)


class Part(BaseModel):
    """A part of the settings: unknown keys are mistakes, values never change.

    The docstrings of parts and fields are the page `docs/settings.md`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Company(Part):
    """The company, and the zone and currency of its numbers."""

    name: str
    """The company's name, as the report and alerts say it."""
    timezone: Zone
    """The zone in which a day begins and ends. A source may write its moments in another one."""
    currency: Currency
    """The currency of every published amount. Amounts in other currencies need a source of the kind `fx_rates`."""
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] = 1
    """The month in which the fiscal year begins; it fills the fiscal columns of `core.calendar`."""


class FileOptions(Part):
    """How the files of a source are written. Nothing is guessed from the data but the encoding."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """What stands between two values of a CSV file; write a tab as `"\\t"`."""
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    """What encloses a value that holds the delimiter or a line end."""
    encoding: Literal["auto", "utf-8", "utf-16", "cp1252"] = "auto"
    """How characters are written. `auto` takes a file as UTF-8 if it is, as UTF-16 if it begins like it, else as the
    Windows encoding cp1252."""
    decimal: Literal[".", ","] = "."
    """The decimal sign of numbers."""
    thousands: Literal["", ",", ".", " ", "'"] = ""
    """What groups the digits of large numbers, as in `1.234.567,89`; numbers without it are read too."""
    datetime_format: str = "iso"
    """How moments are written, in the signs of `strptime`, such as `%d.%m.%Y %H:%M`. `iso` reads `2026-06-30`,
    `2026-06-30 14:05:00` and `2026-06-30T14:05:00+02:00`."""
    date_format: str = "iso"
    """How days are written, in the same signs. `iso` reads `2026-06-30`."""
    final_newline: Literal["required", "optional"] = "required"
    """A CSV file that does not end with a line end is taken for cut off and is refused. Write `optional` when the tool
    never writes one."""


class Derived(Part):
    """A column of ours made by a small SQL expression over the file's own columns (all text)."""

    sql: str
    """The expression, in DuckDB's SQL. It computes with the columns of one row; no subquery, no clock."""


class Constant(Part):
    """A column of ours that has the same value in every row."""

    value: str
    """The value, as text."""


Column = str | list[str] | Derived | Constant
"""A header name; several names, of which the first that the file has is used; an expression; or a constant."""


class KindMapping(Part):
    """How the rows of a file become rows of one kind, where a file holds several kinds."""

    columns: dict[str, Column]
    """As `sources.<name>.columns`, for this kind."""
    when: str | None = None
    """Which rows are of this kind: a SQL condition over the file's columns, which are all text. Without it, all are."""


class Source(Part):
    """One export of one tool: where its files lie, how they are written, and what their columns mean.

    A value of `columns` is a header name, a list of header names of which the first that the file has is used (for
    tools that rename their columns), `{sql: …}`, a small SQL expression over the file's columns, or `{value: …}`, the
    same text in every row. Header names match in any case; blanks around them do not count.
    """

    path: str | list[str]
    """Where the files lie: a path or a glob, or a list of them, from the settings file's folder (or `--data`). Files
    are delivered in the order of the list, and within a glob in natural order (`day-9` before `day-10`). Names that end
    like unfinished uploads (`.part`, `.tmp` …) are passed over."""
    format: Literal["csv", "csv.gz", "parquet", "jsonl"] = "csv"
    """The form of the files; `jsonl` is one JSON object per line."""
    options: FileOptions = FileOptions()
    kind: Literal[NAMES_OF_KINDS] | None = None  # type: ignore[valid-type]
    """What the rows are, where all are of one kind. Give either `kind` with `columns`, or `kinds`."""
    columns: dict[str, Column] = {}
    """Our column: the file's column. Columns that are not named stay in the landing and are not published."""
    kinds: dict[Literal[NAMES_OF_KINDS], KindMapping] = {}  # type: ignore[valid-type]
    """What the rows are, where a file feeds several kinds: each kind with its own `columns` and, if need be, `when`."""
    system: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")] | None = None
    """The tool whose ids the file holds. Sources with the same `system` share order ids, product ids and so on. Without
    it, the source's own name."""
    timezone: Zone | None = None
    """The zone of moments that carry none. Without it, the company's."""
    currency: Currency | None = None
    """The currency of amounts whose row names none. Without it, the company's."""
    delivery: Literal["full", "incremental"] = "full"
    """`full`: the newest file holds everything; what is gone from it was deleted. `incremental`: each file adds to the
    ones before, and a document that comes again replaces its older version."""
    required: bool | None = None
    """Whether a run without this source stops (exit code 4). Without it: true for `orders` and `order_lines`. A source
    that is not required uses its last delivery again and is marked stale in `meta.sources`."""
    max_age_hours: Annotated[float, Field(gt=0)] | None = None
    """How old the newest file may be. An older one is refused as late. Without it, any age will do."""
    max_quarantined: Annotated[float, Field(ge=0, le=1)] = 0.01
    """The share of the source's rows that may be quarantined; with more, the run stops (exit code 65)."""

    @model_validator(mode="after")
    def _one_way_to_name_kinds(self) -> Self:
        if (self.kind is None) == (not self.kinds):
            raise ValueError("give either `kind` with `columns`, or `kinds`")
        if self.kind is not None and not self.columns:
            raise ValueError("`columns` is missing: say which of the file's columns are ours")
        return self

    @property
    def mappings(self) -> dict[str, KindMapping]:
        """Kind -> mapping, however it was written."""
        if self.kind is not None:
            return {self.kind: KindMapping(columns=self.columns)}
        return dict(self.kinds)

    @property
    def is_required(self) -> bool:
        """Whether a run without this source must stop (default: sources of orders)."""
        if self.required is not None:
            return self.required
        return bool({"orders", "order_lines"} & self.mappings.keys())

    @property
    def paths(self) -> list[str]:
        """The paths or globs, in the order of delivery."""
        return [self.path] if isinstance(self.path, str) else list(self.path)


class AcquisitionCost(Part):
    """What winning a customer costs, where the CRM does not say it per customer; in the company's currency."""

    default: Decimal | None = None
    """For customers of a channel that `by_channel` does not name. Without it, their cost is unknown, and nothing is
    subtracted from their value."""
    by_channel: dict[str, Decimal] = {}
    """Acquisition channel, as the CRM writes it: what a customer of it costs."""


class Identity(Part):
    """When two source records are one customer."""

    ignore_emails: list[str] = []
    """Addresses that belong to no customer, such as that of the till: they link no records."""
    max_records_per_email: Annotated[int, Field(ge=1)] = 20
    """An address that more records share links none of them: it is a shared or a made-up one."""
    max_records_per_customer: Annotated[int, Field(ge=2)] = 100
    """When more records would become one customer, the run stops: one wrong id can otherwise join everybody."""


class Cohorts(Part):
    """How finely cohorts are cut, and what cohorts, churn and purchase behaviour are split by."""

    grains: list[Grain] = list(GRAINS)
    """How long the periods of cohorts are; `month` must be among them."""
    dimensions: list[Dimension] = ["first_category", "first_channel", "first_discount", "country", "customer_type"]
    """What customers are split by; each costs time and rows. Those that begin with `first_` are of the first order."""

    @model_validator(mode="after")
    def _each_once_and_months_always(self) -> Self:
        for name, values in (("grains", self.grains), ("dimensions", self.dimensions)):
            if len(set(values)) < len(values):
                raise ValueError(f"`{name}` names one of them twice")
        if "month" not in self.grains:
            raise ValueError("`grains` must have `month`: the report and marts.retention_cohorts_monthly show it")
        return self


class Schedule(Part):
    """When Dagster's schedule starts the nightly run, in the company's time zone."""

    cron: str = "30 3 * * *"
    """Minute, hour, day of the month, month, day of the week."""


class Report(Part):
    """How the report speaks."""

    language: Literal["en", "fi"] = "en"
    """English, or a catalogue of `pipelines/report/words/`."""


class Target(Part):
    """A place outside the home to which every published generation is delivered.

    A target that fails never loses a run: the run says so, an alert goes out, and the next run or `regulars deliver`
    tries again. The other keys are those of the type, below.
    """

    model_config = ConfigDict(extra="allow")  # its options; the shape is that of the type, which publishing knows

    type: str
    """What kind of place it is, such as `folder`."""

    @property
    def options(self) -> dict[str, Any]:
        """All keys but `type`, as they were written."""
        return dict(self.model_extra or {})


class Publish(Part):
    """What is kept on the disk, and where else it goes."""

    keep_generations: Annotated[int, Field(ge=2)] = 7
    """How many of the newest generations are kept; `regulars rollback` goes back to one of them."""
    keep_landing_days: Annotated[int, Field(ge=1)] = 30
    """How many days the original of a delivered file is kept. Its text is kept for good."""
    targets: dict[Name, Target] = {}
    """Where generations are delivered, each target under a name of your choice in small letters, digits and
    underscores."""


class Alerts(Part):
    """Where alerts go when a run fails, recovers, or uses a stale source. Payloads hold counts and reasons only."""

    webhook: str | None = None
    """An address that takes a JSON POST with a `text`, as Slack and Teams do. It is a secret: take it from the
    environment."""


class Settings(Part):
    """What stands at the top of `regulars.yaml`."""

    company: Company
    sources: dict[Name, Source] = Field(min_length=1)
    """One entry per export, under a name of your choice in small letters, digits and underscores."""
    as_of: dt.date | None = None
    """The last day that counts. Without it: yesterday in the company's time zone. Fix it for examples only."""
    customer_is: Literal["person", "account"] = "person"
    """Who counts as one customer: a person, or all persons of an account (`account_id` of the kind `customers`)."""
    value_basis: Literal["net_sales"] = "net_sales"
    """What a customer's value is made of: sales after discounts and refunds, without tax and shipping."""
    lapse_days: Annotated[int, Field(ge=1)] = DEFAULT_LAPSE_DAYS
    """Who has not ordered for so many days, and pays for no subscription, has lapsed. `regulars doctor` proposes a
    number from the company's own data."""
    max_lifetime_years: Annotated[float, Field(gt=0)] = 10.0
    """Caps the expected lifetime of a customer, from the first order on. It is also how far a predicted lifetime looks
    ahead, which is three years at least."""
    discount_rate: Annotated[float, Field(ge=0, le=1)] = 0.1
    """A year, of predicted lifetime value: at 0.1, what comes in a year is worth 1 / 1.1 of today's money."""
    acquisition_cost: AcquisitionCost = AcquisitionCost()
    targets: dict[str, Decimal] = {}
    """Metric: the number that the company wants to reach. Checked, but no table uses it yet."""
    identity: Identity = Identity()
    cohorts: Cohorts = Cohorts()
    schedule: Schedule = Schedule()
    report: Report = Report()
    publish: Publish = Publish()
    alerts: Alerts = Alerts()

    @model_validator(mode="after")
    def _sources_can_build_orders(self) -> Self:
        fed = {kind for source in self.sources.values() for kind in source.mappings}
        if "payments" in fed and not fed & {"orders", "order_lines"}:
            raise ValueError("payments need a source of `orders` or `order_lines` to belong to")
        return self


def find_as_of(settings: Settings, now: dt.datetime) -> dt.date:
    """The last day a run at `now` counts: the fixed `as_of`, else yesterday in the company's zone.

    Args:
        settings: The company's settings.
        now: An aware moment.
    """
    if settings.as_of is not None:
        return settings.as_of
    return now.astimezone(ZoneInfo(settings.company.timezone)).date() - dt.timedelta(days=1)
