"""An example for each part of a source, as `docs/settings.md` shows it.

Put here: examples in YAML of `sources.<name>`. Keep out: those of all other settings (`settings_examples.py`).
"""

from collections.abc import Mapping

SOURCE_EXAMPLES: Mapping[str, str] = {
    "sources.<name>": """
sources:
  shop:
    path: [exports/old_orders.csv, exports/orders/*.csv]
    profile: shopify_orders                          # what is not written here comes from it
    format: csv
    options: {delimiter: ";"}
    kind: orders                                     # or `kinds`, below
    columns:
      order_id: Order
      ordered_at: [Created at, Date]                 # whichever of the two the file has
      email: Email
      gross_sales: {sql: 'replace("Total", ''€'', '''')'}
      channel: {value: web}
    headers: {Order: [Bestellung, Order number], Email: [E-Mail]}
    optional: [Email]
    footer: Grand Totals
    reshape: order_items
    system: shop
    timezone: Europe/Paris
    currency: EUR
    delivery: incremental
    fill_down: {document: Order, columns: [Created at, Email, Total]}
    exclude: {second_header: "Total = 'Total'", lost_deals: "coalesce(Stage, '') = 'Closed Lost'"}
    member: orders_*.csv                             # where `path` is a .zip or .tar.gz
    include: {paid: "coalesce(State, '') in ('paid', 'refunded')"}
    doubtful: {paid: "coalesce(State, '') not in ('draft', 'cancelled')"}
    required: true
    max_age_hours: 36
    max_quarantined: 0.02
""",
    "sources.<name>.from (api)": """
sources:
  tickets_shop:
    from:
      type: api
      base_url: https://api.example.com/v1/
      path: orders
      params: {status: any, limit: 100}
      headers: {X-Api-Version: "2026-01"}
      auth: {type: bearer, token: "${TICKETS_TOKEN}"}
      data_selector: data.orders
      primary_key: id
      paginator: {type: cursor, cursor_path: paging.next, cursor_param: cursor}
      cursor: {column: updated_at}
      cursor_param: updated_since
      allow_unencrypted: false
      time_limit_minutes: 20
    kind: orders
    columns: {order_id: id, ordered_at: created_at, email: customer.email, gross_sales: total.amount}
  portal_orders:
    from:
      type: api
      base_url: https://portal.example.com
      path: orders/search
      method: POST
      json: {limit: 50, line_limit: 20, after: "0", changed_since: "0"}
      params: {region: eu}
      headers: {X-Api-Version: "2026-01"}
      auth: {type: bearer, token: "${TICKETS_TOKEN}"}
      data_selector: results
      primary_key: id
      paginator: {type: cursor, cursor_path: "results[-1].id", cursor_body_path: after}
      half_records: {more_path: [has_more_lines], ask_again_with: {limit: 1, line_limit: 500}}
      lookups: [{path: buyers/search, id_path: order, value_path: buyer, put_at: buyer}]
      cursor: {column: changed_at}
      cursor_body_path: changed_since                  # in place of the parameter `cursor_param`
      cursor_text: "{since_ms}"
      allow_unencrypted: false
      time_limit_minutes: 20
    kind: orders
    columns: {order_id: id, ordered_at: created_at, gross_sales: total, updated_at: changed_at}
""",
    "sources.<name>.from (api).half_records": """
sources:
  portal_orders:
    from:
      base_url: https://portal.example.com
      path: graphql
      method: POST
      json:
        query: "query ($first: Int!, $lines: Int!) { orders(first: $first) { … } }"
        variables: {first: 50, lines: 20}
      data_selector: data.orders.nodes
      half_records:
        more_path: [lines.pageInfo.hasNextPage]
        ask_again_with: {variables.first: 1, variables.lines: 500}
    kind: order_lines
    columns: {order_id: id, product_id: lines.nodes.sku}
""",
    "sources.<name>.from (api).lookups.<number>": """
sources:
  deals:
    from:
      base_url: https://crm.example.com/v3
      path: deals
      data_selector: results
      primary_key: id
      lookups:
        - path: associations/deals/contacts/batch/read
          data_selector: results
          id_path: from.id
          value_path: to
          put_at: contacts                             # a key that the records get
          errors_path: errors
          code_path: subCategory
          nothing_found: [NO_ASSOCIATIONS_FOUND]
          most_ids: 100
    kind: orders
    columns: {order_id: id, ordered_at: closed_at, gross_sales: amount}
""",
    "sources.<name>.from (bucket)": """
sources:
  azure_orders:
    from: {type: bucket, url: az://exports/orders.csv, account: examplestorage, secret_variable: AZURE_KEY}
    kind: orders
    columns: {order_id: id, ordered_at: placed_at, customer_id: customer_id, gross_sales: total}
  shop_orders:
    from:
      type: bucket
      url: s3://exports/shop/orders-*.csv
      endpoint: https://minio.example.com              # without it, the cloud's own server
      region: eu-central-1
      key_id_variable: SHOP_KEY_ID
      secret_variable: SHOP_SECRET_KEY
      public: false
      time_limit_minutes: 10
    delivery: incremental
    kind: orders
    columns: {order_id: id, ordered_at: placed_at, customer_id: customer_id, gross_sales: total}
""",
    "sources.<name>.from (sftp)": """
sources:
  till:
    from:
      type: sftp
      host: files.example.com
      port: 22
      user: regulars
      path: /outgoing/till-*.csv
      password_variable: TILL_PASSWORD
      key_variable: TILL_PRIVATE_KEY                   # the key itself, or the path of its file
      passphrase_variable: TILL_PASSPHRASE
      host_fingerprint: SHA256:uNiVztksCsDhcc0u9e8BrvcXnPhYxkNrBVPaFZ4Jw8Q
      known_hosts: ~/.ssh/known_hosts
      time_limit_minutes: 10
    delivery: incremental
    kind: orders
    columns: {order_id: id, ordered_at: placed_at, customer_id: customer_id, gross_sales: total}
""",
    "sources.<name>.from (api).cursor": """
sources:
  tickets_shop:
    from:
      base_url: https://api.example.com/v1/
      path: order_lines
      cursor:
        column: updated_at
        lag: 2h
        document: order_id
        compare_days: 30
      cursor_param: updated_since
    kind: order_lines
    columns: {order_id: order_id, ordered_at: created_at, email: email, quantity: quantity, unit_price: price}
""",
    "sources.<name>.from (database)": """
sources:
  shop_orders:
    from:
      type: database
      engine: postgresql
      host: db.internal
      port: 5432
      database: shop
      user: regulars_reader
      sslmode: verify-full
      sslrootcert: company-ca.pem
      time_limit_minutes: 10
      password_variable: SHOP_DATABASE_PASSWORD
      query: select id, placed_at, customer_id, total, changed_at from orders where status <> 'draft'
      cursor: {column: changed_at}                   # or without it `delivery: full` below
    kind: orders
    columns: {order_id: id, ordered_at: placed_at, customer_id: customer_id, gross_sales: total, updated_at: changed_at}
""",
    "sources.<name>.from (database).cursor": """
sources:
  shop_lines:
    from:
      type: database
      engine: sqlite
      file: shop.db
      table: order_lines
      cursor:
        column: changed_at
        lag: 2h
        document: order_id
        compare_days: 1
    kind: order_lines
    columns: {order_id: order_id, line_id: id, ordered_at: placed_at, gross_sales: total, updated_at: changed_at}
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
      sheet: "20*"                                   # of a workbook, as the next two
      header_row: 3
      error_cells: empty
      records: data.orders                           # of a JSON file
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
      customers:
        when: '"Customer" is not null'
        columns: {customer_record_id: Customer, email: Email}
        attributes:
          industry: Industry
          seats: {column: [Seats, Licences], type: number, description: How many people may use it}
          is_partner: {sql: "coalesce(Tier, '') = 'partner'", type: boolean}
""",
}
"""Part of the settings of a source -> YAML that uses each of its keys."""
