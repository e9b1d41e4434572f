"""From numbers to the picture: the pixels at the left, what they mean at the right, the code and the total below."""

from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from lab.figures.colours import cividis_table, colour_wheel, direction_colours
from lab.figures.style import ACCENT, GOOD, GREY, INK
from lab.widgets.overlay import outline
from lab.widgets.plot import colour_of, picture, text
from lab.widgets.shapes import rgb
from lab.widgets.terms.code import code_of
from lab.widgets.terms.compute import PARTS, Look, Part, Street, weight

WIDTH, HEIGHT = 860, 628
PLACE = (0.0, 34.0, 590.0, 295.0)  # of the picture: left, top, width, height
SIDE = 612.0  # where the words at the right begin
LEGEND = 214.0  # its top
CODE_TOP, LINE = 362.0, 17.0
GHOST = 217  # "takes no part"
GHOST_STEP = 6
FAINT = 0.005  # of the full colour: what is less is not told from nothing
MONO = "font-family:'DejaVu Sans Mono',monospace"

EQUATIONS: dict[Part, tuple[str, ...]] = {
    "instance": ("1/K · Σᵢ relu(mᵢ) · ΔJᵢ", "mᵢ = 1 ∓ (2 φₖ(eᵢ) − 1),", "− on the object, + elsewhere"),
    "smoothness": ("1/K · 1/|k| · Σᵢ (bᵢ − sg[bₖ])²", "over the object's pixels i,", "mean of the two channels"),
    "seed, objects": ("10 · Σᵢ (sᵢ − sg[φₖ(eᵢ)])² / V", "over the object's pixels i,", "V: valid pixels of the image"),
    "seed, background": ("Σᵢ sᵢ² / V", "over all valid pixels i that are", "not of this object's class"),
}
MEANING = {
    "share": "what each pixel adds to the term",
    "offset": "where the term pushes each embedding",
    "bandwidth": "how the term pulls at each bandwidth",
    "seed map": "how the term pulls at each seed value",
}
SIGNS = {
    "bandwidth": ("b up: the margin shrinks", "b down: it grows"),
    "seed map": ("seed up", "seed down"),
}


def draw(street: Street, seen: Look) -> str:
    """The whole figure as SVG."""
    c = seen.choice
    title = f"{title_of(c.part)} of object {c.number}, a {street.name(c.number)}: {MEANING[c.view]}"
    parts = [text(0, 20, title, size=15, weight="bold"), draw_picture(street, seen)]
    parts += [draw_words(street, seen), draw_code(c.part), draw_total(street, c.part, c.number)]
    return "".join(parts)


def title_of(part: Part) -> str:
    """In words."""
    name, _, where = part.partition(", ")
    return f"{name.capitalize()} term" + (
        f" on {'the objects' if where == 'objects' else 'the background'}," if where else ""
    )


def describe(street: Street, seen: Look) -> str:
    """The figure in words."""
    c = seen.choice
    words = f"{title_of(c.part)} of object {c.number}, a {street.name(c.number)}: {MEANING[c.view]}"
    lines = " ".join(line.text for line in code_of(c.part) if line.makes)
    nothing = "" if seen.reaches else " It does not reach this output: every pull is exactly zero."
    return f"{words}. It adds {street.value(c.part, c.number):.3g}.{nothing} Beside it the code: {lines}"


def draw_picture(street: Street, seen: Look) -> str:
    """The street in faint grey, coloured where the term is at work, with the chosen object's outline."""
    left, top, width, height = PLACE
    painted = paint(street, seen)
    rows, columns = painted.shape[:2]
    scale = f"translate({left} {top}) scale({width / columns:.5f} {height / rows:.5f}) translate(.5 .5)"
    numbers = {seen.choice.number} if seen.choice.part != "seed, background" else set()
    shapes = "".join(outline(street.masks[k].numpy(), colour_of(k)) for k in numbers)
    drawing = picture(left, top, width, height, painted) + f'<g transform="{scale}">{shapes}</g>'
    if not seen.reaches:
        x, y = left + width / 2, top + height / 2
        drawing += f'<rect x="{x - 200}" y="{y - 26}" width="400" height="42" fill="white" stroke="{INK}"/>'
        drawing += text(x, y, "Exactly zero at every pixel: this term is not heard here.", anchor="middle")
    return drawing


def paint(street: Street, seen: Look) -> UInt8[np.ndarray, "H W 3"]:
    """Colours where something is, and on the object itself; a ghost of the street elsewhere."""
    ghost = ghost_of(street)
    if not seen.reaches:
        return ghost.astype(np.uint8)
    if seen.pull is None:
        level = np.clip(seen.shares / largest(seen.shares), 0, 1)
        colours = cividis_table()[(255 * level).astype(np.uint8)]
        own = street.masks[seen.choice.number].numpy() & (seen.shares > 0)
        return np.where(((level > FAINT) | own)[..., None], colours, ghost).clip(0, 255).astype(np.uint8)
    length = np.linalg.norm(seen.pull, axis=0)
    strength = np.sqrt(np.clip(length / largest(length), 0, 1))[..., None]
    return (ghost * (1 - strength) + _pull_colours(seen.pull) * strength).clip(0, 255).astype(np.uint8)


@lru_cache(maxsize=2)  # at every move the same
def ghost_of(street: Street) -> Float[np.ndarray, "H W 3"]:
    """The street in a few faint greys, which leave a still's palette to the colours."""
    grey = cv2.cvtColor(street.image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    steps = (0.22 * (grey - 128) / GHOST_STEP).round() * GHOST_STEP
    return np.repeat((GHOST + steps).clip(0, 255)[..., None], 3, -1)


def largest(values: Float[np.ndarray, "H W"]) -> float:
    """What gets the full colour: all but one pixel in a hundred of those at work have less."""
    at_work = values[values > 0]
    return float(np.percentile(at_work, 99)) if at_work.size else 1.0


def _pull_colours(pull: Float[np.ndarray, "D H W"]) -> np.ndarray:
    if len(pull) == 2:
        return direction_colours(pull / np.maximum(np.linalg.norm(pull, axis=0), 1e-30), 1.0)
    return np.where(pull[0][..., None] > 0, rgb(GOOD), rgb(ACCENT))


def draw_words(street: Street, seen: Look) -> str:
    """At the right of the picture: the equation, the numbers, the legend."""
    c = seen.choice
    value, term = street.value(c.part, c.number), street.weighted(c.part) / weight(c.part)
    by_class = c.part == "seed, background"
    mine = f"class {street.name(c.number)}" if by_class else f"object {c.number}"
    whole = f"all {len(street.class_names)} classes" if by_class else f"all {len(street.numbers)} objects"
    lines = [text(SIDE, 48 + 20 * i, words) for i, words in enumerate(EQUATIONS[c.part])]
    numbers = [
        (mine, f"{value:.5f}"),
        (whole, f"{term:.5f}"),
        (f"times {weight(c.part):g}", f"{weight(c.part) * term:.5f}"),
    ]
    for i, (name, number) in enumerate(numbers):
        lines.append(text(SIDE, 128 + 20 * i, name, weight="bold" if i == 0 else "normal"))
        lines.append(text(WIDTH - 10, 128 + 20 * i, number, anchor="end", weight="bold" if i == 0 else "normal"))
    return "".join(lines) + draw_legend(seen)


def draw_legend(seen: Look) -> str:
    """What the colours mean."""
    shapes = f'<rect x="{SIDE}" y="{LEGEND + 84}" width="16" height="16" fill="rgb({GHOST},{GHOST},{GHOST})"/>'
    shapes += text(SIDE + 24, LEGEND + 97, "takes no part, or next to none", size=12)
    if not seen.reaches:
        return shapes
    if seen.pull is None:
        return shapes + _scale_of_shares(largest(seen.shares))
    return shapes + (_wheel() if len(seen.pull) == 2 else _signs(seen.choice.view))


def _scale_of_shares(most: float) -> str:
    bar = picture(SIDE, LEGEND, 200, 14, cividis_table()[None].repeat(8, 0), smooth=True)
    ends = text(SIDE, LEGEND + 32, "0", size=12) + text(SIDE + 200, LEGEND + 32, f"{most:.2g}", size=12, anchor="end")
    return bar + ends + text(SIDE, LEGEND + 52, "of one pixel; 1 in 100 adds more", size=12, colour=GREY)


def _wheel() -> str:
    rgba = colour_wheel(96)
    opaque = rgba[..., 3:] / 255.0
    disc = (rgba[..., :3] * opaque + 255 * (1 - opaque)).astype(np.uint8)
    words = (("colour: which way", INK), ("strength: how hard", INK), ("(its square root)", GREY))
    lines = (text(SIDE + 84, LEGEND + 22 + 18 * i, w, size=12, colour=c) for i, (w, c) in enumerate(words))
    return picture(SIDE, LEGEND, 72, 72, disc, smooth=True) + "".join(lines)


def _signs(view: str) -> str:
    shapes = ""
    for i, (colour, words) in enumerate(zip((GOOD, ACCENT), SIGNS[view], strict=True)):
        shapes += f'<rect x="{SIDE}" y="{LEGEND + 26 * i}" width="16" height="16" fill="{colour}"/>'
        shapes += text(SIDE + 24, LEGEND + 13 + 26 * i, words, size=12)
    return shapes


def draw_code(part: Part) -> str:
    """The loss's lines; those that make this part are marked by a bar, a triangle and bold type."""
    shapes = text(0, CODE_TOP - 12, "▶ the lines that compute it   · what they rest on", size=12, colour=GREY)
    for i, line in enumerate(code_of(part)):
        y = CODE_TOP + LINE * i
        if line.makes:
            shapes += f'<rect x="0" y="{y}" width="590" height="{LINE}" fill="{GOOD}" fill-opacity=".16"/>'
        mark = "▶" if line.makes else "·" if line.rests_on else ""
        shapes += text(4, y + 13, mark, size=12)
        strength = "bold" if line.makes else "normal"
        ink = INK if line.makes or line.rests_on else GREY
        words = text(20 + 7.2 * line.indent, y + 13, line.text, size=12, weight=strength, colour=ink)
        shapes += words.replace("<text ", f'<text style="{MONO}" ', 1)
    return shapes


def draw_total(street: Street, part: Part, number: int) -> str:
    """The total as a stacked bar; the chosen part blue, what this object adds to it dark."""
    top, height, wide = CODE_TOP + 10, 226.0, 42.0
    sizes = {p: street.weighted(p) for p in PARTS}
    total = sum(sizes.values())
    heights = [max(height * size / total, 1.5) for size in sizes.values()]
    edges = np.cumsum([top, *heights])
    shapes = text(SIDE, CODE_TOP - 12, f"the total: {total:.3f}", weight="bold")
    shapes += text(WIDTH - 4, CODE_TOP - 12, f"dark: object {number}", size=12, anchor="end", colour=GREY)
    labels = label_places(edges[:-1] + np.array(heights) / 2)
    for p, tall, y, label in zip(sizes, heights, edges[:-1], labels, strict=True):
        shapes += f'<rect x="{SIDE}" y="{y:.1f}" width="{wide}" height="{tall:.1f}" stroke="white" '
        shapes += f'fill="{GOOD if p == part else "#b8b8b8"}"/>'
        if p == part:
            own = max(tall * weight(p) * street.value(p, number) / sizes[p], 1.0)
            shapes += (
                f'<rect x="{SIDE + 8}" y="{y + tall - own:.1f}" width="{wide - 16}" height="{own:.1f}" fill="{INK}"/>'
            )
        shapes += f'<path d="M{SIDE + wide} {y + tall / 2:.1f}L{SIDE + wide + 14} {label:.1f}" stroke="{GREY}"/>'
        shapes += _label(SIDE + wide + 18, label, p, sizes[p], total, p == part)
    return shapes


def label_places(wanted: Float[np.ndarray, "P"], spacing: float = 36.0) -> Float[np.ndarray, "P"]:
    """Heights of labels, as near to what they name as can be without covering each other; the last one stays."""
    places = wanted.astype(float).copy()
    for i in range(len(places) - 2, -1, -1):
        places[i] = min(places[i], places[i + 1] - spacing)
    return places


def _label(x: float, y: float, part: Part, size: float, total: float, chosen: bool) -> str:
    words = text(x, y - 2, f"{weight(part):g} · {part}", size=12, weight="bold" if chosen else "normal")
    return words + text(x, y + 13, f"{size:.4f}, {size / total:.1%}", size=12, colour=INK if chosen else GREY)
