"""What lies over the replay's picture, as SVG: patterns, outlines, numbers, the proposal and the guess."""

import numpy as np
from jaxtyping import Bool

from lab.clustering import Step
from lab.widgets import overlay
from lab.widgets.plot import colour_of
from lab.widgets.replay.compute import Frame, Inputs, Run, centre_px, margin_px
from lab.widgets.replay.grounds import owner_numbers
from lab.widgets.shapes import border_path

BADGE = 8.0  # px of the image, about 14 on the page
# Patterns in units of the image's pixels: stripes for what a rejected proposal took, dots for what is claimed twice.
PATTERNS = (
    '<defs><pattern id="lab-stripes" width="4" height="4" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="1.3" height="4" fill="#141414"/></pattern>'
    '<pattern id="lab-dots" width="3" height="3" patternUnits="userSpaceOnUse">'
    '<circle cx="1.5" cy="1.5" r=".75" fill="#141414"/></pattern></defs>'
)


def draw(inputs: Inputs, run: Run, frame: Frame, *, reveal: bool = True, guess: tuple[int, int] | None = None) -> str:
    """All that lies over the grounds of a frame."""
    shapes = [PATTERNS, *draw_owners(run, frame, reveal=reveal), *draw_numbers(run, frame)]
    if frame.current:
        shapes += [fill(frame.claim & (frame.owner > 0), "lab-dots"), *draw_proposal(frame.current.step, frame.claim)]
    if guess:
        shapes += draw_guess(guess)
    return overlay.svg(*inputs.shape, shapes)


def draw_owners(run: Run, frame: Frame, *, reveal: bool) -> list[str]:
    """Outlines of what earlier proposals took, and stripes where they were rejected."""
    shapes = []
    if reveal:
        refused = (owner_numbers(run, frame.owner) == 0) & (frame.owner > 0)
        shapes.append(fill(refused & ~frame.claim, "lab-stripes"))
    for k in np.unique(frame.owner[frame.owner > 0]).tolist():
        number = run.proposals[k - 1].number
        ink = colour_of(number) if number and reveal else overlay.WHITE
        shapes.append(overlay.outline(frame.owner == k, ink))
    return shapes


def fill(mask: Bool[np.ndarray, "H W"], pattern: str) -> str:
    """A mask filled with one of the patterns."""
    path = border_path(mask)
    return f'<path d="{path}" fill="url(#{pattern})" fill-rule="evenodd"/>' if path else ""


def draw_numbers(run: Run, frame: Frame) -> list[str]:
    """The numbers of this class's instances so far, each at its centre."""
    return [
        overlay.number(centre_px(p.step), p.number, colour_of(p.number), BADGE)
        for p in run.proposals[: frame.place]
        if p.number and p.step.class_index == frame.class_index
    ]


def draw_proposal(step: Step, claim: Bool[np.ndarray, "H W"]) -> list[str]:
    """The claim's outline, the seed's ring, the arrow to its embedding, and round that its margin (dashed)."""
    centre, seed = centre_px(step), (step.column, step.row)
    return [
        overlay.outline(claim, overlay.WHITE),
        overlay.margin(centre, margin_px(step), overlay.WHITE, dashes="6 5"),
        overlay.arrow(seed, centre, 5.0),
        overlay.ring(seed, 2.4),
    ]


def draw_guess(pixel: tuple[int, int]) -> list[str]:
    """A cross through a ring, unlike the seed's plain ring."""
    x, y = pixel
    cross = f'<path d="M{x - 7} {y}H{x + 7}M{x} {y - 7}V{y + 7}" {{}}/>'
    return [overlay.rimmed(cross, overlay.WHITE, 1.6), overlay.ring(pixel, 4.0)]
