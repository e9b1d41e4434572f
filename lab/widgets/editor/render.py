"""The editor as SVG: beside the scene what was found, where the pixels point, the seed map, and each object's fate."""

import numpy as np
from jaxtyping import Bool, UInt8

from lab.figures.colours import instance_colour, scalar_colours
from lab.figures.style import ACCENT_INK, GOOD, GREY, INK
from lab.metrics.failures import Failure
from lab.widgets.editor.compute import Drawn, View, letter
from lab.widgets.editor.scene import RANGE, UPRIGHT, WHITE, badge, draw_scene, ground, path_of, within
from lab.widgets.editor.things import SIDE
from lab.widgets.plot import Panel, colour_of, picture, text
from lab.widgets.shapes import borders, rimmed, rimmed_path

WIDTH, HEIGHT = 860, 742
FOUND = Panel(436, 28, 420, 420, RANGE, UPRIGHT)
POINTS = Panel(4, 482, 256, 256, RANGE, UPRIGHT)
SEEDS = Panel(272, 482, 256, 256, RANGE, UPRIGHT)
TABLE = (548, 473)
DOTS = 250  # embeddings drawn of each object
NO_OBJECT = (150, 150, 150)
TRUTH_DASHES = 'stroke-dasharray="5 4"'


def draw(drawn: Drawn, selected: int | None, answer: str, computing: bool) -> str:
    """The whole board; ``selected``: the place of the object with knobs; ``computing``: the answer is of before."""
    shapes = draw_scene(drawn, selected)
    return shapes + (f'<g opacity=".45">{answer}</g>{_busy()}' if computing else answer)


def draw_answer(view: View) -> str:
    """All but the scene: drawn once, and shown while a hand moves on."""
    return draw_found(view) + draw_points(view) + draw_seeds(view) + draw_table(view)


def _busy() -> str:
    x, y = FOUND.left + FOUND.width / 2, FOUND.top + FOUND.height / 2
    box = f'<rect x="{x - 95}" y="{y - 26}" width="190" height="40" rx="6" fill="{INK}" fill-opacity=".9"/>'
    return box + text(x, y, "computing …", size=17, anchor="middle", colour=WHITE, weight="bold")


def draw_found(view: View) -> str:
    """The instances in colour, with letters, the seeds' margins, and the truth dashed."""
    whose = "the model finds" if view.source is None else "an ideal network finds"
    inside = ground(FOUND, paint(view)) + _truth(view, FOUND)
    inside += "".join(_outline(FOUND, mask, ink(view, d)) for d, mask in enumerate(view.found.masks.numpy()))
    inside += "".join(_ellipse(FOUND, view, d) for d in range(len(view.found)))
    inside += "".join(_letter(FOUND, view, d) for d in range(len(view.found)))
    title = f"what {whose}"
    return text(FOUND.left, FOUND.top - 9, title, weight="bold") + FOUND.clip(inside, "editor-found")


def ink(view: View, prediction: int) -> str:
    """The colour of the object that it holds, or grey."""
    holder = view.holders[prediction]
    return colour_of(holder) if holder else "#969696"


def paint(view: View) -> UInt8[np.ndarray, "H W 3"]:
    """The picture with a tint over each instance."""
    colours = [(0, 0, 0), *(instance_colour(k) if k else NO_OBJECT for k in view.holders)]
    labels = view.found.labels.numpy()
    weight = np.where(labels > 0, 0.45, 0.0)[..., None]
    return (view.drawn.image * (1 - weight) + np.array(colours)[labels] * weight).astype(np.uint8)


def _outline(panel: Panel, mask: Bool[np.ndarray, "H W"], colour: str) -> str:
    path = "".join(panel.path(*corners.T) + "z" for corners in borders(mask))
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1"/>'


def _truth(view: View, panel: Panel) -> str:
    shapes = "".join(path_of(panel, view.drawn.things[k - 1]) for k in view.numbers)
    return f'<path d="{shapes}" fill="none" stroke="{WHITE}" stroke-width="1.3" {TRUTH_DASHES}/>'


def _ellipse(panel: Panel, view: View, d: int) -> str:
    x, y, rx, ry = view.margins[d].tolist()
    (px, py), scale = panel.at(x, y), panel.width / SIDE
    shape = f'<ellipse cx="{px:.1f}" cy="{py:.1f}" rx="{rx * scale:.1f}" ry="{ry * scale:.1f}" {{}}/>'
    return rimmed(shape, ink(view, d), 1.8, rim=1.8)


def _letter(panel: Panel, view: View, d: int) -> str:
    """At the mask's top, where it hides no margin."""
    rows, columns = np.nonzero(view.found.masks[d].numpy())
    column = float(np.median(columns[rows == rows[0]]))
    return badge(*panel.at(within(column), within(float(rows[0]))), letter(d), ink(view, d))


def draw_points(view: View) -> str:
    """Where the objects' pixels point, in the objects' colours, and the margins round the winning seeds."""
    shapes = ground(POINTS, view.drawn.image // 4)
    for k in view.numbers:
        points = view.embedding[:, view.drawn.labels == k]
        every = max(1, -(-points.shape[1] // DOTS))
        x, y = points[:, ::every]
        shapes += POINTS.dots(x, y, colour_of(k), 1.2, 0.8)
    shapes += "".join(_ellipse(POINTS, view, d) for d in range(len(view.found)))
    title = text(POINTS.left, POINTS.top - 9, "where the pixels point", weight="bold")
    return title + POINTS.clip(shapes, "editor-points")


def draw_seeds(view: View) -> str:
    """The seed map, with the pixels that opened an instance."""
    colours = scalar_colours(view.seed_map, 0.0, 1.0)
    shapes = picture(SEEDS.left, SEEDS.top, SEEDS.width, SEEDS.height, colours)
    for step in view.found.trace:
        x, y = SEEDS.at(step.column, step.row)
        mark = (
            f"M{x - 5:.1f} {y:.1f}h10M{x:.1f} {y - 5:.1f}v10"
            if step.accepted
            else f"M{x - 3:.1f} {y - 3:.1f}l6 6m-6 0l6 -6"
        )
        shapes += rimmed_path(mark, WHITE, 1.6 if step.accepted else 1.0)
    title = text(SEEDS.left, SEEDS.top - 9, "seed map: + opened, x refused", weight="bold")
    return title + SEEDS.clip(shapes, "editor-seeds")


def draw_table(view: View) -> str:
    """Each object: what became of it."""
    x, y = TABLE
    rows = [text(x, y, f"{view.right} of {len(view.numbers)} objects found", weight="bold")]
    for line, (k, words, good) in enumerate(verdicts(view)):
        top = y + 21 + 17 * line
        rows.append(badge(x + 12, top - 4, str(k), colour_of(k)))
        rows.append(text(x + 32, top, words, size=12, colour=GOOD if good else ACCENT_INK))
    extra = sum(f.kind == "false alarm" for f in view.failures)
    if extra:
        words = f"and {extra} false alarm{'s' * (extra > 1)}"
        rows.append(text(x, y + 21 + 17 * len(view.numbers), words, size=12, colour=ACCENT_INK))
    if hidden := len(view.drawn.things) - len(view.numbers):
        words = f"{hidden} hidden or outside"
        rows.append(text(x + 160, y + 21 + 17 * len(view.numbers), words, size=12, colour=GREY))
    return "".join(rows) + _key()


def _key() -> str:
    """What the lines mean."""
    x, y = TABLE[0], HEIGHT - 6
    line = f'<path d="M{x} {y - 20}h22" stroke="{INK}" stroke-width="1.3" {TRUTH_DASHES}/>'
    ring = f'<ellipse cx="{x + 11}" cy="{y - 4}" rx="10" ry="6" fill="none" stroke="{INK}" stroke-width="1.8"/>'
    words = "dashed: the truth. Letters: what is found", "ellipse: the margin of an instance's seed"
    return line + ring + "".join(text(x + 32, y - 16 * (1 - k), words[k], size=12) for k in range(2))


def verdicts(view: View) -> list[tuple[int, str, bool]]:
    """Number of each object, what became of it in a few words, and whether it was found."""
    failed = {k: f for f in reversed(view.failures) for k in f.objects}
    told = []
    for place, k in enumerate(view.numbers):
        overlap = f", IoU {view.of.iou[:, place].max(initial=0):.2f}" if len(view.found) else ""
        found = f"found as {letter(view.matched[place])}" if place in view.matched else ""
        wrong = _outcome(failed[place], view, place) if place in failed else ""
        words = ", ".join(part for part in (found, wrong) if part)
        told.append((k, f"{'✓' if found else '✗'} {words}{overlap}", bool(found)))
    return told


def _outcome(failure: Failure, view: View, place: int) -> str:
    if failure.kind == "merged":
        others = [str(view.numbers[k]) for k in failure.objects if k != place]
        return f"merged with {', '.join(others[:2])}{' …' * (len(others) > 2)}"
    if failure.kind == "split":
        return f"split in {len(failure.predictions)}"
    return failure.kind
