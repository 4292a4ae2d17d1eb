"""The sample company's settings, which double as the example a newcomer reads.

Put here: the text of `regulars.yaml`. Keep out: its meaning (`pipelines/settings/settings.py`).
"""

SAMPLE_SETTINGS = """# Settings of Regulars for the built-in sample company.
# Copy this file beside your own exports, change what differs, and try it with `regulars doctor`.
# Only `company` and one source of orders are needed; whatever is left out has a sensible default.

company:
  name: Knabberkiste             # an invented snack-box shop
  timezone: Europe/Berlin        # in this zone a day begins and ends
  currency: EUR                  # every amount is told in it
  fiscal_year_starts: 1          # month

# The last day that counts. Leave it out in real life: then it is yesterday.
as_of: 2026-06-30

customer_is: person              # or account: then all persons of an account are one customer
lapse_days: 365                  # who has not ordered for so long, and pays for no subscription, has lapsed
max_lifetime_years: 10           # no customer is expected to stay longer
discount_rate: 0.10              # a year, of predicted lifetime value: next year's money is worth 1 / 1.10

# What winning one customer costs, in EUR, where the CRM does not say it itself (here: trade fairs).
acquisition_cost:
  default: 12.00
  by_channel:
    search ads: 14.50
    social ads: 11.00
    organic: 0
    partner: 18.00
    referral: 8.00

# How long the periods of cohorts are, and what customers are split by: also first_store and acquisition_channel.
cohorts:
  grains: [week, month, quarter, year]
  dimensions: [first_category, first_channel, first_discount, country, customer_type]

identity:
  # Addresses that stand for nobody: the till of the factory shop, and our own tests.
  ignore_emails: [kasse@example.com, shop-test@example.com]

# One entry per export. `columns` says which of the file's columns fills which of ours: left ours, right the file's
# header. {sql: …} derives a value from the file's columns, which are all text; {value: …} is the same in every row.
sources:

  # A CRM writes all its contacts every night: `full`. A contact that is gone from the newest file was deleted.
  crm:
    kind: customers
    path: exports/crm_contacts.csv
    delivery: full
    timezone: Europe/Berlin      # its moments carry no zone
    options:
      encoding: auto             # UTF-8 if it is, else the Windows encoding, as here
      datetime_format: "%Y-%m-%d %H:%M"
    columns:
      customer_record_id: Record ID
      first_name: First Name
      last_name: Last Name
      email: Email
      phone: Phone Number
      owner: Contact owner
      company_name: Company Name
      account_id: Associated Company IDs
      customer_type: Customer Type
      city: City
      postal_code: Postal Code
      region: State/Region
      country: Country/Region
      acquisition_channel: Original Traffic Source
      acquisition_cost: Acquisition Cost
      referred_by_record_id: Referred by Record ID
      merged_record_ids: Merged record IDs
      email_opt_in: Newsletter
      created_at: Create Date
      updated_at: Last Modified Date

  # The shop sends only what is new or has changed: `incremental`. An order that comes again replaces the one before.
  shop_orders:
    kind: orders
    path: exports/orders/*.csv
    delivery: incremental
    system: shop                 # its order ids are those of the next two sources
    # max_age_hours: 36          # in real life: stop the run if the newest file is older
    options:
      datetime_format: "%Y-%m-%d %H:%M:%S %z"
    columns:
      order_id: order_id
      customer_record_id: contact_id
      customer_system: {value: crm}   # contact_id is an id of the CRM, not of the shop
      email: email
      ordered_at: created_at
      status: financial_status
      currency: currency
      gross_sales: subtotal
      discounts: discount_amount
      shipping: shipping
      tax: taxes
      channel: sales_channel
      city: shipping_city
      region: shipping_region
      country: shipping_country
      promised_at: promised_at
      delivered_at: delivered_at
      is_test: test
      is_cancelled: {sql: "coalesce(cancelled_at, '') <> ''"}

  shop_order_lines:
    kind: order_lines
    path: exports/order_lines/*.csv
    delivery: incremental
    required: true
    system: shop
    columns:
      order_id: order_id
      product_id: sku
      product_name: name
      category: category
      quantity: quantity
      unit_price: price
      currency: currency
      cost: cost

  shop_refunds:
    kind: refunds
    path: exports/shop_refunds.csv
    delivery: full
    system: shop
    options:
      datetime_format: "%Y-%m-%d %H:%M:%S %z"
    columns:
      refund_id: refund_id
      order_id: order_id
      customer_record_id: contact_id
      customer_system: {value: crm}
      email: email
      refunded_at: processed_at
      currency: currency
      amount: amount

  products:
    kind: products
    path: exports/products.csv
    system: shop
    columns: {product_id: sku, product_name: name, category: category, cost: cost}

  # A German survey tool: semicolons, and its own way to write a day.
  nps:
    kind: survey_responses
    path: exports/nps_answers.csv
    delivery: full
    timezone: Europe/Berlin
    options:
      delimiter: ";"
      datetime_format: "%d.%m.%Y %H:%M"
    columns:
      response_id: Antwort-ID
      survey_kind: {value: nps}
      score: Bewertung
      scale_min: {value: "0"}
      scale_max: {value: "10"}
      answered_at: Datum
      comment: Kommentar
      language: Sprache
      email: E-Mail
      customer_record_id: CRM-ID
      customer_system: {value: crm}
      order_id: Bestellung
      touchpoint: {value: after delivery}

  # A subscription tool: a row for each period at one plan and price. What is cancelled runs on until `ended_at`.
  coffee_club:
    kind: subscriptions
    path: exports/coffee_club.csv
    delivery: full
    columns:
      subscription_id: id
      customer_record_id: crm_contact
      customer_system: {value: crm}
      email: customer_email
      plan: plan
      status: status
      currency: currency
      amount: unit_price
      quantity: quantity
      billing_interval: interval
      started_at: started_at
      trial_ends_at: trial_end
      cancelled_at: cancelled_at
      ended_at: ended_at
      cancel_reason: cancellation_reason
      is_involuntary: payment_failed

  # EUR for one GBP, each weekday; on other days the newest rate before holds.
  fx:
    kind: fx_rates
    path: exports/fx_rates.csv
    delivery: full
    required: true               # without rates the orders in GBP have no value
    options:
      delimiter: ";"
      decimal: ","
    columns:
      rate_date: date
      currency: currency
      rate: rate

schedule:
  cron: "30 3 * * *"             # every night at half past three, in the company's zone

report:
  language: en                   # or fi (Finnish); docs/howto/add_a_language.md tells how to add another

publish:
  keep_generations: 7            # older ones are removed
"""
"""The whole text of the sample company's `regulars.yaml`; the repository's `regulars.example.yaml` is a copy."""
