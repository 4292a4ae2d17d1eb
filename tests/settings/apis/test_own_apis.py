"""A company's own APIs in `company/apis/`: named in the settings like ours, before ours, and never with a secret."""

import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.settings_file import load_settings

TICKETS = """
tool: Tickets
account: {site: what stands before the dot}
secret: {token: a token that may read orders}
shared:
  base_url: https://{site}.example.com/v1
  auth: {type: bearer, token: "{token}"}
  paginator: {type: cursor, cursor_path: next, cursor_param: after}
resources:
  orders:
    path: orders
    changes: {path: orders/changed, cursor_param: since}
"""
NAMED = 'api: tickets, resource: orders, site: corner, token: "${SECRET}"'
MAPPED = "kind: orders, columns: {order_id: id, ordered_at: day, gross_sales: total}"


def load(folder, way, api=TICKETS, name="tickets"):
    path = folder / "company" / "apis" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(api, encoding="utf-8")
    text = f"company: {{name: A, timezone: UTC, currency: EUR}}\nsources:\n  shop: {{from: {{{way}}}, {MAPPED}}}\n"
    (folder / "regulars.yaml").write_text(text, encoding="utf-8")
    return load_settings(folder / "regulars.yaml", {"SECRET": "sec-1"}).sources["shop"]


def test_an_api_of_the_company_is_named_like_ours(tmp_path):
    source = load(tmp_path, NAMED)
    assert source.from_.base_url == "https://corner.example.com/v1"
    assert source.from_.auth.token.get_secret_value() == "sec-1"
    assert source.from_.path == "orders"
    assert source.profile is None


def test_what_an_api_says_of_changes_holds_where_the_source_has_a_cursor(tmp_path):
    way = load(tmp_path, f"{NAMED}, cursor: {{column: changed}}").from_
    assert (way.path, way.cursor_param) == ("orders/changed", "since")


def test_an_api_of_the_company_goes_before_ours(tmp_path):
    way = 'api: stripe, resource: orders, site: corner, token: "${SECRET}"'
    assert load(tmp_path, way, name="stripe").from_.place == "corner.example.com"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (('token: "{token}"', "token: abc"), "shared.auth.token: a secret does not belong here; write {token}"),
        (("paginator:", 'params: {key: "{token}"}\n  paginator:'), "shared.params.key: a secret stands below `auth`"),
        (("secret: {token:", "secret: {pat:"), "secret.pat: call a secret one of token, api_key"),
        (("tool: Tickets", "tol: Tickets"), "tool: Field required"),
        (("tool: Tickets", "tool: [Tickets"), "this API is not YAML in UTF-8"),
        (("  orders:\n", "  tickets:\n"), "resource: `orders` is not known here; known are: tickets"),
    ],
)
def test_a_mistake_in_an_api_of_the_company_names_its_file(tmp_path, changed, sentence):
    with pytest.raises(SettingsWrong) as wrong:
        load(tmp_path, NAMED, TICKETS.replace(*changed))
    told = str(wrong.value)
    assert told.startswith("regulars.yaml:3: sources.shop.from.")
    assert sentence in told
    assert "abc" not in told
