"""Mending an unfair script: it is run with a training and a scorer that write down what is asked of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lab.exercises.exercise import Verdict, right, untried, wrong
from lab.exercises.guard import Trouble, attempt
from lab.exercises.judge import is_missing
from lab.real import Real

ARMS = ("ours", "theirs", "others")
THRESHOLDS = (0.3, 0.5, 0.7, 0.9)
STEPS = 500
SEEDS = 3
SALT = 1  # of the made-up scores: one with which each way to choose a threshold chooses another

MESSAGES = {
    "more steps": "the arms do not get equally many steps. Whatever the table says then, it says of the budget.",
    "other steps": "all arms get equally many steps, but not the number that was asked for.",
    "more seeds": "the arms do not get the same seeds.",
    "few seeds": "three seeds an arm were wanted, 0, 1 and 2.",
    "tuned on test": "several thresholds are tried on test for the same model. Then test has a say in the choice, "
    "and what is reported is too good. Choose on val, and look at test once.",
    "not chosen": "the threshold with which test is looked at is not the one that val would choose. (For every model, "
    "every arm or all together: each is fair. But choose, and for all arms alike.)",
    "val reported": "what stands in the table was measured on val, where the threshold was chosen. Report test.",
    "best of three": "an arm is told by its best seed and another by its mean. The best of three is above the mean of "
    "three even of one and the same arm.",
    "best for all": "every arm is told by its best seed. That is equal, but a best grows with the number of tries, and "
    "nobody who trains once will have it. Take the mean.",
    "other number": "a number in the table is not the mean of what its three models reach on test.",
}
AS_GIVEN = frozenset({"more steps", "tuned on test", "best of three"})


@dataclass
class Records:
    """What a script asked for: trainings (arm, seed, steps), and scores (model, split, threshold)."""

    trained: list[tuple[str, int, Real]] = field(default_factory=list)
    scored: set[tuple[tuple[Any, ...], str, Real]] = field(default_factory=set)

    def train(self, arm: str, seed: int, steps: Real) -> tuple[str, int, Real]:
        """A model, which is no more than its name."""
        model = (arm, seed, steps)
        self.trained.append(model)
        return model

    def score(self, model: tuple[str, int, Real], split: str, threshold: Real) -> float:
        """AP in points.  Raises ValueError for what there is not."""
        if model not in self.trained:
            raise ValueError("score: its first argument is a model, as train gives it")
        if split not in ("val", "test") or threshold not in THRESHOLDS:
            raise ValueError(f"score: found {split!r} and {threshold!r}, expected val or test, and a threshold")
        self.scored.add((model, split, threshold))
        return points(model, split, threshold)


def points(model: tuple[str, int, Real], split: str, threshold: Real) -> float:
    """Made up, and the same whenever it is asked."""
    arm, seed, steps = model
    names = [SALT, ARMS.index(arm), int(seed), int(steps), ("val", "test").index(split), THRESHOLDS.index(threshold)]
    return 20 + 10 * float(np.random.default_rng(names).random())


def unfair(*faults: str) -> Callable[..., dict[str, float]]:
    """The right script with these faults, of those that are written into the notebook's and some others."""

    def script(
        train: Callable[..., Any],
        score: Callable[..., Any],
        arms: tuple[str, ...],
        thresholds: tuple[float, ...],
        steps: int,
    ):
        table = {}
        for arm in arms:
            mine = arm == arms[0]
            seeds = 1 if "few seeds" in faults else SEEDS + (mine and "more seeds" in faults)
            factor = 2 if "other steps" in faults or (mine and "more steps" in faults) else 1
            models = [train(arm, seed, factor * steps) for seed in range(seeds)]
            found = [_reported(model, score, thresholds, faults) for model in models]
            best = "best for all" in faults or (mine and "best of three" in faults)
            table[arm] = max(found) if best else sum(found) / len(found)
            if "other number" in faults:
                table[arm] = sorted(found)[len(found) // 2]
        return table

    return script


def _reported(model: Any, score: Callable[..., Any], thresholds: tuple[float, ...], faults: tuple[str, ...]) -> float:
    chosen_on = "test" if "tuned on test" in faults else "val"
    best = thresholds[0] if "not chosen" in faults else max(thresholds, key=lambda t: score(model, chosen_on, t))
    return score(model, "val" if "val reported" in faults else "test", best)


def judge_table(answer: Any) -> Verdict:
    """By what was trained, what was looked at, and what stands in the table.  Never raises."""
    if is_missing(answer):
        return untried()
    if not callable(answer):
        return wrong(f"the check takes your function itself, not its result; this is a {type(answer).__name__}.")
    try:
        faults = examine(answer)
    except Trouble as trouble:
        return wrong(str(trouble))
    if faults is None:
        return untried("your function trains nothing and returns nothing.")
    if not faults:
        return right("equal budgets, a choice that test knows nothing of, and the mean for everyone.")
    if set(faults) == AS_GIVEN:
        return untried("this still does what the unfair script does: three faults are in it.")
    more = f" (There {'is' if len(faults) == 2 else 'are'} {len(faults) - 1} more after this.)" if faults[1:] else ""
    return wrong(MESSAGES[faults[0]] + more)


def examine(script: Callable[..., Any]) -> list[str] | None:
    """The script's faults, by the names of `MESSAGES`; None if it does nothing.

    Raises:
        Trouble: it does not run through, or gives no table.
    """
    records = Records()
    table = attempt(script, records.train, records.score, ARMS, THRESHOLDS, STEPS)
    if not records.trained and is_missing(table):
        return None
    if not isinstance(table, dict) or set(table) != set(ARMS):
        raise Trouble(f"a dictionary with a number for each of {', '.join(ARMS)} was expected; yours gave {table!r}.")
    if not records.trained:
        raise Trouble("yours fills the table without a training.")
    return [*_of_training(records), *_of_choosing(records), *_of_telling(records, table)]


def _of_training(records: Records) -> list[str]:
    steps = {arm: {s for a, _, s in records.trained if a == arm} for arm in ARMS}
    seeds = {arm: {s for a, s, _ in records.trained if a == arm} for arm in ARMS}
    faults = []
    if any(steps[arm] != steps[ARMS[0]] or len(steps[arm]) != 1 for arm in ARMS):
        faults.append("more steps")
    elif steps[ARMS[0]] != {STEPS}:
        faults.append("other steps")
    if any(seeds[arm] != seeds[ARMS[0]] for arm in ARMS):
        faults.append("more seeds")
    elif seeds[ARMS[0]] != set(range(SEEDS)):
        faults.append("few seeds")
    return faults


def _tested(records: Records, model: tuple[Any, ...]) -> set[float]:
    return {t for m, split, t in records.scored if (m, split) == (model, "test")}


def _of_choosing(records: Records) -> list[str]:
    models = list(dict.fromkeys(records.trained))
    if any(len(_tested(records, model)) > 1 for model in models):
        return ["tuned on test"]
    return [] if any(_follows(records, models, groups) for groups in (0, 1, 2)) else ["not chosen"]


def _follows(records: Records, models: list[tuple[Any, ...]], parts: int) -> bool:
    """Whether test saw the threshold that is best on val: of all models together (0), of each arm (1), of each (2)."""
    for model in models:
        together = [other for other in models if other[:parts] == model[:parts]]
        best = max(THRESHOLDS, key=lambda t: np.mean([points(other, "val", t) for other in together]))
        if _tested(records, model) - {best}:
            return False
    return True


def _of_telling(records: Records, table: dict[str, Any]) -> list[str]:
    means, bests = [], []
    for arm in ARMS:
        models = [model for model in dict.fromkeys(records.trained) if model[0] == arm]
        if not models or not all(_tested(records, model) for model in models):
            return ["val reported"]
        found = [max(points(model, "test", t) for t in _tested(records, model)) for model in models]
        means.append(_near(table[arm], float(np.mean(found))))
        bests.append(_near(table[arm], max(found)))
    if all(means):
        return []
    if all(bests):
        return ["best for all"]
    return ["best of three"] if all(m or b for m, b in zip(means, bests, strict=True)) else ["other number"]


def _near(given: Any, value: float) -> bool:
    try:
        return bool(abs(float(given) - value) < 1e-6)
    except (TypeError, ValueError, OverflowError):
        return False
