from tests.builders import only, pick, run_sql


def test_a_country_written_in_several_ways_is_one_code():
    rows = run_sql(
        "staging/countries",
        staging__customers=[{"country": "Germany"}, {"country": "GERMANY"}, {"country": "deu"}, {"country": "DE"}],
        staging__orders=[{"order_id": "1", "country": "Deutschland"}, {"order_id": "2"}],
    )
    assert list(pick(rows, "delivered", "country", "country_name")) == [
        (delivered, "DE", "Germany") for delivered in ("DE", "Deutschland", "GERMANY", "Germany", "deu")
    ]


def test_a_text_that_is_no_country_has_no_code():
    assert list(
        pick(run_sql("staging/countries", staging__stores=[{"country": "Atlantis"}]), "delivered", "country")
    ) == [("Atlantis", None)]


def test_customers_have_the_code_and_the_name_and_keep_what_is_no_country():
    links = [
        {
            "link_type": "customer_record",
            "system": "shop",
            "source_record_id": str(n),
            "customer_id": f"c{n}",
            "customer_idx": n,
        }
        for n in (1, 2, 3)
    ]
    records = [{"customer_id": f"c{n}", "customer_idx": n} for n in (1, 2, 3)]
    rows = run_sql(
        "core/customers",
        identity__records=records,
        identity__customer_links=links,
        staging__customers=[
            {"customer_record_id": "1", "country": "Deutschland"},
            {"customer_record_id": "2", "country": "Atlantis"},
            {"customer_record_id": "3"},
        ],
        staging__orders=[{"order_id": "9", "customer_record_id": "3", "country": "deu"}],
    )
    found = {row["customer_idx"]: (row["country"], row["country_name"]) for row in rows}
    assert found == {0: (None, None), 1: ("DE", "Germany"), 2: ("Atlantis", "Atlantis"), 3: ("DE", "Germany")}


def test_orders_and_stores_have_the_code():
    order = only(run_sql("core/orders", staging__orders=[{"order_id": "1", "country": "Germany"}]))
    store = only(run_sql("core/stores", staging__stores=[{"store_id": "1", "country": "DEU"}]))
    assert (order["country"], store["country"]) == ("DE", "DE")
