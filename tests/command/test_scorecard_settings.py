"""A target about a metric that does not exist ends doctor and run at once."""

import pytest

from tests.shop import run_regulars

SETTINGS = """
company: {name: Corner Shop, timezone: Europe/Berlin, currency: EUR}
sources: {shop: {path: o.csv, delivery: full, kind: orders, columns: {order_id: O, ordered_at: A, gross_sales: T}}}
scorecard: [{lens: mission, metric: nps.npz, target: 40}]
"""


@pytest.mark.parametrize("verb", ["doctor", "run"])
def test_a_metric_that_does_not_exist_is_named_with_the_nearest(tmp_path, verb):
    (tmp_path / "regulars.yaml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "o.csv").write_text("O,A,T\n1,2026-01-01,5\n", encoding="utf-8")
    done = run_regulars(verb, "--settings", tmp_path / "regulars.yaml", "--home", tmp_path / "home")
    assert done.code == 78
    assert "regulars.yaml:4: scorecard.0.metric: there is no metric `nps.npz`; did you mean `nps.nps`" in (
        done.stdout + done.stderr
    )
