"""Faults of real exports, one small company each: the numbers are right, or something is said, or the run is refused.

Nothing is silently wrong, and nothing ends in a trace.
"""

from collections.abc import Mapping

import pytest

from tests.attacks.delivery_attacks import DELIVERIES
from tests.attacks.exports import QUESTIONS, Attack, settings
from tests.attacks.id_attacks import IDENTITY, IDS, REFERENCES
from tests.attacks.text_attacks import ENCODINGS, LAYOUTS
from tests.attacks.trial import try_company
from tests.attacks.value_attacks import AMOUNTS, DAYS

pytestmark = pytest.mark.slow

ATTACKS: Mapping[str, Attack] = {
    **ENCODINGS,
    **LAYOUTS,
    **AMOUNTS,
    **DAYS,
    **IDS,
    **REFERENCES,
    **IDENTITY,
    **DELIVERIES,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_fault_of_an_export_is_never_silently_wrong(name, tmp_path):
    attack = ATTACKS[name]
    outcome = try_company(tmp_path, attack.deliveries, settings(**attack.changes), QUESTIONS)
    assert outcome.trace is None
    assert "this is a bug" not in outcome.said
    is_said = any(each in outcome.findings or each in outcome.said for each in attack.said)
    if is_said:
        assert outcome.code in (0, attack.code), outcome.said
    else:
        assert outcome.code == 0, outcome.said
        assert attack.right is not None, outcome.said
        assert {name: outcome.numbers[name] for name in attack.right} == attack.right, outcome.said
