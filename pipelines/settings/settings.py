"""What a company may set, and its defaults.

Put here: the shape of `regulars.yaml`. Keep out: the shape of a source (`source.py`), reading the file and wording its
mistakes (`settings_file.py`), and anything that acts on a setting.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, PrivateAttr, model_validator

from regulars.pipelines.definitions.enumerations import (
    GRAINS,
    SURVEY_DIMENSIONS,
    Dimension,
    Grain,
    SurveyDimension,
    ValueBasis,
)
from regulars.pipelines.definitions.windows import DEFAULT_LAPSE_DAYS
from regulars.pipelines.settings.aims.scorecard import ScorecardTarget
from regulars.pipelines.settings.aims.target_customer import TargetCustomer
from regulars.pipelines.settings.business_hours import BusinessHours, Support
from regulars.pipelines.settings.company_folder import find_company_folder
from regulars.pipelines.settings.customers.identity import Identity
from regulars.pipelines.settings.customers.offers import Offers
from regulars.pipelines.settings.customers.rfm import Rfm
from regulars.pipelines.settings.customers.segments import OwnSegment
from regulars.pipelines.settings.customers.service_risk import ServiceRisk
from regulars.pipelines.settings.customers.value_tiers import ValueTiers
from regulars.pipelines.settings.customers.worklists import Worklists
from regulars.pipelines.settings.demand import Demand
from regulars.pipelines.settings.economics import Economics
from regulars.pipelines.settings.findings import Findings
from regulars.pipelines.settings.operation import Alerts, OpenLineage, Resources, Schedule
from regulars.pipelines.settings.part import Currency, Name, Part, Place, Zone
from regulars.pipelines.settings.sources.attributes import CustomerAttribute, list_attributes
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.settings.themes import Themes


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


class AcquisitionCost(Part):
    """What winning a customer costs, where the CRM does not say it per customer; in the company's currency."""

    default: Decimal | None = None
    """For customers of a channel that `by_channel` does not name. Without it, their cost is unknown, and nothing is
    subtracted from their value."""
    by_channel: dict[str, Decimal] = {}
    """Acquisition channel, as the CRM writes it: what a customer of it costs."""


class Excluded(Part):
    """Test persons and test orders: everything of theirs is left out, in every source, surveys included.

    Unlike `identity.ignore_emails`, whose rows count for whoever else they name or for the unknown customer, these rows
    count nowhere. They are counted per list in `meta.excluded_rows`.
    """

    emails: list[str] = []
    """Addresses of test persons."""
    email_domains: list[str] = []
    """All addresses of these domains, such as `test.example.com`."""
    customer_record_ids: list[str] = []
    """Customer records of test persons, in any system. Their addresses are taken for test persons' too, but those in
    `identity.ignore_emails`."""
    order_ids: list[str] = []
    """Single orders, in any system, with their lines, payments, refunds, tickets and answers."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left out."""
        return not (self.emails or self.email_domains or self.customer_record_ids or self.order_ids)


class Cohorts(Part):
    """How finely cohorts are cut, and what cohorts, churn and purchase behaviour are split by."""

    grains: list[Grain] = list(GRAINS)
    """How long the periods of cohorts are; `month` must be among them."""
    dimensions: list[Dimension | Name] = [
        "first_category",
        "first_channel",
        "first_discount",
        "country",
        "customer_type",
    ]
    """What customers are split by; each costs time and rows. Those that begin with `first_` are of the first order, all
    others are of today: a customer counts for the past, too, with who is the `owner` now. The names of your own
    `attributes` are dimensions too."""

    @model_validator(mode="after")
    def _each_once_and_months_always(self) -> Self:
        for name, values in (("grains", self.grains), ("dimensions", self.dimensions)):
            if len(set(values)) < len(values):
                raise ValueError(f"`{name}` names one of them twice")
        if "month" not in self.grains:
            raise ValueError("`grains` must have `month`: the report and marts.retention_cohorts_monthly show it")
        return self


class Surveys(Part):
    """How answers to surveys are counted."""

    dimensions: list[SurveyDimension] = list(SURVEY_DIMENSIONS)
    """What `nps` and `satisfaction_scores` are split by; each costs time and rows. `channel` and `store` are of the
    order that a survey was about, `segment` and `value_tier` those of today."""
    max_answer_days: Annotated[int, Field(ge=1)] = 365
    """How many days an answer tells how its customer feels: it is the `nps_group` of a customer for so long."""
    driver_days: Annotated[int, Field(ge=1)] = 365
    """Answers of how many days up to as_of `satisfaction_drivers` looks at."""

    @model_validator(mode="after")
    def _each_dimension_once(self) -> Self:
        if len(set(self.dimensions)) < len(self.dimensions):
            raise ValueError("`dimensions` names one of them twice")
        return self


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


class Settings(Part):
    """What stands at the top of `regulars.yaml`."""

    _file_name: str = PrivateAttr(default="")
    _lines: Mapping[Place, int] = PrivateAttr(default_factory=dict)
    _company_folder: Path | None = PrivateAttr(default=None)

    company: Company
    sources: dict[Name, Source] = Field(min_length=1)
    """One entry per export, under a name of your choice in small letters, digits and underscores."""
    as_of: dt.date | None = None
    """The last day that counts. Without it: yesterday in the company's time zone. Fix it for examples only."""
    customer_is: Literal["person", "account"] = "person"
    """Who counts as one customer: a person, or all persons of an account (`account_id` of the kind `customers`)."""
    value_basis: ValueBasis = "net_sales"
    """What a customer's value is made of: sales after discounts and refunds, without tax and shipping; or the
    contribution margin, what is left of them after the cost of the goods, by the costs of order lines or
    `economics.contribution_margin`. Net sales stand beside it."""
    subscription_revenue_is_in_orders: bool = False
    """Whether each payment of a subscription is an order too, as in shops that bill subscriptions by orders. Then total
    revenue is net sales alone, and nothing counts twice. By default a source of `subscriptions` is the only one that
    tells its revenue, as with most billing tools: total revenue adds it to net sales."""
    lapse_days: Annotated[int, Field(ge=1)] = DEFAULT_LAPSE_DAYS
    """Who has not ordered for so many days, and has no live subscription, has lapsed. `regulars doctor` proposes a
    number from the company's own data."""
    max_lifetime_years: Annotated[float, Field(gt=0)] = 10.0
    """Caps the expected lifetime of a customer, from the first order on. It is also how far a predicted lifetime looks
    ahead, which is three years at least."""
    discount_rate: Annotated[float, Field(ge=0, le=1)] = 0.1
    """A year, of predicted lifetime value: at 0.1, what comes in a year is worth 1 / 1.1 of today's money."""
    acquisition_cost: AcquisitionCost = AcquisitionCost()
    economics: Economics = Economics()
    demand: Demand = Demand()
    offers: Offers = Offers()
    target_customer: TargetCustomer = TargetCustomer()
    scorecard: list[ScorecardTarget] = []
    """Targets, each compared with a published metric period by period: `marts.scorecard`."""
    identity: Identity = Identity()
    exclude: Excluded = Excluded()
    cohorts: Cohorts = Cohorts()
    business_hours: BusinessHours = BusinessHours()
    support: Support = Support()
    service_risk: ServiceRisk = ServiceRisk()
    rfm: Rfm = Rfm()
    value_tiers: ValueTiers = ValueTiers()
    segments: dict[Name, OwnSegment] = {}
    """Segments of the company's own, each under a name of your choice in small letters, digits and underscores:
    `marts.customer_own_segments`. The names of the RFM segments are taken."""
    surveys: Surveys = Surveys()
    worklists: Worklists = Worklists()
    themes: Themes = Themes()
    findings: Findings = Findings()
    schedule: Schedule = Schedule()
    resources: Resources = Resources()
    report: Report = Report()
    publish: Publish = Publish()
    alerts: Alerts = Alerts()
    openlineage: OpenLineage = OpenLineage()

    def remember_lines(self, file_name: str, lines: Mapping[Place, int]) -> None:
        """Remember where each key stands, so that a mistake found later can name its line too."""
        self._file_name, self._lines = file_name, lines

    def remember_folder(self, folder: Path) -> None:
        """Remember the folder of the settings file, beside which the company's own tables lie."""
        self._company_folder = find_company_folder(folder)

    @property
    def company_folder(self) -> Path | None:
        """The folder with the company's own tables and contracts; None: there are none."""
        return self._company_folder

    def locate(self, place: Place) -> str:
        """`regulars.yaml:23: ` for the key at a place, or for the nearest key around it; empty without a file."""
        while place and place not in self._lines:
            place = place[:-1]
        return f"{self._file_name}:{self._lines[place]}: " if place in self._lines else ""

    @model_validator(mode="after")
    def _attributes_mean_one_thing(self) -> Self:
        types: dict[str, str] = {}
        for name, source in self.sources.items():
            for each in _list_attributes(source):
                if types.setdefault(each.name, each.type) != each.type:
                    raise ValueError(
                        f"sources.{name}.attributes.{each.name} is a {each.type} here and a {types[each.name]} in "
                        "another source"
                    )
        return self

    @property
    def attributes(self) -> tuple[CustomerAttribute, ...]:
        """The company's own attributes of customers, each once, in the order of their names."""
        found: dict[str, CustomerAttribute] = {}
        for source in self.sources.values():
            for each in _list_attributes(source):
                if each.name not in found or not found[each.name].description:
                    found[each.name] = each
        return tuple(found[name] for name in sorted(found))

    @model_validator(mode="after")
    def _sources_can_build_orders(self) -> Self:
        fed = {kind for source in self.sources.values() for kind in source.mappings}
        if "payments" in fed and not fed & {"orders", "order_lines"}:
            raise ValueError("payments need a source of `orders` or `order_lines` to belong to")
        return self


def _list_attributes(source: Source) -> Iterator[CustomerAttribute]:
    """The attributes of a source, whatever way its kinds are named."""
    for mapping in source.mappings.values():
        yield from list_attributes(mapping.attributes)


def find_as_of(settings: Settings, now: dt.datetime) -> dt.date:
    """The last day a run at `now` counts: the fixed `as_of`, else yesterday in the company's zone.

    Args:
        settings: The company's settings.
        now: An aware moment.
    """
    if settings.as_of is not None:
        return settings.as_of
    return now.astimezone(ZoneInfo(settings.company.timezone)).date() - dt.timedelta(days=1)
