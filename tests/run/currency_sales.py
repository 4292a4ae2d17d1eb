"""A table that a company adds: its SELECT and its contract."""

SELECT = """-- One row per currency in which somebody bought.
select currency, count(*) as order_count, max(order_date) as last_order_date
from core.orders
where is_countable
group by currency
"""
CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: marts.currency_sales
version: 1.0.0
description: {purpose: "In which currencies customers buy."}
schema:
  - name: currency_sales
    description: Countable orders per currency.
    dataGranularityDescription: One row per currency.
    customProperties:
      - {property: notMetrics, value: {repeated: [order_count]}}
    properties:
      - {name: currency, physicalType: VARCHAR, primaryKey: true, description: ISO 4217 code.}
      - {name: order_count, physicalType: BIGINT, required: true, logicalTypeOptions: {minimum: 1},
         customProperties: [{property: unit, value: orders}], description: Countable orders.}
      - {name: last_order_date, physicalType: DATE, required: true, description: Day of the last one.}
"""


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
