"""Training steps with validations between them: the right ones, and the faults that one may leave in."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from lab.exercises.exercise import Verdict, right, untried, wrong
from lab.exercises.guard import Trouble, attempt
from lab.exercises.judge import is_missing
from lab.exercises.two_stage_training.norm import norms_of, small_network, training_mode
from lab.training.batch_statistics import statistics_of

Batch = tuple[Tensor, Tensor]
WEIGHTS = {"instance": 1.0, "smoothness": 10.0, "seed": 1.0}


def train_steps(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    loss: Callable[[Tensor, Tensor], dict[str, Tensor]],
    weights: Mapping[str, float],
    batches: Sequence[Batch],
    validate: Callable[[nn.Module], None],
) -> None:
    """One update a batch, with batch norm's statistics fixed, and a validation after every second."""
    for step, (image, target) in enumerate(batches, start=1):
        training_mode(network)
        terms = loss(network(image), target)
        total = sum((weights[name] * term for name, term in terms.items()), torch.zeros(()))
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        if step % 2 == 0:
            validate(network)


MESSAGES = {
    "gradients pile up": "gradients of earlier steps are still in there: backward() adds to what is in .grad. Where "
    "are they set to zero?",
    "not weighted": "the total is the plain sum of the terms. The smoothness term comes in ten times; `weights` has "
    "the factors.",
    "norm thaws": "until the first validation batch norm is frozen, after it no more: network.train() sets every "
    "module to training mode, batch norm with the rest.",
    "stays in evaluation": "after the first validation the network stays in evaluation mode: nothing brings dropout "
    "back.",
    "gradients wiped": "gradients are set to zero between backward() and step(), so that no weight moves.",
    "everything thaws": "batch norm is never frozen: its statistics move with every batch.",
    "backward twice": "each gradient counts twice: backward() runs twice, or the loss is added to itself.",
}
AS_GIVEN = frozenset({"gradients pile up", "not weighted", "norm thaws"})
# The combinations that are looked for, fewer faults first.
SUSPECTS = [frozenset({name}) for name in MESSAGES] + [
    frozenset(pair)
    for pair in (
        ("gradients pile up", "not weighted"),
        ("gradients pile up", "norm thaws"),
        ("not weighted", "norm thaws"),
        ("not weighted", "stays in evaluation"),
        ("gradients pile up", "stays in evaluation"),
        ("not weighted", "gradients wiped"),
        ("norm thaws", "gradients wiped"),
    )
]


def faulty(*faults: str) -> Callable[..., None]:
    """`train_steps` with these faults."""

    def steps(network, optimiser, loss, weights, batches, validate):
        _first_mode(network, faults)
        for step, (image, target) in enumerate(batches, start=1):
            terms = loss(network(image), target)
            total = sum((1 if "not weighted" in faults else weights[name]) * term for name, term in terms.items())
            if "gradients pile up" not in faults:
                optimiser.zero_grad()
            total.backward(retain_graph=True)
            if "backward twice" in faults:
                total.backward()
            if "gradients wiped" in faults:
                optimiser.zero_grad()
            optimiser.step()
            if step % 2 == 0:
                validate(network)
                _mode_again(network, faults)

    return steps


def _first_mode(network: nn.Module, faults: tuple[str, ...]) -> None:
    network.train() if "everything thaws" in faults else training_mode(network)


def _mode_again(network: nn.Module, faults: tuple[str, ...]) -> None:
    if "norm thaws" in faults or "everything thaws" in faults:
        network.train()
    elif "stays in evaluation" not in faults:
        training_mode(network)


def try_out(answer: Callable[..., Any]) -> tuple[Tensor, ...]:
    """All weights and all running statistics of a small network after five steps, and whether it was called at all.

    Raises:
        Trouble: it does not run through.
    """
    network, calls = small_network(), []
    network.register_forward_hook(lambda *_: calls.append(1))
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.5)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        batches = [(torch.randn(2, 3, 8, 8), torch.randn(2, 2, 8, 8)) for _ in range(5)]
        torch.manual_seed(12)  # of dropout
        attempt(answer, network, optimiser, _three_terms, dict(WEIGHTS), batches, nn.Module.eval)
    weights = torch.cat([p.detach().flatten() for p in network.parameters()])
    statistics = torch.cat([v.flatten() for norm in norms_of(network) for v in statistics_of(norm)])
    return weights, statistics, torch.tensor(bool(calls))


def _three_terms(output: Tensor, target: Tensor) -> dict[str, Tensor]:
    error = output - target
    return {"instance": error.abs().mean(), "smoothness": output.var(), "seed": error.square().mean()}


def judge_steps(answer: Any) -> Verdict:
    """By the weights and statistics that are left after some steps.  Never raises."""
    if is_missing(answer):
        return untried()
    if not callable(answer):
        return wrong(f"the check takes your function itself, not its result; this is a {type(answer).__name__}.")
    try:
        left = try_out(answer)
    except Trouble as trouble:
        return wrong(str(trouble))
    if _equal(left, _left_by(frozenset())):
        return right("all three faults are out: gradients begin anew, the total is weighted, the norm stays frozen.")
    if _equal(left, _left_by(AS_GIVEN)):
        return untried("this still does what the broken function does.")
    if _equal(left, _untouched()):
        return untried("your function trains nothing: after five batches every weight is what it was.")
    faults = next((f for f in SUSPECTS if _equal(left, _left_by(f))), frozenset())
    named = sorted(faults, key=list(MESSAGES).index)
    more = f" (There {'is' if len(named) == 2 else 'are'} {len(named) - 1} more after this one.)" if named[1:] else ""
    if not named:
        return wrong("after five steps the weights are not what they should be, and by no fault that is known here.")
    return wrong(MESSAGES[named[0]] + more)


@cache
def _left_by(faults: frozenset[str]) -> tuple[Tensor, ...]:
    return try_out(faulty(*faults) if faults else train_steps)


@cache
def _untouched() -> tuple[Tensor, ...]:
    return try_out(lambda *_: None)


def _equal(found: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> bool:
    return all(
        torch.allclose(f.float(), e.float(), atol=1e-5, equal_nan=True) for f, e in zip(found, expected, strict=True)
    )
