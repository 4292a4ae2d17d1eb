"""An example for each part of the settings, as `docs/settings.md` shows it.

Put here: examples in YAML; a test reads each of them. Keep out: the page around them (`settings_page.py`).
"""

from collections.abc import Mapping

from regulars.pipelines.command.pages.source_examples import SOURCE_EXAMPLES

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
rfm: {recency_days: [30, 90, 180, 365]}
value_tiers: {top_percent: 5, next_percent: 15}
target_customer: {customer_type: [office]}
scorecard: [{lens: objective, metric: churn.churn_rate_12m, target: 0.25}]
identity: {ignore_emails: [till@example.com]}
exclude: {emails: [test@example.com]}
cohorts: {grains: [month]}
surveys: {dimensions: [country, store]}
worklists: {length: 40}
findings: {thresholds: {values_emptied: 0.01}}
schedule: {cron: "30 3 * * *"}
report: {language: en}
publish: {keep_generations: 7}
business_hours: {country: DE, subdivision: BE}
support: {reply_within_minutes: 60}
themes: {languages: [de, en]}
service_risk: {threshold: 3}
segments: {often: {when: order_count >= 5 and is_active, meaning: "Active, with five orders or more."}}
resources: {duckdb_memory_limit: 4GB}
alerts: {webhook: "${ALERT_WEBHOOK}"}
openlineage: {url: "http://marquez.example:5000"}
""",
    "economics": """
economics:
  contribution_margin: 0.4
  retention_points: [1, 2, 5]
  horizon_years: 5
  margin_to_keep: 0.2
  least_sales_with_cost: 0.9
  clv_to_cost: 3
  payback_months: 12
""",
    "target_customer": """
target_customer:
  customer_type: [office]
  country: [DE, FI]
  region: [Berlin]
  first_category: [Snacks]
  first_channel: [web]
  first_store: [store-1]
  first_discount: [full price]
  acquisition_channel: [organic, referral]
""",
    "scorecard.<number>": """
scorecard:
  - lens: customer_promise
    metric: support_response.complaints_on_time_rate
    where: {dimension: channel, dimension_value: chat}
    period: quarter
    target: 0.9
""",
    "service_risk": """
service_risk:
  threshold: 3
  window_days: 365
  same_event_days: 14
  signs: [failed_delivery, complaint, late_delivery, refund, detractor, reopened_ticket, failed_payment]
  refund_reasons: [damaged, wrong item]
  undelivered_days: 3
  reply_time: clock
  failed_payment_statuses: [failed, declined]
""",
    "demand": """
demand:
  by: store
  weeks_ahead: 4
""",
    "rfm": """
rfm:
  recency_days: [30, 90, 180, 365]
  frequency: [1, 2, 4, 9]
  monetary_value: [20, 50, 100, 500]
  segments:
    champions: [R5 F5, R4-5 F4-5 M3-5]
    loyal: [R4-5 F3, R3 F4-5]
  names: {champions: Stammgäste, lost: gone}
""",
    "value_tiers": """
value_tiers:
  top_percent: 5
  next_percent: 15
  lowest_percent: 40
""",
    "segments.<name>": """
segments:
  unhappy_regulars:
    when: order_count >= 5 and latest_nps_score <= 6
    meaning: Five orders or more, and the latest NPS answer is a detractor's.
    mailing: true
""",
    "worklists": """
worklists:
  length: 40
  show_owner_names: true
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
    "acquisition_cost": """
acquisition_cost:
  default: 12.00
  by_channel: {search ads: 14.50, organic: 0}
""",
    "identity": """
identity:
  ignore_emails: [till@example.com]
  email_domain_aliases: {googlemail.com: gmail.com, acme.example: acme-group.example}
  gmail_variants: true
  max_records_per_email: 10
  max_orders_per_email: 300
  max_orders_per_email_and_day: 5
  keep_names_apart: false
  match_phones: true
  phone_region: DE
  max_records_per_phone: 3
  fuzzy: {threshold: 0.95}
  always_match: [[crm:1019951, shop:88], [crm:7, ann@example.com]]
  never_match: [[crm:1, crm:2]]
  match_file: matches.csv
  link_accounts: true
  accounts_by_domain: true
  free_email_domains: [city-mail.example]
  roll_up_accounts: true
  max_records_per_customer: 200
  survivorship: {acquisition_channel: oldest}
""",
    "identity.fuzzy": """
identity:
  fuzzy: {threshold: 0.95, join: true, attributes: [names, email, phone, city, company_name]}
""",
    "identity.survivorship": """
identity:
  survivorship:
    systems: [crm]
    address: systems
    customer_type: most_frequent
    acquisition_channel: oldest
    acquisition_cost: oldest
    owner: newest
    referred_by: oldest
    email_opt_in: newest
    attributes: {industry: systems}
sources:
  crm:
    path: crm.csv
    kind: customers
    columns: {customer_record_id: Id, email: Email}
    attributes: {industry: Industry}
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
    "themes": """
themes:
  file: themes.yaml
  languages: [fi, sv, en]
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
    "resources": """
resources:
  duckdb_memory_limit: 800MB
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
    "openlineage": """
openlineage:
  url: http://marquez.example:5000
  api_key: ${OPENLINEAGE_API_KEY}
  namespace: corner_shop
""",
    **SOURCE_EXAMPLES,
}
"""Part of the settings -> YAML that uses each of its keys; a test reads every one of them."""
