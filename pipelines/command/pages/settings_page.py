"""The page `docs/settings.md`: every key of `regulars.yaml`, made from the models of the settings.

Put here: the shape of the page, and an example for each part of the settings. Keep out: what a key means (the
docstrings in `settings/settings.py`, `settings/source.py` and the types of targets in `publish/targets/`).
"""

from collections.abc import Iterator, Mapping
from typing import get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from regulars.pipelines.command.pages.settings_types import describe_type, is_part, write_value
from regulars.pipelines.publish.targets.shape.registry import TARGET_TYPES
from regulars.pipelines.settings.settings import Settings

INTRODUCTION = """# Settings

Made from the modules of `pipelines/settings/` and `pipelines/publish/targets/` by
`python -m regulars.pipelines.command.handbook`; do not edit it by hand.

`regulars run` reads `regulars.yaml` in the folder where it is started; `--settings FILE` or `$REGULARS_SETTINGS` names
another one. Only `company` and one source are needed. `regulars.example.yaml` is the settings file of the sample
company, and shows most keys at work.

- **Mistakes are told all at once**, each with its line and its key as this page writes it: `regulars.yaml:11:
  lapse_dys: unknown key; did you mean lapse_days?`. A key that is unknown or written twice is a mistake. The exit code
  is 78. `regulars doctor` checks the file without a run.
- **`${NAME}`** in any text is replaced by the variable `NAME` of the environment (capitals, digits, underscores); a
  variable that is not set is a mistake. `alerts.webhook` must be written so, because it is a secret.
- **Results follow from the settings**: a change of a key that has a part in them makes a new generation at the next
  run, and `meta.restatements` says which published numbers it moved.
"""

EXAMPLES: Mapping[str, str] = {
    "": """
company: {name: Corner Shop, timezone: Europe/Berlin, currency: EUR}
sources:
  shop:
    path: exports/orders_*.csv
    delivery: incremental
    kind: orders
    columns: {order_id: Order, ordered_at: Created at, email: Email, gross_sales: Total}
as_of: 2026-06-30
customer_is: person
value_basis: net_sales
subscription_revenue_is_in_orders: true
lapse_days: 180
max_lifetime_years: 10
discount_rate: 0.08
acquisition_cost: {default: 12.00}
economics: {contribution_margin: 0.4}
demand: {by: store}
offers: {exclude_products: [POSTAGE]}
metric_targets: {churn_rate_12m: 0.25}
identity: {ignore_emails: [till@example.com]}
exclude: {emails: [test@example.com]}
cohorts: {grains: [month]}
surveys: {dimensions: [country, store]}
findings: {thresholds: {values_emptied: 0.01}}
schedule: {cron: "30 3 * * *"}
report: {language: en}
publish: {keep_generations: 7}
business_hours: {country: DE, subdivision: BE}
support: {reply_within_minutes: 60}
alerts: {webhook: "${ALERT_WEBHOOK}"}
""",
    "economics": """
economics:
  contribution_margin: 0.4
  retention_points: [1, 2, 5]
  horizon_years: 5
  margin_to_keep: 0.2
  clv_to_cost: 3
  payback_months: 12
""",
    "demand": """
demand:
  by: store
  weeks_ahead: 4
""",
    "offers": """
offers:
  places: 5
  new_places: 1
  exclude_products: [POSTAGE]
  exclude_categories: [gift cards]
  without_consent: false
""",
    "company": """
company:
  name: Corner Shop
  timezone: Europe/Berlin
  currency: EUR
  fiscal_year_starts: 4
""",
    "sources.<name>": """
sources:
  shop:
    path: [exports/old_orders.csv, exports/orders/*.csv]
    format: csv
    options: {delimiter: ";"}
    kind: orders                                     # or `kinds`, below
    columns:
      order_id: Order
      ordered_at: [Created at, Date]                 # whichever of the two the file has
      email: Email
      gross_sales: {sql: 'replace("Total", ''€'', '''')'}
      channel: {value: web}
    system: shop
    timezone: Europe/Paris
    currency: EUR
    delivery: incremental
    fill_down: {document: Order, columns: [Created at, Email, Total]}
    exclude: {second_header: "Total = 'Total'", lost_deals: "coalesce(Stage, '') = 'Closed Lost'"}
    include: {paid: "coalesce(State, '') in ('paid', 'refunded')"}
    required: true
    max_age_hours: 36
    max_quarantined: 0.02
""",
    "sources.<name>.options": """
sources:
  till:
    path: exports/till.csv
    options:
      delimiter: ";"
      quote: "'"
      encoding: cp1252
      decimal: ","
      thousands: "."
      currency_sign: "€"
      datetime_format: "%d.%m.%Y %H:%M"
      date_format: "%d.%m.%Y"
      final_newline: optional
    kind: orders
    columns: {order_id: Bon, ordered_at: Datum, gross_sales: Summe}
""",
    "sources.<name>.fill_down": """
sources:
  shop:
    path: orders_export*.csv
    fill_down:
      document: Name
      columns: [Id, Currency, Total]
    kinds:
      orders:
        columns: {order_id: Name, ordered_at: Created at, currency: Currency}
      order_lines:
        columns: {order_id: Name, quantity: Lineitem quantity, unit_price: Lineitem price, currency: Currency}
""",
    "sources.<name>.kinds.<kind>": """
sources:
  shop:
    path: exports/orders_*.csv
    delivery: incremental
    kinds:
      orders:
        when: '"Type" <> ''refund'''
        columns: {order_id: Order, ordered_at: Date, gross_sales: Amount}
      refunds:
        when: '"Type" = ''refund'''
        columns: {refund_id: Number, order_id: Order, refunded_at: Date, amount: Amount}
""",
    "acquisition_cost": """
acquisition_cost:
  default: 12.00
  by_channel: {search ads: 14.50, organic: 0}
""",
    "identity": """
identity:
  ignore_emails: [till@example.com]
  max_records_per_email: 10
  max_orders_per_email: 300
  max_orders_per_email_and_day: 5
  link_accounts: true
  max_records_per_customer: 200
  max_orders_per_email: 300
  max_orders_per_email_and_day: 10
  link_accounts: true
""",
    "exclude": """
exclude:
  emails: [test@example.com]
  email_domains: [test.example.com]
  customer_record_ids: ["4711"]
  order_ids: ["1001", "1002"]
""",
    "surveys": """
surveys:
  dimensions: [country, store, touchpoint]
  max_answer_days: 180
  driver_days: 730
""",
    "cohorts": """
cohorts:
  grains: [month, year]
  dimensions: [country, first_store]
""",
    "business_hours": """
business_hours:
  {country: DE, subdivision: BE, opens: "8:00", closes: "18:00", rest_days: [sunday], closed_on: [2026-12-24],
   open_on: [2026-10-03]}
""",
    "support": """
support: {reply_within_minutes: 60}
""",
    "findings": """
findings:
  thresholds: {records_quarantined: 0.002, values_emptied: 0.01}
  severities: {records_quarantined: stop}
  acknowledged:
    - {finding: values_emptied, kind: customers, reason: the old shop has no birthdays, count: 40, expires: 2027-01-31}
""",
    "findings.acknowledged.<number>": """
findings:
  acknowledged:
    - finding: optional_column_missing
      source: shop
      kind: orders
      table: core.orders
      reason: the new till does not export the town yet
      count: 1
      expires: 2026-12-31
""",
    "schedule": """
schedule:
  cron: "0 4 * * 1-6"
""",
    "report": """
report:
  language: fi
""",
    "publish": """
publish:
  keep_generations: 14
  keep_landing_days: 90
  targets:
    share: {type: folder, path: /mnt/share/regulars}
""",
    "publish.targets.<name>": """
publish:
  targets:
    share: {type: folder, path: /mnt/share/regulars}
    bucket: {type: folder, path: /srv/synced/regulars}
""",
    "alerts": """
alerts:
  webhook: ${ALERT_WEBHOOK}
""",
}
"""Part of the settings -> YAML that uses each of its keys; a test reads every one of them."""

BAR = "\\|"
"""A bar that does not end a cell."""


def settings_markdown() -> str:
    """The whole page."""
    sections = [
        *(
            _section(f"`{place}`" if place else "Top level", part, EXAMPLES[place])
            for place, part in parts_of(Settings)
        ),
        *(_section(f"Targets of the type `{name}`", each.options, each.example) for name, each in TARGET_TYPES.items()),
    ]
    return "\n".join([INTRODUCTION, *sections])


def parts_of(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Every part of the settings with its place, such as `sources.<name>.options`; those that hold others first."""
    yield place, model
    for name, field in model.model_fields.items():
        step = f"{place}.{name}".lstrip(".")
        if field.annotation is None:
            continue
        optional = next((each for each in get_args(field.annotation) if type(None) in get_args(field.annotation)), None)
        if is_part(field.annotation):
            yield from parts_of(field.annotation, step)
        elif is_part(optional):
            yield from parts_of(optional, step)
        elif get_origin(field.annotation) is list and is_part(get_args(field.annotation)[0]):
            yield from parts_of(get_args(field.annotation)[0], f"{step}.<number>")
        elif get_origin(field.annotation) is dict and is_part(get_args(field.annotation)[1]):
            yield from parts_of(get_args(field.annotation)[1], f"{step}.<{'kind' if name == 'kinds' else 'name'}>")


def _section(heading: str, part: type[BaseModel], example: str) -> str:
    inner = dict(parts_of(part))
    lines = [f"## {heading}", "", _paragraphs(part.__doc__ or ""), ""]
    lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
    for name, field in part.model_fields.items():
        cells = [f"`{name}`", describe_type(field), _default_of(field), _meaning(name, field, inner)]
        lines.append(f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |")
    return "\n".join([*lines, "", "```yaml", example.strip(), "```", ""])


def _meaning(name: str, field: FieldInfo, inner: Mapping[str, type[BaseModel]]) -> str:
    """What the field's docstring says; of a part without one, what the part says about itself."""
    part = next((model for place, model in inner.items() if place.split(".")[-1] == name), None)
    return " ".join((field.description or (part.__doc__ if part else "") or "").split())


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _default_of(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    default = field.default
    if default is None or isinstance(default, BaseModel) or default in ({}, []):
        return ""
    return f"`[{', '.join(map(write_value, default))}]`" if isinstance(default, list) else f"`{write_value(default)}`"
