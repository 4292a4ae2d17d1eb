"""What lifetime value of a million customers costs beside lifetimes and pymc-marketing, in one run on this machine.

    .venv/bin/python benchmarks/clv.py --environments ~/clv-environments
    .venv/bin/python benchmarks/clv.py --environments ~/clv-environments --customers 20000 --runs 1

Three tasks, each in a process of its own, every contender on the same customers: `clv` (BG/NBD and Gamma-Gamma fit,
p_alive, expected purchases, CLV of all), `pareto` (Pareto/NBD fit) and `intervals` (of all; only ours has them at
this size). Numbers are CPU seconds, the least of several runs; `README.md` beside this file says what each one means.
Put here: running contenders and comparing what they say. Keep out: how each comes to a number (`clv_<contender>.py`).
"""

import argparse
import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from clv_customers import write_customers

HERE = Path(__file__).parent
COMPETITORS = {"lifetimes": "lifetimes==0.11.3", "pymc_marketing": "pymc-marketing==0.19.2"}
TASKS = {"clv": ("regulars", "lifetimes", "pymc_marketing"), "pareto": ("regulars", "pymc_marketing")}
NAMES = {"clv": ("r", "alpha", "a", "b", "p", "q", "gamma"), "pareto": ("r", "alpha", "s", "beta")}
CUSTOMER_COLUMNS = ("p_alive", "purchases", "clv")
DIGITS = 1e-3


@dataclass(frozen=True)
class Outcome:
    """What one contender did with one task: CPU seconds, GB, and numbers."""

    contender: str
    imported: float
    """Importing its libraries."""
    first: float
    """The task on a thousand customers the first time, compilers included."""
    few: dict[str, float]
    """Each step on a thousand customers once all is compiled."""
    steps: dict[str, float]
    peak: float
    """Of the whole process, libraries included."""
    found: dict[str, np.ndarray]

    @property
    def total(self) -> float:
        return sum(self.steps.values())

    @property
    def beyond_few(self) -> float:
        """What the customers cost, without what the task costs anyhow."""
        return self.total - sum(self.few.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--environments", type=Path, required=True, help="lifetimes and pymc-marketing go here, once")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--tasks", nargs="+", choices=("clv", "pareto", "intervals"), default=[*TASKS, "intervals"])
    options = parser.parse_args()
    pythons = {name: prepare(options.environments / name, package) for name, package in COMPETITORS.items()}
    pythons["regulars"] = Path(sys.executable)
    with TemporaryDirectory() as scratch:
        file = Path(scratch) / "customers.npy"
        write_customers(file, options.customers)
        print(f"{options.customers:,} customers; CPU seconds, least of {options.runs} runs\n")
        for task in options.tasks:
            rounds = [
                [
                    measure(pythons[name], name, task, file, options.environments)
                    for name in TASKS.get(task, ["regulars"])
                ]
                for _ in range(options.runs)
            ]
            best = [min(outcomes, key=lambda outcome: outcome.total) for outcomes in zip(*rounds, strict=True)]
            show_costs(task, best)
            if task in TASKS:
                show_ratio(best)
                show_agreement(task, best)


def prepare(folder: Path, package: str) -> Path:
    """The Python of an environment that holds the package, made if it is not there."""
    python, done = folder / "bin" / "python", folder / f".{package}"
    if not done.exists():
        print(f"installing {package} (once)", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
        if subprocess.run(install).returncode:
            sys.exit(f"{package} could not be installed into {folder}")
        done.touch()
    return python


def measure(python: Path, contender: str, task: str, file: Path, environments: Path) -> Outcome:
    """Run one contender's task in its own process, on one thread of the linear algebra libraries."""
    results = file.with_name(f"{contender}-{task}.npz")
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    compiled = f"base_compiledir={environments.resolve() / 'compiled'}"
    environment = {**os.environ, **threads, "PYTENSOR_FLAGS": compiled, "PYTHONWARNINGS": "ignore"}
    command = [str(python), str(HERE / f"clv_{contender}.py"), task, str(file), str(results)]
    with results.with_suffix(".log").open("w+") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        if status:
            sys.exit(f"{contender} failed at {task}:\n{log.read()[-2000:]}")
    seconds = json.loads(results.with_suffix(".json").read_text())
    with np.load(results) as found:
        numbers = dict(found)
    peak = usage.ru_maxrss / 2**20
    return Outcome(contender, seconds["import"], seconds["first"], seconds["few"], seconds["all"], peak, numbers)


def show_costs(task: str, outcomes: list[Outcome]) -> None:
    print(f"{task:<28}" + "".join(f"{outcome.contender:>16}" for outcome in outcomes))
    for step in outcomes[0].steps:
        print(f"  {step:<26}" + "".join(f"{outcome.steps[step]:>16.2f}" for outcome in outcomes))
    for name, seconds in (
        ("all steps", [outcome.total for outcome in outcomes]),
        ("all steps, beyond 1,000", [outcome.beyond_few for outcome in outcomes]),
        ("(import)", [outcome.imported for outcome in outcomes]),
        ("(first time, compilers)", [outcome.first for outcome in outcomes]),
        ("peak GB", [outcome.peak for outcome in outcomes]),
    ):
        print(f"  {name:<26}" + "".join(f"{second:>16.2f}" for second in seconds))
    for column in (name for name in CUSTOMER_COLUMNS if name in outcomes[0].found):
        broken = [np.count_nonzero(~np.isfinite(outcome.found[column])) for outcome in outcomes]
        print(f"  {f'{column} NaN or infinite':<26}" + "".join(f"{count:>16,}" for count in broken))


def show_ratio(outcomes: list[Outcome]) -> None:
    """Ours whole, beside theirs without import, compilers and what the task costs on a thousand customers."""
    ours, *theirs = outcomes
    fastest = min(theirs, key=lambda outcome: outcome.beyond_few)
    if fastest.beyond_few < fastest.total / 10:
        print("  too few customers for a ratio: the task costs about as much for a thousand")
    else:
        print(f"  regulars / {fastest.contender} (beyond 1,000): {ours.total / fastest.beyond_few:.2f}")


def show_agreement(task: str, outcomes: list[Outcome]) -> None:
    """How far each contender's numbers are from ours, and whether that is within a thousandth."""
    ours, *theirs = outcomes
    print(f"\n  {'numbers':<26}" + "".join(f"{outcome.contender:>16}" for outcome in outcomes) + "   apart by")
    values = {name: [outcome.found["params"][place] for outcome in outcomes] for place, name in enumerate(NAMES[task])}
    for column in (name for name in CUSTOMER_COLUMNS if name in ours.found):
        values[f"{column}, total"] = [float(np.nansum(outcome.found[column])) for outcome in outcomes]
    for name, (mine, *others) in values.items():
        apart = max(abs(other / mine - 1) for other in others)
        outcome = "agrees" if apart <= DIGITS else "DIFFERS"
        print(f"  {name:<26}" + "".join(f"{value:>16.6g}" for value in (mine, *others)) + f"   {apart:.1e} {outcome}")
    for column in (name for name in CUSTOMER_COLUMNS if name in ours.found):
        for other in theirs:
            far = np.nanmax(np.abs(other.found[column] - ours.found[column]) / (np.abs(ours.found[column]) + DIGITS))
            print(f"  {column} of one customer: at most {far:.1e} from {other.contender}")
    print()


if __name__ == "__main__":
    main()
