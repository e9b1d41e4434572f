"""Everything that the strip shows, from the pixels alone: exact fractions beside what autograd says."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from lab.lovasz import lovasz_hinge
from lab.widgets.strip.pixels import Pixels


@dataclass(frozen=True)
class Reading:
    """The strip's numbers; one entry a pixel, in the pixels' own order, unless said otherwise.

    Attributes:
        pixels: what was read.
        errors: m = 1 - logit · sign.
        order: indices of all pixels, the largest error first.
        ranks: 1 for the largest error; None where the error is not above 0: such a pixel takes no part.
        weights: ΔJ, by how much 1 - IoU grows when the pixel joins those before it in the order.
        losses: 1 - IoU after the first pixel of the order has turned wrong, after the second, ….
        contributions: relu(m) · ΔJ.
        loss: their sum.
        gradient: of the loss with respect to each logit, by the rule -sign · ΔJ where m > 0.
        autograd: the same as torch finds it from the library's loss.
        cross_entropy, cross_entropy_gradient: of the mean binary cross-entropy of the same logits (through a sigmoid).
    """

    pixels: Pixels
    errors: tuple[float, ...]
    order: tuple[int, ...]
    ranks: tuple[int | None, ...]
    weights: tuple[Fraction, ...]
    losses: tuple[Fraction, ...]
    contributions: tuple[float, ...]
    loss: float
    gradient: tuple[Fraction, ...]
    autograd: tuple[float, ...]
    cross_entropy: float
    cross_entropy_gradient: tuple[float, ...]

    @property
    def foreground(self) -> int:
        """G."""
        return sum(self.pixels.labels)

    @property
    def active(self) -> tuple[int, ...]:
        """Indices of the pixels with an error above 0, in order."""
        return tuple(i for i in self.order if self.errors[i] > 0)

    def above(self, level: float) -> tuple[int, ...]:
        """Indices of the pixels whose error is above a level, in their own order."""
        return tuple(i for i, error in enumerate(self.errors) if error > level)


def read(pixels: Pixels) -> Reading:
    """All numbers for these pixels."""
    logits = torch.tensor(pixels.logits, dtype=torch.float64)
    labels = torch.tensor(pixels.labels)
    # As the library sorts, so that in a tie both go the same way.
    by_falling = torch.sort(1 - logits * (labels.double() * 2 - 1), descending=True)
    order: tuple[int, ...] = tuple(by_falling.indices.tolist())
    unsorted = dict(zip(order, (round(e, 6) for e in by_falling.values.tolist()), strict=True))
    errors = tuple(unsorted[i] for i in range(len(order)))
    losses = tuple(jaccard_loss(set(order[: n + 1]), pixels.labels) for n in range(len(order)))
    steps = dict(zip(order, (b - a for a, b in zip((Fraction(0), *losses), losses, strict=False)), strict=True))
    weights = tuple(steps[i] for i in range(len(order)))
    signs = [-1 if label else 1 for label in pixels.labels]
    loss, autograd = differentiate(lovasz_hinge, logits, labels)
    entropy, entropy_gradient = differentiate(binary_cross_entropy_with_logits, logits, labels.double())
    return Reading(
        pixels=pixels,
        errors=errors,
        order=order,
        ranks=tuple(order.index(i) + 1 if errors[i] > 0 else None for i in range(len(order))),
        weights=weights,
        losses=losses,
        contributions=tuple(max(e, 0.0) * float(w) for e, w in zip(errors, weights, strict=True)),
        loss=loss,
        gradient=tuple(s * w * (e > 0) for s, w, e in zip(signs, weights, errors, strict=True)),
        autograd=autograd,
        cross_entropy=entropy,
        cross_entropy_gradient=entropy_gradient,
    )


def jaccard_loss(wrong: set[int], labels: tuple[bool, ...]) -> Fraction:
    """1 - IoU when exactly these pixels are wrong: how many they are, over how many they and the foreground are."""
    foreground = {i for i, label in enumerate(labels) if label}
    return Fraction(len(wrong), len(wrong | foreground)) if wrong else Fraction(0)


def differentiate(
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], logits: torch.Tensor, labels: torch.Tensor
) -> tuple[float, tuple[float, ...]]:
    """A loss and its gradient with respect to the logits, by autograd."""
    logits = logits.clone().requires_grad_()
    value = loss(logits, labels)
    (gradient,) = torch.autograd.grad(value, logits)
    return value.item(), tuple(gradient.tolist())
