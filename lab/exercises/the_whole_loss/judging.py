"""Judges a whole loss: each term by itself, so that one mistake in each is still recognised; then the gradients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

from lab.exercises.exercise import Verdict, right, untried, wrong
from lab.exercises.guard import Trouble, attempt
from lab.exercises.judge import attempt_case, difference, is_missing, of_nothing, to_numpy
from lab.exercises.reference import the_whole_loss as reference
from lab.exercises.the_whole_loss.broken import BrokenLoss
from lab.exercises.the_whole_loss.cases import CASES
from lab.exercises.the_whole_loss.solution import whole_loss

TOLERANCE = 1e-4
NAMES = ("instance", "smoothness", "seed")
GRADIENT_CASE = CASES[3]
NOTHING_TO_LEARN = (
    "its values are right, but nothing can be learned from them: no gradient flows back to output. Use torch's "
    "operations all the way from output to the three terms, without .item(), .numpy() or .data."
)

AS_IT_CAME = (
    "this still computes what the broken loss computes. If you mended something already: it may be hidden behind "
    "another bug, so go on with the next."
)


@dataclass(frozen=True)
class WholeLossJudge:
    """Judges a function (output, instances, classes) -> the three terms.

    Attributes:
        suspects: sets of bugs that are looked for, the likelier first.
        messages: what to tell about each bug.
        praise: of right values, without its full stop.
        as_given: the bugs of the loss that the notebook hands out to be mended; if all are still there, nothing was
            tried yet.
    """

    suspects: Sequence[frozenset[str]]
    messages: Mapping[str, str]
    praise: str
    as_given: frozenset[str] = frozenset()

    def __call__(self, answer: Any) -> Verdict:
        """The verdict; never raises."""
        if is_missing(answer):
            return untried()
        if not callable(answer):
            return wrong(f"the check takes your function itself, not its result; this is a {type(answer).__name__}.")
        try:
            given = [attempt_case(answer, case, to_numpy) for case in CASES]
        except Trouble as trouble:
            return wrong(str(trouble))
        if all(is_missing(terms) for terms in given):
            return of_nothing(answer, given)
        if all(is_missing(terms) or _all_missing(terms) for terms in given):
            return untried()
        if problem := _misshapen(given):
            return wrong(problem)
        if self.as_given and self._equal(given, NAMES, broken_terms(self.as_given)):
            return untried(AS_IT_CAME)
        begun = [name for name in NAMES if not all(is_missing(terms[name]) for terms in given)]
        if problem := self._problem(given, begun):
            return wrong(problem)
        if len(begun) < len(NAMES):
            return untried(_unfinished(begun))
        try:
            return self._judge_gradient(answer)
        except Trouble as trouble:
            return wrong(f"its values are right; but where output wants a gradient, {trouble}")

    def _problem(self, given: list[dict[Any, Any]], begun: Sequence[str]) -> str:
        """What is wrong with the values of these terms; empty if nothing is."""
        off = [name for name in begun if not self._equal(given, [name], expected_terms())]
        # One suspect that explains everything; else for every term one of its own.
        bugs = self._recognise(given, begun) or [bug for name in off for bug in self._recognise(given, [name])]
        if off and bugs:
            return self.messages[bugs[0]] + _and_more(len(set(bugs)) - 1)
        return self._first_difference(given, off) if off else ""

    def _recognise(self, given: list[dict[Any, Any]], names: Sequence[str]) -> list[str]:
        found = (bugs for bugs in self.suspects if self._equal(given, names, broken_terms(bugs)))
        return sorted(next(found, ()))

    @staticmethod
    def _equal(given: list[dict[Any, Any]], names: Sequence[str], theirs: Sequence[dict[Any, Any]]) -> bool:
        pairs = list(zip(theirs, given, strict=True))
        return not any(difference(t[name], g[name], TOLERANCE) for name in names for t, g in pairs)

    @staticmethod
    def _first_difference(given: list[dict[Any, Any]], names: Sequence[str]) -> str:
        def only(terms: dict[Any, Any]) -> dict[Any, Any]:
            return {name: terms[name] for name in names}

        pairs = zip(CASES, given, expected_terms(), strict=True)
        found = ((case, difference(only(expected), only(terms), TOLERANCE)) for case, terms, expected in pairs)
        return next(f"for {case.what}, {words}" for case, words in found if words)

    def _judge_gradient(self, answer: Any) -> Verdict:
        """The values are right: do they pull where they should?  Raises Trouble."""
        if not attempt_case(answer, GRADIENT_CASE, _of_tensors):
            return right(f"{self.praise}. (With numbers it cannot be tried whether the seed target is held still.)")
        mine, expected, let_through = (gradients(loss) for loss in (answer, whole_loss, _without_stop))
        if not (mine and expected and let_through):
            return wrong(NOTHING_TO_LEARN)
        off = [name for name in NAMES if not torch.allclose(mine[name], expected[name], atol=1e-5)]
        if not off:
            return right(f"{self.praise}; and its gradient is right as well.")
        if off == ["seed"] and torch.allclose(mine["seed"], let_through["seed"], atol=1e-5):
            return wrong(self.messages["no stop-gradient"])
        return wrong(
            f"its values are right, but the gradient of the {off[0]} term is not. Is something detached that should "
            "not be, or the other way round?"
        )


def _unfinished(begun: Sequence[str]) -> str:
    """Of some terms that are right, and others that are not there yet."""
    rest = next(name for name in NAMES if name not in begun)
    return f'{" and ".join(begun)} {"is" if len(begun) == 1 else "are"} right so far; "{rest}" is still ...'


def _and_more(count: int) -> str:
    return f" (There {'is' if count == 1 else 'are'} {count} more after this one.)" if count else ""


def _of_tensors(terms: dict[Any, Any]) -> bool:
    return any(isinstance(term, torch.Tensor) for term in terms.values())


def _all_missing(terms: Any) -> bool:
    return isinstance(terms, dict) and bool(terms) and all(is_missing(value) for value in terms.values())


def _misshapen(given: list[Any]) -> str:
    """What is wrong with results that are not the three terms by name; empty if they are."""
    for case, terms, expected in zip(CASES, given, expected_terms(), strict=True):
        if not isinstance(terms, dict) or set(terms) != set(expected):
            return f"for {case.what}, {difference(expected, terms, TOLERANCE)}"
    return ""


def _without_stop(*arguments: torch.Tensor) -> dict[str, torch.Tensor]:
    return BrokenLoss(frozenset({"no stop-gradient"}))(*arguments)


def gradients(loss: Any) -> dict[str, torch.Tensor] | None:
    """Gradient of each term with respect to the network's output; None if there is none at all.

    Raises:
        Trouble: the loss cannot be run, or not be differentiated.
    """
    output, instances, classes = GRADIENT_CASE.for_learner()
    output.requires_grad_()

    def derived(terms: dict[Any, Any]) -> dict[str, torch.Tensor] | None:
        if not any(isinstance(term, torch.Tensor) and term.requires_grad for term in terms.values()):
            return None
        return {name: _gradient(terms[name], output) for name in NAMES}

    # The loss gets a copy, which it may write into, as into any output.
    return attempt(loss, output.clone(), instances, classes, read=derived)


def _gradient(term: Any, output: torch.Tensor) -> torch.Tensor:
    if not isinstance(term, torch.Tensor) or not term.requires_grad:
        return torch.zeros_like(output)
    found = torch.autograd.grad(term, output, retain_graph=True, allow_unused=True)[0]
    return torch.zeros_like(output) if found is None else found


@cache
def expected_terms() -> tuple[dict[str, np.ndarray], ...]:
    """The reference's terms on all cases."""
    return tuple(to_numpy(reference.whole_loss(*case.for_reference())) for case in CASES)


@cache
def broken_terms(bugs: frozenset[str]) -> tuple[dict[str, np.ndarray], ...]:
    """The terms of a loss with these bugs on all cases."""
    return tuple(to_numpy(BrokenLoss(bugs)(*case.for_learner())) for case in CASES)
