"""What a company may set, and its defaults.

Put here: the shape of `regulars.yaml`. Keep out: reading the file and wording its mistakes (`settings_file.py`),
and anything that acts on a setting.
"""

import datetime as dt
from decimal import Decimal
from functools import cache
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from regulars.pipelines.kinds.registry import KINDS


@cache
def _zones() -> frozenset[str]:
    """Every zone of this machine: to list them reads six hundred files, so it is done once."""
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(f"`{name}` is no time zone; write one such as `Europe/Berlin` or `UTC`")
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
NAMES_OF_KINDS = tuple(KINDS)


class Part(BaseModel):
    """A part of the settings: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Company(Part):
    """Whose numbers these are, and in which zone and currency they are told."""

    name: str
    timezone: Zone
    currency: Currency
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] = 1


class FileOptions(Part):
    """How the files of a source are written. Nothing is guessed from the data but the encoding."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    encoding: Literal["auto", "utf-8", "utf-16", "cp1252"] = "auto"
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    datetime_format: str = "iso"
    date_format: str = "iso"
    final_newline: Literal["required", "optional"] = "required"


class Derived(Part):
    """A column of ours made by a small SQL expression over the file's own columns (all text)."""

    sql: str


class Constant(Part):
    """A column of ours that has the same value in every row."""

    value: str


Column = str | list[str] | Derived | Constant
"""A header name; several names, of which the first that the file has is used; an expression; or a constant."""


class KindMapping(Part):
    """How the rows of a file become rows of one kind. `when` says which rows are of this kind (default: all)."""

    columns: dict[str, Column]
    when: str | None = None


class Source(Part):
    """One export of one tool: where its files lie, how they are written, and what their columns mean."""

    path: str | list[str]
    format: Literal["csv", "csv.gz", "parquet", "jsonl"] = "csv"
    options: FileOptions = FileOptions()
    kind: Literal[NAMES_OF_KINDS] | None = None  # type: ignore[valid-type]
    columns: dict[str, Column] = {}
    kinds: dict[Literal[NAMES_OF_KINDS], KindMapping] = {}  # type: ignore[valid-type]
    system: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")] | None = None
    timezone: Zone | None = None
    currency: Currency | None = None
    delivery: Literal["full", "incremental"] = "full"
    required: bool | None = None
    max_age_hours: Annotated[float, Field(gt=0)] | None = None
    max_quarantined: Annotated[float, Field(ge=0, le=1)] = 0.01

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
    by_channel: dict[str, Decimal] = {}


class Identity(Part):
    """When two source records are one customer."""

    ignore_emails: list[str] = []
    max_records_per_email: Annotated[int, Field(ge=1)] = 20
    max_records_per_customer: Annotated[int, Field(ge=2)] = 100


Grain = Literal["week", "month", "quarter", "year"]
Dimension = Literal[
    "first_category",
    "first_channel",
    "first_store",
    "first_discount",
    "country",
    "customer_type",
    "acquisition_channel",
]


class Cohorts(Part):
    """How finely cohorts are cut, and what cohorts, churn and purchase behaviour are split by."""

    grains: list[Grain] = ["week", "month", "quarter", "year"]
    dimensions: list[Dimension] = ["first_category", "first_channel", "first_discount", "country", "customer_type"]

    @model_validator(mode="after")
    def _each_once_and_months_always(self) -> Self:
        for name, values in (("grains", self.grains), ("dimensions", self.dimensions)):
            if len(set(values)) < len(values):
                raise ValueError(f"`{name}` names one of them twice")
        if "month" not in self.grains:
            raise ValueError("`grains` must have `month`: the report and marts.retention_cohorts_monthly show it")
        return self


class Schedule(Part):
    """When the run runs, in the company's time zone."""

    cron: str = "30 3 * * *"


class Report(Part):
    """How the report speaks: `en`, or a catalogue of `pipelines/report/words/`."""

    language: Literal["en", "fi"] = "en"


class Publish(Part):
    """Where a finished generation goes, and how many are kept."""

    keep_generations: Annotated[int, Field(ge=2)] = 7
    keep_landing_days: Annotated[int, Field(ge=1)] = 30


class Alerts(Part):
    """Whom to tell when a run fails, recovers, or uses a stale source. Payloads hold counts and reasons only."""

    webhook: str | None = None


class Settings(Part):
    """Everything in `regulars.yaml`."""

    company: Company
    sources: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Source] = Field(min_length=1)
    as_of: dt.date | None = None
    customer_is: Literal["person", "account"] = "person"
    value_basis: Literal["net_sales"] = "net_sales"
    lapse_days: Annotated[int, Field(ge=1)] = 365
    max_lifetime_years: Annotated[float, Field(gt=0)] = 10.0
    discount_rate: Annotated[float, Field(ge=0, le=1)] = 0.1
    acquisition_cost: AcquisitionCost = AcquisitionCost()
    targets: dict[str, Decimal] = {}
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
