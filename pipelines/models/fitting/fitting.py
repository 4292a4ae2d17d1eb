"""Maximum likelihood: from a log-likelihood with its gradient to estimates, standard errors and an assessment.

Put here: what the fit of every model needs: the search, the uncertainty, the assessment.
Keep out: anything about one model or about customers; reading and merging the rows that are fitted (`rows.py`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

FloatArray = NDArray[np.float64]
LogLikelihood = Callable[[FloatArray], tuple[float, FloatArray]]
"""From the working parameters (k,), logs of the positive ones, to the log-likelihood and its gradient in them (k,)."""

SENSIBLE = (1e-3, 1e3)
"""A positive parameter outside this range is reported as a boundary, unless the model names a range of its own."""
BEYOND_SENSIBLE = 100.0
"""The search may leave the sensible range by this factor, so that a boundary is noticed."""
UNBOUNDED = 20.0
"""A parameter on the whole line is searched between minus and plus this, and is sensible anywhere inside."""
FLAT = 1e-2
"""Curvature in working parameters below which a direction counts as flat: known only to a factor of e**10."""
CLOSE_ENOUGH = 1e-6
"""Converged when twice the expected gain of a Newton step is below this: 0.001 standard errors from the maximum."""


@dataclass(frozen=True)
class Fit:
    """The result of a search for the maximum.

    Attributes:
        names: The parameters, in the order of the model's paper.
        estimates: (k,), on their natural scale.
        covariance: (k, k), on the natural scale, the inverse of the observed information; NaN where not identified.
        log_likelihood: At the estimates; NaN for a model made from published parameters.
        converged: The gradient vanishes and the log-likelihood is concave in every free direction.
        at_boundary: A parameter left its sensible range, or the log-likelihood is flat in some direction.
        message: The problems of the fit, in words; empty without one.
        unbounded: Names of parameters that live on the whole line; all others are positive.
    """

    names: tuple[str, ...]
    estimates: FloatArray
    covariance: FloatArray
    log_likelihood: float
    converged: bool
    at_boundary: bool
    message: str
    unbounded: frozenset[str] = frozenset()

    @property
    def params(self) -> dict[str, float]:
        """Name -> estimate, in the paper's order."""
        return dict(zip(self.names, self.estimates.tolist(), strict=True))

    @property
    def standard_errors(self) -> dict[str, float]:
        """Name -> standard error on the natural scale; NaN where not identified."""
        return dict(zip(self.names, np.sqrt(np.diag(self.covariance)).tolist(), strict=True))

    @property
    def log_covariance(self) -> FloatArray:
        """(k, k) covariance of the working parameters: logs of the positive ones, the unbounded ones as they are."""
        gradients = self._gradients()
        return self.covariance / np.outer(gradients, gradients)

    def convert_units(self, factors: Mapping[str, float], log_likelihood_shift: float) -> "Fit":
        """Convert the fit to other units: multiply the named estimates by their factor, shift the log-likelihood."""
        by = np.array([factors.get(name, 1.0) for name in self.names])
        return replace(
            self,
            estimates=self.estimates * by,
            covariance=self.covariance * np.outer(by, by),
            log_likelihood=self.log_likelihood + log_likelihood_shift,
        )

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Draw parameters (size, k), normal in the working ones; one that is not identified stays at its estimate."""
        variances, directions = np.linalg.eigh(np.nan_to_num(self.log_covariance, nan=0.0))
        steps = rng.standard_normal((size, variances.size)) * np.sqrt(np.maximum(variances, 0.0)) @ directions.T
        whole_line = np.array([name in self.unbounded for name in self.names])
        drawn: FloatArray = np.where(whole_line, self.estimates + steps, self.estimates * np.exp(steps))
        return drawn

    def _gradients(self) -> FloatArray:
        whole_line = np.array([name in self.unbounded for name in self.names])
        return np.where(whole_line, 1.0, self.estimates)


def maximize(
    log_likelihood: LogLikelihood,
    names: Sequence[str],
    starts: Sequence[Sequence[float]],
    *,
    unbounded: Collection[str] = (),
    sensible: Mapping[str, tuple[float, float]] | None = None,
) -> Fit:
    """Search for the maximum: L-BFGS, then Newton steps, from the best start first and from the others if that fails.

    Args:
        log_likelihood: See `LogLikelihood`. Time must be in units that make its parameters of order one.
        names: The parameters, in the order of the model's paper.
        starts: Starting points on the natural scale.
        unbounded: The parameters that live on the whole line, in units in which they are of order one.
        sensible: Name -> (lowest, highest) positive value that is no boundary; `SENSIBLE` for the others.

    Returns:
        The first result that converged inside the sensible range, or else the one with the highest log-likelihood.
    """
    search = _Search(log_likelihood, tuple(names), frozenset(unbounded), dict(sensible or {}))
    points = [search.to_working(start) for start in starts]
    best: Fit | None = None
    with threadpool_limits(1, user_api="blas"):  # threads only wait for each other on such small matrices
        for point in sorted(points, key=lambda point: -search.value(point)[0]):
            fit = search.climb(point)
            if fit.converged and not fit.at_boundary:
                return fit
            if best is None or fit.log_likelihood > best.log_likelihood:
                best = fit
    if best is None:
        raise ValueError("a search needs at least one starting point")
    return best


class _Search:
    """One likelihood, and the box in which its working parameters are searched."""

    def __init__(
        self,
        log_likelihood: LogLikelihood,
        names: tuple[str, ...],
        unbounded: frozenset[str],
        sensible: dict[str, tuple[float, float]],
    ) -> None:
        self.names, self.unbounded, self._log_likelihood = names, unbounded, log_likelihood
        self.whole_line = np.array([name in unbounded for name in names])
        ranges = np.log([sensible.get(name, SENSIBLE) for name in names]).T
        self.low = np.where(self.whole_line, -UNBOUNDED, ranges[0])
        self.high = np.where(self.whole_line, UNBOUNDED, ranges[1])
        margin = np.where(self.whole_line, 0.0, np.log(BEYOND_SENSIBLE))
        self.floor, self.ceiling = self.low - margin, self.high + margin

    def to_working(self, start: Sequence[float]) -> FloatArray:
        values = np.asarray(start, dtype=np.float64)
        logs = np.log(np.where(self.whole_line, 1.0, values))
        return np.clip(np.where(self.whole_line, values, logs), self.floor, self.ceiling)

    def value(self, point: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = self._log_likelihood(point)
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return -1e300, np.zeros_like(point)
        return value, gradient

    def climb(self, point: FloatArray) -> Fit:
        """Search by L-BFGS from one start, then by Newton steps; returns the assessed fit."""
        scale = max(1.0, abs(self.value(point)[0]))

        def loss(at: FloatArray) -> tuple[float, FloatArray]:
            value, gradient = self.value(at)
            return -value / scale, -gradient / scale

        box = list(zip(self.floor, self.ceiling, strict=True))
        options = {"ftol": 1e-11, "gtol": 1e-8, "maxiter": 500, "maxcor": 20}
        found = minimize(loss, point, jac=True, method="L-BFGS-B", bounds=box, options=options)
        return self._polish(np.asarray(found.x, dtype=np.float64))

    def _polish(self, point: FloatArray) -> Fit:
        """Take Newton steps until they gain nothing more; halve a step that does not climb, then give up."""
        value, gradient = self.value(point)
        for _ in range(20):
            free, information = self._information(point, gradient)
            step, twice_gain = _compute_newton_step(information, gradient, free)
            if twice_gain < CLOSE_ENOUGH**2:
                break
            for _ in range(8):
                tried = np.clip(point + step, self.floor, self.ceiling)
                new_value, new_gradient = self.value(tried)
                if new_value > value:
                    break
                step = step / 2
            else:
                break
            point, value, gradient = tried, new_value, new_gradient
            if twice_gain < CLOSE_ENOUGH:  # the information no longer changes
                break
        return self._assess_fit(point, value, gradient, free, information)

    def _information(self, point: FloatArray, gradient: FloatArray) -> tuple[NDArray[np.bool_], FloatArray]:
        """Which parameters are free to move, and minus the second derivatives (k, k) by central differences."""
        held_low = (point <= self.floor) & (gradient < 0)
        held_high = (point >= self.ceiling) & (gradient > 0)
        width = 1e-4
        gradients = [
            self.value(point + shift)[1] - self.value(point - shift)[1] for shift in width * np.eye(point.size)
        ]
        information = -np.array(gradients) / (2 * width)
        return ~(held_low | held_high), (information + information.T) / 2

    def _assess_fit(
        self,
        point: FloatArray,
        value: float,
        gradient: FloatArray,
        free: NDArray[np.bool_],
        information: FloatArray,
    ) -> Fit:
        curvatures, directions = np.linalg.eigh(information[np.ix_(free, free)])
        flat = curvatures < FLAT
        identified = free.copy()
        identified[free] = (np.abs(directions[:, flat]) < 0.05).all(axis=1)
        covariance = np.full((point.size, point.size), np.nan)
        steep = directions[:, ~flat]
        covariance[np.ix_(free, free)] = (steep / curvatures[~flat]) @ steep.T
        covariance[~identified, :] = covariance[:, ~identified] = np.nan
        estimates = np.where(self.whole_line, point, np.exp(np.where(self.whole_line, 0.0, point)))
        gradients = np.where(self.whole_line, 1.0, estimates)
        twice_gain = _compute_newton_step(information, gradient, free)[1]
        beyond = (point < self.low) | (point > self.high)
        converged = bool(twice_gain < CLOSE_ENOUGH and (curvatures > -FLAT).all())
        return Fit(
            names=self.names,
            estimates=estimates,
            covariance=covariance * np.outer(gradients, gradients),
            log_likelihood=value,
            converged=converged,
            at_boundary=bool(beyond.any() or flat.any()),
            message=self._describe_problems(point, converged, beyond, ~identified & ~beyond),
            unbounded=self.unbounded,
        )

    def _describe_problems(
        self, point: FloatArray, converged: bool, beyond: NDArray[np.bool_], unidentified: NDArray[np.bool_]
    ) -> str:
        words = [] if converged else ["the search did not reach a maximum"]
        words += [
            f"{name} ran off {'downwards' if below else 'upwards'}: the data name no value for it"
            for name, out, below in zip(self.names, beyond, point < self.low, strict=True)
            if out
        ]
        if unidentified.any():
            names = " and ".join(name for name, is_loose in zip(self.names, unidentified, strict=True) if is_loose)
            words.append(f"the data do not identify {names}")
        return "; ".join(words)


def _compute_newton_step(
    information: FloatArray, gradient: FloatArray, free: NDArray[np.bool_]
) -> tuple[FloatArray, float]:
    """Compute the step uphill, at most 1 long, and twice its expected gain; convex directions count as concave."""
    curvatures, directions = np.linalg.eigh(information[np.ix_(free, free)])
    along = directions.T @ gradient[free]
    bends = np.maximum(np.abs(curvatures), FLAT)
    step = np.zeros_like(gradient)
    step[free] = directions @ (along / bends)
    return step / max(1.0, float(np.linalg.norm(step))), float(np.sum(along**2 / bends))
