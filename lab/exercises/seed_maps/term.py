"""The seed term of one class: the right one, what people write instead, and a judge that looks at gradients too."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from lab.exercises.exercise import Verdict, wrong
from lab.exercises.guard import Trouble, attempt
from lab.exercises.judge import Case, Mistake, compare, is_missing, of_nothing
from lab.exercises.reference import seed_maps as reference


def seed_term(
    seed_map: Float[Tensor, "H W"],
    phi: Float[Tensor, "H W"],
    inside: Bool[Tensor, "H W"],
    valid: Bool[Tensor, "H W"],
) -> Float[Tensor, ""]:
    """Weighted squared error of one class's seed map; the target phi is a number to reach, not a thing to move."""
    target = torch.where(inside, phi.detach(), torch.zeros_like(phi))
    weight = torch.where(inside, 10.0, 1.0)
    return (weight * (seed_map - target).square())[valid].sum() / valid.sum()


def _some_maps(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A seed map, own memberships, the pixels of the class, and valid pixels: one column and a corner are void."""
    generator = torch.Generator().manual_seed(seed)
    seed_map, phi = torch.rand(2, 6, 8, generator=generator)
    inside, valid = torch.zeros(6, 8, dtype=torch.bool), torch.ones(6, 8, dtype=torch.bool)
    inside[1 : 3 + seed % 3, 2:5] = True
    valid[:, 7], valid[5, :2] = False, False
    return seed_map, phi, inside, valid


def _term(
    seed_map,
    phi,
    inside,
    valid,
    *,
    weight=10.0,
    divisor=None,
    counted=None,
    power=2,
    attached=False,
    fixed_seed=False,
    target=None,
) -> dict[str, np.ndarray | np.floating]:
    """The term and its derivatives with one thing or another done differently."""
    target = np.where(inside, phi, 0) if target is None else target
    scale = np.where(inside, weight, 1.0) * (valid if counted is None else counted)
    error, count = seed_map - target, valid.sum() if divisor is None else divisor.sum()
    pull = scale * (2 * error if power == 2 else np.sign(error)) / count
    return {
        "value": (scale * np.abs(error) ** power).sum() / count,
        "gradient on seed_map": np.zeros_like(pull) if fixed_seed else pull,
        "gradient on phi": -pull * inside if attached else np.zeros_like(pull),
    }


def _through_sigmoid(seed_map, phi, inside, valid) -> dict[str, np.ndarray | np.floating]:
    s = 1 / (1 + np.exp(-seed_map))
    terms = _term(s, phi, inside, valid)
    return terms | {"gradient on seed_map": terms["gradient on seed_map"] * s * (1 - s)}


def _two_means(seed_map, phi, inside, valid) -> dict[str, np.ndarray | np.floating]:
    sides = [valid * inside, valid * (inside == 0)]
    parts = [_term(seed_map, phi, inside, valid, counted=side, divisor=side) for side in sides]
    return {name: parts[0][name] + parts[1][name] for name in parts[0]}


TERM_MISTAKES = (
    Mistake(
        "no stop-gradient",
        lambda s, phi, inside, valid: _term(s, phi, inside, valid, attached=True),
        "the value is right, but its gradient also reaches phi: the embeddings would be pulled towards whatever the "
        "seed map says. Something has to hold the target still.",
    ),
    Mistake(
        "the gradient stopped on the wrong side",
        lambda s, phi, inside, valid: _term(s, phi, inside, valid, attached=True, fixed_seed=True),
        "the gradient is stopped on the wrong side: now the seed map never learns and only the embeddings move. Which "
        "of the two is the target?",
    ),
    Mistake(
        "no weight",
        lambda s, phi, inside, valid: _term(s, phi, inside, valid, weight=1.0),
        "foreground and background count alike here. A foreground pixel's squared error counts ten times.",
    ),
    Mistake(
        "the weight squared",
        lambda s, phi, inside, valid: _term(s, phi, inside, valid, weight=100.0),
        "the weight stands inside the square, so a foreground pixel counts a hundred times. Square the error first, "
        "then weight it.",
    ),
    Mistake(
        "divided by foreground",
        lambda s, phi, inside, valid: _term(s, phi, inside, valid, divisor=inside),
        "you divide by the number of foreground pixels. Divide by the number of valid ones: background is counted too.",
    ),
    Mistake(
        "divided by everything",
        lambda s, phi, inside, valid: _term(s, phi, inside, valid, divisor=np.ones_like(valid)),
        "you divide by all pixels, void ones included. Nobody knows what a void pixel shows; it counts nowhere, not in "
        "the divisor either.",
    ),
    Mistake(
        "void counted",
        lambda s, phi, inside, valid: _term(s, phi, inside, valid, counted=np.ones_like(valid), divisor=valid),
        "void pixels are in your sum, as background. Nobody knows what they show: leave them out.",
    ),
    Mistake(
        "void counted twice",
        lambda s, phi, inside, valid: _term(
            s, phi, inside, valid, counted=np.ones_like(valid), divisor=np.ones_like(valid)
        ),
        "void pixels are in your sum and in your divisor. Use valid: nobody knows what the others show.",
    ),
    Mistake(
        "absolute error",
        lambda s, phi, inside, valid: _term(s, phi, inside, valid, power=1),
        "this is the absolute error. With the squared one the best answer under doubt is the mean of the possible "
        "targets; with this one it is their median, which for a pixel of the background or of an object is 0 or φ and "
        "nothing between.",
    ),
    Mistake(
        "no background",
        lambda s, phi, inside, valid: _term(s, phi, inside, valid, counted=valid * inside, divisor=valid),
        "only foreground is in your sum. Without background a seed map that says 1 everywhere would cost little.",
    ),
    Mistake(
        "the mask as target",
        lambda s, phi, inside, valid: _term(s, phi, inside, valid, target=inside * 1.0),
        "your target is the mask, 1 on every pixel of the object. It is φ, how well a pixel would do as a seed; the "
        "mask as target is what this notebook compares it with further down.",
    ),
    Mistake(
        "φ on the background",
        lambda s, phi, inside, valid: _term(s, phi, inside, valid, target=phi),
        "φ is your target on the background too. Off `inside` the target is 0, whatever φ holds there.",
    ),
    Mistake(
        "sigmoid twice",
        lambda s, phi, inside, valid: _through_sigmoid(s, phi, inside, valid),
        "you sent seed_map through a sigmoid. It comes out of one: it is s already, between 0 and 1.",
    ),
    Mistake(
        "divided by the weights",
        lambda s, phi, inside, valid: _term(s, phi, inside, valid, divisor=np.where(inside, 10.0, 1.0) * valid),
        "you divide by the sum of the weights. Divide by the number of valid pixels, each counted once.",
    ),
    Mistake(
        "weight 11",
        lambda s, phi, inside, valid: _term(s, phi, inside, valid, weight=11.0),
        "a foreground pixel counts eleven times in yours. The weight is 10 on the object, in place of 1, not on top of "
        "it.",
    ),
    Mistake(
        "two means",
        lambda s, phi, inside, valid: _two_means(s, phi, inside, valid),
        "you took a mean over the object and one over the background, and added them. It is one sum over all valid "
        "pixels, divided by their number.",
    ),
)

TERM = compare(
    cases=[Case(f"map number {i + 1} (6x8 pixels, some of them void)", _some_maps(i)) for i in range(3)],
    right=reference.seed_term,
    mistakes=TERM_MISTAKES,
    praise="value and both gradients: the seed map is pulled towards φ, and φ is left alone.",
)


# The value by itself: whoever gets it wrong is told of that first, whatever the gradient does.
VALUE = compare(
    cases=TERM.cases,
    right=lambda *maps: reference.seed_term(*maps)["value"],
    mistakes=[Mistake(m.name, lambda *maps, m=m: m.answer(*maps)["value"], m.message) for m in TERM_MISTAKES],
)


def judge_term(answer: Any) -> Verdict:
    """Judge a seed term by its value and by what its gradient moves."""
    if not callable(answer):
        return TERM(answer)
    try:
        first = attempt(answer, *_free(*TERM.cases[0].for_learner())[1])
    except Trouble as trouble:
        return wrong(f"for {TERM.cases[0].what}, {trouble}")
    if is_missing(first):
        return of_nothing(answer, [first])
    if not isinstance(first, Tensor) or not first.requires_grad:
        return wrong(
            "nothing can be learned from its result: no gradient flows back from it. Use torch's operations on "
            "seed_map from its start to the returned value (no .item(), no .numpy(), no detach of seed_map)."
        )
    if first.numel() != 1:
        return wrong(f"one number is expected, the sum over all pixels; yours has the shape {tuple(first.shape)}.")
    by_value = VALUE(answer)
    return TERM(_with_gradients(answer)) if by_value else by_value


def _free(seed_map: Tensor, phi: Tensor, inside: Tensor, valid: Tensor) -> tuple[list[Tensor], tuple[Tensor, ...]]:
    """The two maps, to be differentiated by, and the arguments made of them, which may be changed in place."""
    maps = [seed_map.requires_grad_(), phi.requires_grad_()]
    return maps, (maps[0].clone(), maps[1].clone(), inside, valid)


def _with_gradients(answer: Callable[..., Any]) -> Callable[..., dict[str, Tensor]]:
    def run(*arguments: Tensor) -> dict[str, Tensor]:
        maps, ready = _free(*arguments)
        loss = answer(*ready).sum()
        on_seed, on_phi = torch.autograd.grad(loss, maps, allow_unused=True, materialize_grads=True)
        return {"value": loss, "gradient on seed_map": on_seed, "gradient on phi": on_phi}

    return run
