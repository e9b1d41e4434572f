"""The bandwidth bench as a drawing.  Pure: a bench in, SVG out."""

from functools import cache

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8

from lab.embedding import MARGIN_PER_SIGMA, PIXELS_PER_UNIT, membership
from lab.figures.colours import instance_colour
from lab.figures.style import ACCENT, ACCENT_INK, GREY, INK
from lab.widgets.bench.compute import LARGEST_SIGMA, SMALLEST_SIGMA, Bench, Claim
from lab.widgets.bench.sample import OBJECTS, WINDOW, Sample, load_sample
from lab.widgets.plot import Panel, colour_of, handle, picture, text
from lab.widgets.shapes import rgb, rimmed, rimmed_path

WIDTH, HEIGHT = 860, 500
NAMES = ("person", "car")
TOP, LEFT, ROWS, COLUMNS = WINDOW
ENLARGED = 3  # dots for each pixel of the claims' picture, so that there is room for patterns
REACH = 50  # px to either side of the centre in the profiles
X, Y = (LEFT - 0.5, LEFT + COLUMNS - 0.5), (TOP + ROWS - 0.5, TOP - 0.5)
POINTS = Panel(48, 30, 372, 372 * ROWS / COLUMNS, X, Y)
CLAIMS = Panel(482, 30, 372, 372 * ROWS / COLUMNS, X, Y)
PROFILES = (
    Panel(48, 326, 232, 118, (-REACH, REACH), (0, 1.05)),
    Panel(332, 326, 232, 118, (-REACH, REACH), (0, 1.05)),
)
TABLE = (588, 326)


def draw(sample: Sample, bench: Bench) -> str:
    """The whole board."""
    profiles = [draw_profile(sample, bench, k) for k in range(len(OBJECTS))]
    return "".join([draw_points(sample, bench), draw_claims(sample, bench), *profiles, draw_table(bench)])


def describe(bench: Bench) -> str:
    """The board in words."""
    sizes = "; ".join(
        f"{k} {name}: margin {numbers(c.margin, '.1f')} px, IoU {c.iou:.2f}"
        for k, name, c in zip(OBJECTS, NAMES, bench.claims, strict=True)
    )
    how = ("one σ for both" if bench.state.shared else "a σ for each") + (
        ", ellipses" if bench.state.ellipse else ", circles"
    )
    return (
        f"A person and a car of the street, {how}. Left: where their pixels point, with the rims of both margins; "
        f"right: what each margin claims; below: both profiles with the line at one half. {sizes}."
    )


def draw_points(sample: Sample, bench: Bench) -> str:
    """The embeddings over the dimmed picture, and the margins with their handles."""
    dots = ""
    for k, mask in reversed(list(zip(OBJECTS, sample.masks, strict=True))):
        x, y = where_to(bench, mask)
        dots += POINTS.dots(x, y, colour_of(k), 1.5, 0.85)
    rims = [draw_rim(k, centre, c) for k, centre, c in zip(OBJECTS, sample.centroid, bench.claims, strict=True)]
    dark = picture(POINTS.left, POINTS.top, POINTS.width, POINTS.height, sample.image // 3, smooth=True)
    inside = POINTS.clip(dark + dots + "".join(rims), "bench-points")
    frame = POINTS.frame("Where the pixels point, and the margins", "column (px)", "row (px)", *ticks(), grid=False)
    handles = [
        h
        for k, name, centre, c in zip(OBJECTS, NAMES, sample.centroid, bench.claims, strict=True)
        for h in draw_handles(k, name, centre, c, bench.state.ellipse)
    ]
    return inside + frame + "".join(handles)


def where_to(bench: Bench, mask: Bool[torch.Tensor, "H W"]) -> Float[np.ndarray, "2 P"]:
    """Columns and rows in the street that at most some 500 pixels of an object point to."""
    own = bench.embedding[:, mask].numpy()
    return own[:, :: max(1, own.shape[1] // 500)] + np.array([[LEFT], [TOP]])


def draw_rim(k: int, centre: Float[torch.Tensor, "2"], c: Claim) -> str:
    """The line on which membership is one half, and the object's number beside it."""
    x, y = POINTS.at(float(centre[0]) + LEFT, float(centre[1]) + TOP)
    rx, ry = (m * scale() for m in c.margin)
    ellipse = f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" {{}}/>'
    rim = rimmed(ellipse, colour_of(k), 2.5, rim=2.5)
    # Beside the rim, so that a small margin stays visible.
    label = f'<circle cx="{x - rx - 13:.1f}" cy="{y:.1f}" r="9" fill="{colour_of(k)}"/>'
    return rim + label + text(x - rx - 13, y + 4.5, str(k), anchor="middle", weight="bold")


def draw_handles(k: int, name: str, centre: Float[torch.Tensor, "2"], c: Claim, ellipse: bool) -> list[str]:
    """A knob at the right of the rim, and for an ellipse one below."""
    middle = float(centre[0]) + LEFT, float(centre[1]) + TOP
    places = {"x": (middle[0] + c.margin[0], middle[1]), "y": (middle[0], middle[1] + c.margin[1])}
    knobs = []
    for axis in "xy" if ellipse else "x":
        x, y = POINTS.at(*places[axis])
        knob = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="#ffffff" stroke="{INK}" stroke-width="2"/>'
        margin = c.margin["xy".index(axis)]
        scale = (SMALLEST_SIGMA * MARGIN_PER_SIGMA, margin, LARGEST_SIGMA * MARGIN_PER_SIGMA)
        knobs.append(handle(f"{k}-{axis}", knob, f"margin of {k} {name} along {axis}", f"{margin:.1f} px", scale))
    return knobs


def draw_claims(sample: Sample, bench: Bench) -> str:
    """The picture with what each margin claims, rightly and wrongly, and the objects' outlines."""
    painted = paint_claims(sample, bench)
    image = picture(CLAIMS.left, CLAIMS.top, CLAIMS.width, CLAIMS.height, painted)
    outlines = "".join(outline(k) for k in range(len(OBJECTS)))
    frame = CLAIMS.frame("What each margin claims", "column (px)", "", *ticks(), grid=False)
    y = CLAIMS.top + CLAIMS.height + 52
    key = text(CLAIMS.left + 8, y, "colour: claimed rightly", size=12)
    key += text(CLAIMS.left + 160, y, "▚ black: missed", size=12)
    key += text(CLAIMS.left + 262, y, "▨ stripes: wrongly", size=12, colour=ACCENT_INK)
    return image + outlines + frame + key


def paint_claims(sample: Sample, bench: Bench) -> UInt8[np.ndarray, "H W 3"]:
    """Claimed rightly: the object's colour; missed: black chequers; claimed wrongly: orange-red stripes."""
    base = enlarge(sample.image // 2 + 64)
    chequers, stripes = patterns(*base.shape[:2])
    for k, mask, c in reversed(list(zip(OBJECTS, sample.masks, bench.claims, strict=True))):
        own, claimed = enlarge(mask.numpy()), enlarge(c.claimed.numpy())
        both = own & claimed
        base[both] = base[both] // 3 + (np.array(instance_colour(k)) * (2 / 3)).astype(np.uint8)
        base[own & ~claimed & chequers] = 20
        base[claimed & ~own & stripes] = rgb(ACCENT)
    return base


@cache
def patterns(
    height: int, width: int
) -> tuple[Bool[np.ndarray, "{height} {width}"], Bool[np.ndarray, "{height} {width}"]]:
    """Chequers and diagonal stripes."""
    row, column = np.indices((height, width))
    return (row // 3 + column // 3) % 2 == 0, (row + column) % 6 < 4


def enlarge(pixels: np.ndarray) -> np.ndarray:
    """Every pixel as a square of dots."""
    return pixels.repeat(ENLARGED, 0).repeat(ENLARGED, 1)


@cache
def outline(index: int) -> str:
    """The labelled outline of an object in the claims' panel: it never moves."""
    mask = enlarge(load_sample().masks[index].numpy()).astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = max(contours, key=len)[:, 0] / ENLARGED - 0.5 + np.array([LEFT, TOP])
    return rimmed_path(CLAIMS.path(*points.T) + "z", "#ffffff", 1.2, rim=1.4)


def draw_profile(sample: Sample, bench: Bench, index: int) -> str:
    """φ along a cut through one object's centre, over the embeddings that lie along it."""
    k, c, panel = OBJECTS[index], bench.claims[index], PROFILES[index]
    own, others = along_cut(sample, bench, index)
    edges = np.linspace(-REACH, REACH, len(own) + 1)
    peak = max(own.max(), others.max(), 1) / 0.95
    bars = panel.area(np.repeat(edges, 2)[1:-1], np.repeat(others / peak, 2), GREY, 0.45)
    bars += panel.area(np.repeat(edges, 2)[1:-1], np.repeat(own / peak, 2), colour_of(k), 0.75)
    d = np.linspace(-REACH, REACH, 161)
    curves = panel.line(d, profile(d, c.sharpness[0]), INK, 2.2)
    if bench.state.ellipse:
        curves += panel.line(d, profile(d, c.sharpness[1]), INK, 1.6, "5 4")
    half = panel.line([-REACH, REACH], [0.5, 0.5], ACCENT, 1.4, "2 3")
    crossings = "".join(panel.line([s * c.margin[0]] * 2, [0, 0.5], ACCENT, 2) for s in (-1, 1))
    title = f"{k} {NAMES[index]}: φ along x" + (", dashed along y" if bench.state.ellipse else "")
    frame = panel.frame(title, "distance from the centre (px)", "φ", range(-40, 41, 20), (0, 0.5, 1), grid=False)
    return panel.clip(bars + half + crossings + curves, f"bench-profile-{k}") + frame


def profile(distance: Float[np.ndarray, "P"], sharpness: float) -> Float[np.ndarray, "P"]:
    """φ at these distances (px) from the centre along one axis."""
    along = torch.from_numpy(distance).float()[None] / PIXELS_PER_UNIT
    embedding = torch.cat([along, torch.zeros_like(along)])
    return membership(embedding, torch.zeros(2), torch.tensor([sharpness, sharpness])).numpy()


def along_cut(sample: Sample, bench: Bench, index: int) -> tuple[Float[np.ndarray, "G"], Float[np.ndarray, "G"]]:
    """How many of the object's pixels, and of all others, point to each 2 px of a band as high as the margin."""
    away = bench.embedding - sample.centroid[index][:, None, None]
    band = away[1].abs() < bench.claims[index].margin[1]
    mask = sample.masks[index]
    counts = [
        np.histogram(away[0][band & part].numpy(), REACH, (-REACH, REACH))[0].astype(float) for part in (mask, ~mask)
    ]
    return counts[0], counts[1]


def draw_table(bench: Bench) -> str:
    """The numbers: overlap, loss, and the three names of one width."""
    x, y = TABLE
    columns = (x + 128, x + 224)
    rows = [
        ("IoU", [f"{c.iou:.2f}" for c in bench.claims]),
        ("Lovász hinge", [f"{c.hinge:.2f}" for c in bench.claims]),
        ("margin (px)", [numbers(c.margin, ".1f") for c in bench.claims]),
        ("σ (px)", [numbers(c.sigma, ".1f") for c in bench.claims]),
        ("κ", [numbers(c.sharpness, ".0f") for c in bench.claims]),
        ("b", [numbers(c.bandwidth, ".2f" if bench.state.ellipse else ".3f") for c in bench.claims]),
    ]
    parts = [
        text(at, y - 9, f"{k} {name}", anchor="middle", weight="bold")
        for at, k, name in zip(columns, OBJECTS, NAMES, strict=True)
    ]
    for line, (label, values) in enumerate(rows):
        strong = "bold" if line < 2 else "normal"
        parts.append(text(x, y + 12 + 20 * line, label, size=12, weight=strong))
        parts += [
            text(at, y + 12 + 20 * line, v, size=12, anchor="middle", weight=strong)
            for at, v in zip(columns, values, strict=True)
        ]
    means = f"mean IoU {bench.mean_iou:.2f} · mean hinge {bench.instance_term:.2f}"
    return "".join(parts) + text(x, y + 144, means, size=12, weight="bold")


def numbers(values: tuple[float, float], how: str) -> str:
    """One number where both axes agree, else x · y."""
    x, y = (f"{v:{how}}" for v in values)
    return x if x == y else f"{x} · {y}"


def ticks() -> tuple[range, range]:
    """Columns and rows in the street that the picture's axes name."""
    return range(40, 201, 40), range(100, 181, 40)


def scale() -> float:
    """Board units for a pixel of the street."""
    return POINTS.width / COLUMNS


def sigma_from_drag(sample: Sample, name: str, x: float, y: float) -> float:
    """The σ (px) that puts the rim of handle ``name``, as "9-x", where the pointer is."""
    k, axis = name.split("-")
    place = POINTS.back(x, y)["xy".index(axis)] - (LEFT, TOP)["xy".index(axis)]
    centre = float(sample.centroid[OBJECTS.index(int(k))]["xy".index(axis)])
    return abs(place - centre) / MARGIN_PER_SIGMA
