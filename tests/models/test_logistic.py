"""Logistic regression against a general minimiser, and where plain Newton steps would diverge."""

import numpy as np
import pytest
from scipy.optimize import minimize

from regulars.pipelines.models.logistic import RIDGE, fit_logistic


def draw(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.normal([3, -1, 0], [2, 0.5, 1], (n, 3))
    chance = 1 / (1 + np.exp(-(-2 + 0.8 * features[:, 0] - 1.5 * features[:, 1])))
    return features, rng.random(n) < chance


def test_the_fit_is_the_one_a_general_minimiser_finds():
    features, happened = draw(400, 1)
    model = fit_logistic(features, happened)
    standardised = (features - features.mean(axis=0)) / features.std(axis=0)

    def loss(weights: np.ndarray) -> float:
        logits = weights[0] + standardised @ weights[1:]
        likelihood = np.where(happened, -np.log1p(np.exp(-logits)), -np.log1p(np.exp(logits))).sum()
        return float(-likelihood + RIDGE / 2 * (weights[1:] ** 2).sum())

    best = minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-8})
    assert model.weights == pytest.approx(best.x, abs=1e-3)
    assert model.predict_chance(features).sum() == pytest.approx(happened.sum(), abs=1e-2)


def test_planted_effects_are_found_and_a_feature_without_any_gets_none():
    features, happened = draw(40_000, 2)
    model = fit_logistic(features, happened)
    assert model.weights[1:] / features.std(axis=0) == pytest.approx([0.8, -1.5, 0], abs=0.06)


def test_rare_events_far_apart_do_not_diverge():
    features = np.concatenate([np.full(5000, 0.0), np.full(60, 50.0)])[:, None]
    happened = features[:, 0] > 0
    chance = fit_logistic(features, happened).predict_chance([[0.0], [50.0]])
    assert chance[0] < 0.01
    assert chance[1] > 0.9


def test_a_feature_that_does_not_vary_changes_nothing():
    features, happened = draw(300, 3)
    constant = np.column_stack([features, np.full(300, 7.0)])
    with_it, without = fit_logistic(constant, happened), fit_logistic(features, happened)
    assert with_it.predict_chance(constant) == pytest.approx(without.predict_chance(features))
