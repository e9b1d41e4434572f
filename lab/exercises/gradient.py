"""Judges a function by its values first, and then by what its gradient moves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lab.exercises.exercise import Verdict, right, wrong
from lab.exercises.guard import Trouble, attempt
from lab.exercises.judge import Case, Compare, Mistake

VALUE_ONLY = "(It returns no tensor: the value is all that was looked at, and no network could learn from it.)"
NO_GRADIENT = (
    "the value is right, but no gradient flows through yours, so a network could not learn from it. Is something "
    "detached, or made anew by torch.tensor?"
)


@dataclass(frozen=True)
class CompareGradient(Compare):
    """As :class:`Compare`; where the values are right and are tensors, so must be the gradient by the first argument.

    Attributes:
        solution: in torch; its gradient is the right one.
        wrong_gradients: functions in torch whose values are right, each with what to tell who gives it.
        smooth: the cases at which the gradient is looked at: those where there is only one.
    """

    solution: Callable[..., Tensor] | None = None
    wrong_gradients: Sequence[Mistake] = ()
    smooth: Sequence[int] = (0,)

    def __call__(self, answer: Any) -> Verdict:
        """The verdict; never raises."""
        verdict = super().__call__(answer)
        if not verdict:
            return verdict
        cases = [self.cases[i] for i in self.smooth]
        try:
            if not isinstance(attempt(answer, *cases[0].for_learner()), Tensor):
                return right(f"{self.praise} {VALUE_ONLY}".strip())
            return self._judge_gradient([attempt(gradient, answer, case) for case in cases], cases)
        except Trouble as trouble:
            return wrong(f"the value is right, but where a gradient is asked for, {trouble}")

    def _judge_gradient(self, mine: list[Tensor | None], cases: list[Case]) -> Verdict:
        if any(one is None for one in mine):
            return wrong(NO_GRADIENT)
        if self.solution and _equal(mine, [gradient(self.solution, case) for case in cases]):
            return right(self.praise)
        for mistake in self.wrong_gradients:
            if _equal(mine, [gradient(mistake.answer, case) for case in cases]):
                return wrong(mistake.message)
        return wrong("the value is right, but its gradient is not. Is something detached that should not be?")


def gradient(function: Callable[..., Tensor], case: Case) -> Tensor | None:
    """Of the function's result by its first argument, which may be changed in place; None if none flows."""
    first, *others = case.for_learner()
    first.requires_grad_()
    result = function(first.clone(), *others)
    if not isinstance(result, Tensor) or not result.requires_grad:
        return None
    return torch.autograd.grad(result.sum(), first, allow_unused=True)[0]


def _equal(one: Sequence[Tensor | None], other: Sequence[Tensor | None]) -> bool:
    pairs = zip(one, other, strict=True)
    return all(a is not None and b is not None and torch.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in pairs)
