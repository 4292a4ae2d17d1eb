from pathlib import Path

import polars as pl

from regulars.pipelines.sample.simulation.addresses import TEST_EMAIL, TILL_EMAIL


def spelt_alike(email: str) -> str:
    return email.strip().lower().removeprefix("mailto:")


class Groups:
    """Identifiers known to be one person's."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}

    def find(self, key: str) -> str:
        self.parent.setdefault(key, key)
        while self.parent[key] != key:
            key = self.parent[key]
        return key

    def join(self, keys: list[str]) -> None:
        for key in keys[1:]:
            self.parent[self.find(key)] = self.find(keys[0])


def keys_of(record: str | None, email: str | None, merged: str | None = None) -> list[str]:
    keys = [f"record {x}" for x in (record, merged) if x]
    return keys + ([f"email {spelt_alike(email)}"] if email else [])


def found_groups(company: Path, orders: pl.DataFrame) -> Groups:
    groups = Groups()
    text = (company / "exports" / "crm_contacts.csv").read_bytes().decode("cp1252").encode()
    crm = pl.read_csv(text, infer_schema=False, truncate_ragged_lines=True)
    crm = crm.filter(pl.col("Record ID").str.starts_with("1"))
    for record, email, merged in crm.select("Record ID", "Email", "Merged record IDs").iter_rows():
        groups.join(keys_of(record, email, merged))
    for record, email in orders.select("contact_id", "email").iter_rows():
        if email is None or spelt_alike(email) not in {TILL_EMAIL, TEST_EMAIL}:
            groups.join(keys_of(record, email))
    return groups


def test_ids_and_emails_lead_from_every_order_to_its_person_and_to_no_other(company, latest_orders):
    groups = found_groups(company, latest_orders)
    truth = pl.read_csv(company / "truth" / "orders.csv").join(latest_orders, on="order_id")
    pairs = {
        (person, groups.find(keys_of(record, email)[0]))
        for person, record, email in truth.select("person_id", "contact_id", "email").iter_rows()
        if person is not None
    }
    assert len({person for person, _ in pairs}) == len(pairs) == len({group for _, group in pairs})


def test_every_named_answer_leads_to_its_person(company, latest_orders):
    groups = found_groups(company, latest_orders)
    answers = pl.read_csv(company / "exports" / "nps_answers.csv", separator=";", infer_schema=False)
    truth = pl.read_csv(company / "truth" / "answers.csv").join(answers, left_on="response_id", right_on="Antwort-ID")
    records = pl.read_csv(company / "truth" / "crm_records.csv", infer_schema=False).rows()
    person_of = {groups.find(f"record {record}"): int(person) for record, person in records}
    named = truth.filter(~pl.col("is_anonymous"))
    assert len(named) > 100
    for person, record, email in named.select("person_id", "CRM-ID", "E-Mail").iter_rows():
        assert person_of.get(groups.find(keys_of(record, email)[0]), person) == person


def test_an_anonymous_answer_carries_nothing_that_names_its_person(company):
    answers = pl.read_csv(company / "exports" / "nps_answers.csv", separator=";", infer_schema=False)
    truth = pl.read_csv(company / "truth" / "answers.csv").filter("is_anonymous")
    export = answers.join(truth, left_on="Antwort-ID", right_on="response_id")
    assert export.select(pl.col("E-Mail", "CRM-ID", "Bestellung").is_null().all()).row(0) == (True, True, True)


def test_addresses_are_of_domains_reserved_for_examples(latest_orders):
    domains = latest_orders["email"].drop_nulls().str.to_lowercase().str.strip_chars().str.split("@").list.last()
    assert set(domains) == {"example.com", "example.org"}
