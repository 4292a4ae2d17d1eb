"""The Pareto/NBD where its closed forms fail: against mpmath at 60 digits, near singular points and far out."""

import numpy as np
import pytest

from regulars.pipelines.models.pareto_nbd import ParetoNBDModel


def model(*params: float) -> ParetoNBDModel:
    return ParetoNBDModel.from_params(dict(zip(("r", "alpha", "s", "beta"), params, strict=True)))


# --- where closed forms fail ---

HARD = [
    # r, alpha, s, beta, x, tx, T -> log-likelihood, p(alive), purchases in 30, P(any purchase in 30), DERT at 0.002,
    # purchases in 100 discounted at 0.01
    (
        (0.5534, 10.5802, 0.6061, 11.6562, 2, 30.43, 38.86),
        (-9.554510694614, 0.8691106439681, 1.160289641071, 0.5465212637333, 7.752610990139, 2.061955031832),
    ),
    (
        (0.5534, 10.5802, 0.6061, 11.6562, 132, 200, 200),
        (-196.359625822, 1.0, 18.12927187868, 0.9954711598102, 181.5759390031, 35.88332857216),
    ),
    (
        (0.5, 5, 0.05, 2000, 500, 364, 365),
        (-351.2613325694, 0.9999551307054, 40.56644831455, 0.9999394760844, 670.321576026, 85.42871608663),
    ),
    (
        (0.5, 5, 0.01, 5000, 500, 364, 365),
        (-351.2536965269, 0.9999960445973, 40.57978809486, 0.9999946641046, 675.7688683167, 85.50015599351),
    ),
    (
        (0.5, 5, 50, 11001, 3, 40, 60),
        (-13.27719927486, 0.842155954913, 1.272269766261, 0.5897869968044, 7.021543647433, 2.392993553918),
    ),
    (
        (0.5, 5, 0.6, 10, 3000, 360, 365),
        (
            3306.914263196,
            9.375705572175e-15,
            2.228434992452e-12,
            9.373856097935e-15,
            2.56660291707e-11,
            4.520583523975e-12,
        ),
    ),
    (
        (2, 5, 1, 11.6562, 2, 30, 38),
        (-11.22025659446, 0.7685930804112, 1.677845996981, 0.5823622899167, 7.172097894421, 2.703353337339),
    ),
    (
        (1.5, 20, 0.4, 20, 4, 10, 50),
        (-12.89913716561, 0.09103627391189, 0.1991355425569, 0.07451758190337, 1.878701929841, 0.3816450115968),
    ),
    (
        (30, 0.01, 0.4, 8, 0, 0, 1000),
        (
            -10.96826078454,
            8.378699774448e-147,
            7.49648144378e-147,
            4.902164049276e-147,
            1.095304425427e-145,
            1.563585412387e-146,
        ),
    ),
    (
        (0.05, 300, 3, 0.5, 1, 999, 1000),
        (-33.04037446278, 0.9970032877172, 0.0231134524307, 0.02258706473656, 0.1793452134915, 0.04521560232305),
    ),
    (
        (0.9, 74, 0.6, 82, 40, 200, 300),
        (
            -120.8241942991,
            0.0001763260432581,
            0.0005653955551344,
            0.0001667509738031,
            0.006537993992677,
            0.00114766606999,
        ),
    ),
    (
        (0.5, 5, 20000, 4000000.0, 7, 100, 150),
        (-29.83253414827, 0.3766563986916, 0.5077295351765, 0.2616935028363, 2.603751817578, 0.9439208963821),
    ),
    (
        (0.3, 2, 0.2, 0.001, 0, 0, 30),
        (-0.1252761449516, 0.0627687669738, 0.01635401860307, 0.01056902428813, 0.1843926445364, 0.03186023992616),
    ),
]


@pytest.mark.parametrize(("arguments", "truth"), HARD, ids=lambda values: str(values[-3:]) if len(values) == 7 else "")
def test_hard_customers_match_sixty_digits(arguments, truth):
    hard, history = model(*arguments[:4]), arguments[4:]
    found = (
        hard.log_likelihood_of(*history),
        hard.p_alive(*history),
        hard.expected_purchases(30, *history),
        hard.probability_of_purchase(30, *history),
        hard.discounted_purchases(0.002, *history),
        hard.discounted_purchases(0.01, *history, horizon=100),
    )
    assert found == pytest.approx(truth, rel=1e-9, abs=0)


def test_purchases_at_s_1_and_of_a_customer_who_bought_today():
    assert model(2, 5, 1, 11.6562).expected_purchases(39, 2, 30, 38) == pytest.approx(2.057889, abs=1e-6)
    today = model(0.5534, 10.5802, 0.6061, 11.6562)
    assert today.expected_purchases(10, 132, 200, 200) == pytest.approx(6.2067599, abs=1e-7)
    assert today.p_alive(132, 200, 200) == 1


def test_nothing_jumps_at_s_1():
    declared = [model(2, 5, s, 11.6562).expected_purchases(39, 2, 30, 38) for s in (1 - 1e-9, 1, 1 + 1e-9)]
    assert declared == pytest.approx([declared[1]] * 3, rel=1e-8)


def test_a_customer_who_is_surely_gone_is_not_gone_by_underflow():
    chances = model(0.5, 5, 0.05, 2000).p_alive(3000, [10, 200, 300, 364, 365], 365)
    assert (chances > 0).all()
    assert (np.diff(chances) >= 0).all()
    assert chances[-1] == 1
