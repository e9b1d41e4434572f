"""The figure's drawing, as SVG: the window with arrows, embeddings and margins, and beside it what they are worth."""

import numpy as np
from jaxtyping import Float, UInt8

from lab.figures.colours import instance_colour
from lab.figures.style import ACCENT, GREY, INK, RULE
from lab.real import Real
from lab.widgets.arrows.compute import DELTAS, WINDOW, Car, Hand, Outcome
from lab.widgets.plot import Panel, colour_of, handle, picture, text

BOARD = (860, 434)
LEFT, TOP, WIDTH, HEIGHT = WINDOW
SCALE = 4.5  # board units a pixel
# Pixels have their middles at whole numbers, so the window reaches half a pixel beyond them.
VIEW = Panel(56, 34, WIDTH * SCALE, HEIGHT * SCALE, (LEFT - 0.5, LEFT + WIDTH - 0.5), (TOP + HEIGHT - 0.5, TOP - 0.5))
CHART = Panel(646, 252, 200, 140, (0, 60), (0, 1))
DASHES = ("", "7 5")  # of the first and the second object, so that nothing rests on colour alone
NOT_A_MEMBER, STRIPES = (217, 217, 217), (213, 94, 0)
SHOWN = 300  # embeddings that are drawn of each object, at most


def render(image: UInt8[np.ndarray, "H W 3"], cars: tuple[Car, ...], hand: Hand, outcomes: tuple[Outcome, ...]) -> str:
    """Everything, from the back to the front."""
    left, top, width, height = VIEW.left, VIEW.top, VIEW.width, VIEW.height
    inside = [draw_embeddings(o, place) for place, o in enumerate(outcomes)]
    inside += [draw_margin(o, hand.delta, place) for place, o in enumerate(outcomes)]
    parts = [
        picture(left, top, width, height, paint(image, cars, outcomes)),
        VIEW.frame(
            x_label="column (px)",
            y_label="row (px)",
            x_ticks=range(110, 220, 20),
            y_ticks=range(110, 182, 20),
            grid=False,
        ),
        VIEW.clip("".join(inside), "arrows-view"),
        *(draw_arrows(car, tips) for car, tips in zip(cars, hand.tips, strict=True)),
        text(left, 20, "Coloured: in its own margin.  Grey: not.  Striped: in the other car's margin.", size=12),
        *(draw_numbers(o, car, 34 + 100 * place) for place, (o, car) in enumerate(zip(outcomes, cars, strict=True))),
        draw_chart(outcomes, hand.delta),
    ]
    return "".join(parts)


def describe(cars: tuple[Car, ...], hand: Hand, outcomes: tuple[Outcome, ...]) -> str:
    """The same in words."""
    each = "; ".join(
        f"car {o.number}: IoU {o.iou:.2f}, {int(o.inside.sum())} of its {len(o.inside)} pixels in its margin and "
        f"{o.strangers} of the other's, hinge {o.hinge:.1f} px and regression {o.regression:.1f} px a pixel"
        for o in outcomes
    )
    arrows = sum(car.held.shape[1] for car in cars)
    return f"Two touching cars with {arrows} arrows set by hand, δ = {hand.delta:g} px. C{each[1:]}."


def paint(
    image: UInt8[np.ndarray, "H W 3"], cars: tuple[Car, ...], outcomes: tuple[Outcome, ...]
) -> UInt8[np.ndarray, "H W 3"]:
    """The window, every pixel of a car tinted by what becomes of it."""
    picture = image.astype(float)
    for car, o in zip(cars, outcomes, strict=True):
        columns, rows = (car.position - [[LEFT], [TOP]]).astype(int)
        colours = np.where(o.inside[:, None], instance_colour(o.number), NOT_A_MEMBER)
        striped = o.taken & ((columns + rows) % 4 < 2)
        colours = np.where(striped[:, None], STRIPES, colours)
        picture[rows, columns] = 0.35 * picture[rows, columns] + 0.65 * colours
    return picture.astype(np.uint8)


def draw_embeddings(o: Outcome, place: int) -> str:
    """Where the object's pixels point: round dots for the first object, squares for the second."""
    step = -(-o.embedding.shape[1] // SHOWN)
    points = [VIEW.at(x, y) for x, y in o.embedding[:, ::step].T]
    cap = ("round", "square")[place % 2]
    path = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in points)
    strokes = ((INK, 4.6), (colour_of(o.number), 2.8))
    return "".join(
        f'<path d="{path}" fill="none" stroke="{ink}" stroke-width="{width}" stroke-linecap="{cap}"/>'
        for ink, width in strokes
    )


def draw_margin(o: Outcome, delta: Real, place: int) -> str:
    """The circle of radius δ around the object's centre, with its number on the rim and a cross at the centre."""
    x, y = VIEW.at(*o.centre)
    radius = delta * SCALE
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="none" {{}}/>'
    cross = f'<path d="M{x - 6:.1f} {y:.1f}h12M{x:.1f} {y - 6:.1f}v12" {{}}/>'
    strokes = [
        f'stroke="{ink}" stroke-width="{w}"' for ink, w in ((INK, 4.6), ("#ffffff", 3.4), (colour_of(o.number), 2.4))
    ]
    dashes = f' stroke-dasharray="{DASHES[place % 2]}"' if DASHES[place % 2] else ""
    rim = max(y - radius, VIEW.top + 12)
    return (
        "".join(circle.format(stroke + (dashes if turn else "")) for turn, stroke in enumerate(strokes))
        + "".join(cross.format(stroke) for stroke in strokes)
        + badge(x, rim, o.number)
    )


def badge(x: Real, y: Real, number: int) -> str:
    """An object's number on its colour."""
    wide = 12 + 9 * len(str(number))
    return (
        f'<rect x="{x - wide / 2:.1f}" y="{y - 10:.1f}" width="{wide}" height="20" rx="5" fill="{INK}" '
        f'stroke="{colour_of(number)}" stroke-width="2.5"/>'
        + text(x, y + 4.7, str(number), anchor="middle", colour="#ffffff", weight="bold")
    )


def draw_arrows(car: Car, tips: Float[np.ndarray, "2 _"]) -> str:
    """The held pixels, their arrows, and the handles at the tips."""
    parts = []
    for arrow, (start, tip) in enumerate(zip(car.held.T, tips.T, strict=True)):
        (x0, y0), (x1, y1) = VIEW.at(*start), VIEW.at(*tip)
        line = f'<path d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" stroke="{{}}" stroke-width="{{}}"/>'
        foot = f'<rect x="{x0 - 4:.1f}" y="{y0 - 4:.1f}" width="8" height="8" fill="{INK}" stroke="#ffffff"/>'
        knob = (
            f'<circle cx="{x1:.1f}" cy="{y1:.1f}" r="7" fill="#ffffff" stroke="{INK}" stroke-width="1.6"/>'
            f'<circle cx="{x1:.1f}" cy="{y1:.1f}" r="4" fill="{colour_of(car.number)}" stroke="{INK}"/>'
        )
        words = f"arrow {arrow + 1} of car {car.number}"
        where = f"ends at column {tip[0]:.0f}, row {tip[1]:.0f}"
        parts += [line.format("#ffffff", 4), line.format(INK, 2), foot]
        parts.append(handle(f"{car.number}-{arrow}", knob, words, where))
    return "".join(parts)


def draw_numbers(o: Outcome, car: Car, top: Real) -> str:
    """An object's IoU as a bar, and how that comes about."""
    left, right = 606, 846
    lost = int((~o.inside).sum())
    return "".join(
        [
            badge(left + 14, top + 12, o.number),
            text(left + 36, top + 17, f"IoU {o.iou:.2f}", size=16, weight="bold"),
            f'<rect x="{left + 116}" y="{top + 5}" width="{right - left - 116}" height="14" fill="{RULE}"/>',
            f'<rect x="{left + 116}" y="{top + 5}" width="{o.iou * (right - left - 116):.1f}" height="14" '
            f'fill="{colour_of(o.number)}" stroke="{INK}"/>',
            text(left, top + 40, f"{lost} of its {len(o.inside)} pixels lost,", size=12),
            text(left, top + 56, f"{o.strangers} of the other car's let in", size=12),
            text(
                left,
                top + 74,
                f"a pixel: hinge {o.hinge:.1f} px, regression {o.regression:.1f} px",
                size=12,
                colour=GREY,
            ),
        ]
    )


def draw_chart(outcomes: tuple[Outcome, ...], delta: Real) -> str:
    """IoU of each object over δ, for the arrows as they are."""
    parts = [CHART.frame("IoU for every δ", "δ (px)", "", range(0, 61, 20), (0, 0.5, 1))]
    for place, o in enumerate(outcomes):
        parts.append(CHART.line(DELTAS, o.curve, INK, 4, DASHES[place % 2]))
        parts.append(CHART.line(DELTAS, o.curve, colour_of(o.number), 2.4, DASHES[place % 2]))
    parts.append(CHART.line((delta, delta), (0, 1), ACCENT, 1.6))
    for o in outcomes:
        best = int(o.curve.argmax())
        parts.append(CHART.dots([DELTAS[best]], [o.curve[best]], INK, 4))
    return "".join(parts)
