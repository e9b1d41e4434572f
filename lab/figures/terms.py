"""Still figures of notebook 06: which head hears which term, what short trainings came to, where embeddings drift."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Rectangle
from torch import Tensor

from lab.clustering import cluster
from lab.datasets.scene import Scene
from lab.embedding import PIXELS_PER_UNIT, bandwidth_to_sharpness, sharpness_to_margin, sharpness_to_sigma, split
from lab.figures.colours import instance_colour, tint
from lab.figures.still import Still, finish
from lab.figures.style import GOOD, GREY, INK, SMALL, WIDTH
from lab.losses import find_instances

SIGMA_RANGE = (3.0, 60.0)  # px


def show_hearing(norms: Mapping[str, Mapping[str, float]]) -> Still:
    """Size of the gradient of every weighted term by every kind of output; what is exactly 0 is grey."""
    rows, columns = list(norms), list(next(iter(norms.values())))
    table = np.array([[norms[r][c] for c in columns] for r in rows])
    figure = Figure(figsize=(6.4, 2.5), layout="constrained")
    axes = figure.subplots()
    # Sizes in different columns have different units: colour says only whether a term is heard at all.
    axes.imshow(table != 0, cmap=ListedColormap(["#d9d9d9", "#9ecae8"]), vmin=0, vmax=1, aspect="auto")
    for (i, j), value in np.ndenumerate(table):
        words, weight = (f"{value:.2g}", "bold") if value else ("exactly 0", "normal")
        axes.text(j, i, words, ha="center", va="center", fontsize=11, color=INK, weight=weight)
    axes.set_xticks(range(len(columns)), [f"{c} head" for c in columns], fontsize=10)
    axes.set_yticks(range(len(rows)), rows, fontsize=10)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    said = "; ".join(f"{r}: " + ", ".join(f"{c} {norms[r][c]:.2g}" for c in columns) for r in rows)
    return finish(figure, f"Norm of the gradient of each weighted term by each head's output. {said}.")


@dataclass(frozen=True)
class Run:
    """A training's last output, with what the figures need of it (elliptical margins, mean embeddings as centres)."""

    scene: Scene
    output: Float[Tensor, "C H W"]

    def embedding(self) -> Float[np.ndarray, "2 H W"]:
        """In px."""
        return (PIXELS_PER_UNIT * split(self.output[None], 2).embedding[0]).numpy()

    def sigma(self) -> Float[np.ndarray, "H W"]:
        """Geometric mean of the two axes, in px."""
        return sharpness_to_sigma(bandwidth_to_sharpness(self.output[2:4].mean(0))).numpy()

    def margins(self) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """Centre and half axes of every object's margin, in px."""
        instances, classes = (torch.from_numpy(a).long() for a in (self.scene.instances, self.scene.classes))
        p = split(self.output[None], 2)
        found = find_instances(p.embedding[0], p.bandwidth[0], instances, classes, "learned")
        return {
            int(instances[o.mask][0]): (
                (PIXELS_PER_UNIT * o.centre).numpy(),
                sharpness_to_margin(bandwidth_to_sharpness(o.bandwidth)).numpy(),
            )
            for o in found
        }

    def in_words(self) -> str:
        """How wide the margins are, and how far apart."""
        margins = self.margins()
        radii = np.concatenate([radius for _, radius in margins.values()])
        apart = [float(np.hypot(*(a - b))) for (a, _), (b, _) in combinations(margins.values(), 2)]
        wide = f"margins of {radii.min():.0f} to {radii.max():.0f} px"
        return f"{wide}, centres {min(apart):.0f} to {max(apart):.0f} px apart"


def show_trainings(scene: Scene, outputs: Mapping[str, Float[Tensor, "C H W"]], columns: Sequence[str]) -> Still:
    """A row for every training, titled by its name; ``columns`` out of embeddings, sigma, found, or class names."""
    figure = Figure(figsize=(WIDTH, 2.25 * len(outputs) + 0.2), layout="constrained")
    ratios = [1.35 if c == "embeddings" else 1 for c in columns]
    grid = figure.subplots(len(outputs), len(columns), squeeze=False, gridspec_kw={"width_ratios": ratios})
    for axes, (name, output) in zip(grid, outputs.items(), strict=True):
        for ax, column in zip(axes, columns, strict=True):
            draw = DRAWN.get(column) or _seed_of(column)
            draw(ax, Run(scene, output))
            ax.tick_params(labelsize=SMALL)
        axes[0].set_ylabel(name, fontsize=11, weight="bold")
    for ax, column in zip(grid[0], columns, strict=True):
        ax.set_title(TITLES.get(column, f"seed map “{column}”"), fontsize=9.5)
    told = (f"{name}, {Run(scene, output).in_words()}" for name, output in outputs.items())
    return finish(figure, f"Short trainings, one a row, each with its {', '.join(columns)}: {'; '.join(told)}.")


def _embeddings(axes: Axes, run: Run, with_picture: bool = False) -> None:
    e = run.embedding()
    x, y = e[:, run.scene.classes == 0]
    axes.scatter(x, y, s=2, color="#b8b8b8", linewidths=0)
    margins = run.margins()
    for k in sorted(margins, key=lambda k: shares_colour(k, margins)):  # squares lie on top
        (x, y), colour = e[:, run.scene.instances == k], np.divide(instance_colour(k), 255)
        if shares_colour(k, margins):
            axes.scatter(x, y, s=9, marker="s", color=colour, edgecolors=INK, linewidths=0.5)
        else:
            axes.scatter(x, y, s=5, color=colour, linewidths=0)
    for k, (centre, radii) in margins.items():
        for colour, line in ((INK, 2.4), (np.divide(instance_colour(k), 255), 1.3)):
            (x, y), (width, height) = centre.tolist(), (2 * radii).tolist()
            axes.add_patch(Ellipse((x, y), width, height, fill=False, ec=colour, lw=line))
    height, width = run.scene.instances.shape
    axes.add_patch(Rectangle((-0.5, -0.5), width, height, fill=False, ec=GREY, ls="--", lw=1))
    span = _frame(axes, e, margins, [np.zeros(2), np.array([width, height])] if with_picture else [])
    for k, (x, y) in _label_places(margins, span).items():
        box = {"boxstyle": "round,pad=0.12", "fc": INK, "ec": "none"}
        axes.text(x, y, str(k), color="white", fontsize=SMALL, ha="center", va="center", bbox=box)


def shares_colour(number: int, numbers: Iterable[int]) -> bool:
    """Whether a higher one of these numbers has the same colour; such an object is drawn with squares."""
    return any(other > number and instance_colour(other) == instance_colour(number) for other in numbers)


def _frame(
    axes: Axes, e: Float[np.ndarray, "2 H W"], margins: dict[int, tuple[np.ndarray, np.ndarray]], held: list[np.ndarray]
) -> float:
    """Square limits around all margins, all but the farthest embeddings and what is ``held``; gives their length."""
    ends = [centre + sign * radii for centre, radii in margins.values() for sign in (-1, 1)]
    ends += [*np.percentile(e.reshape(2, -1), [1, 99], axis=1), *held]
    low, high = np.min(ends, axis=0), np.max(ends, axis=0)
    middle, half = (low + high) / 2, max(high - low) / 2 + 6
    axes.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] + half, middle[1] - half))
    axes.set_aspect("equal")
    return float(2 * half)


def _label_places(margins: dict[int, tuple[np.ndarray, np.ndarray]], span: float) -> dict[int, np.ndarray]:
    """Above its margin for every number, above one another where margins all but coincide."""
    places: dict[int, np.ndarray] = {}
    for k, (centre, radii) in margins.items():
        place = centre - np.array([0, radii[1] + 0.05 * span])
        while any(np.all(np.abs(place - other) < 0.085 * span) for other in places.values()):
            place = place - np.array([0, 0.09 * span])
        places[k] = place
    return places


def _sigma(axes: Axes, run: Run) -> None:
    drawn = axes.imshow(run.sigma(), norm=LogNorm(*SIGMA_RANGE), cmap="cividis", interpolation="nearest")
    bar = axes.figure.colorbar(drawn, ax=axes, pad=0.02, aspect=14, extend="both")
    bar.set_ticks([3, 5, 10, 20, 50], labels=["3", "5", "10", "20", "50"], fontsize=SMALL)
    bar.minorticks_off()


def _found(axes: Axes, run: Run) -> None:
    """What the clustering makes of it: every mask in the colour and with the numbers of the objects that it holds."""
    found = cluster(run.output, 2, seed_threshold=0.5, min_pixels=20)
    labels, instances = found.labels.numpy(), run.scene.instances
    tinted, marks = np.zeros_like(instances), []
    for k in range(1, len(found) + 1):
        if (labels == k).any():
            held = objects_within(labels == k, instances)
            tinted[labels == k] = max(held, key=lambda n: (instances == n).sum(), default=0)
            marks.append((labels == k, "+".join(map(str, held)) or "–"))
    axes.imshow(tint(run.scene.image, tinted), interpolation="nearest")
    for mask, words in marks:
        axes.contour(mask.astype(float), [0.5], colors=["white"], linewidths=1.0)
        rows, columns = np.nonzero(mask)
        box = {"boxstyle": "round,pad=0.15", "fc": INK, "ec": "none"}
        axes.text(columns.mean(), rows.mean(), words, color="white", fontsize=SMALL, ha="center", va="center", bbox=box)


def objects_within(mask: Bool[np.ndarray, "H W"], instances: Int[np.ndarray, "H W"]) -> list[int]:
    """Numbers of the objects of which the mask holds more than half."""
    numbers = np.unique(instances[mask & (instances > 0)]).tolist()
    return [k for k in numbers if mask[instances == k].mean() > 0.5]


def _seed_of(name: str) -> Callable[[Axes, Run], None]:
    """Draws the seed map of a class."""
    channel = 4 + CLASS_NAMES.index(name)

    def draw(axes: Axes, run: Run) -> None:
        seed = torch.sigmoid(run.output[channel]).numpy()
        axes.imshow(seed, norm=Normalize(0, 1), cmap="cividis", interpolation="nearest")

    return draw


CLASS_NAMES = ("person", "rider", "car")
DRAWN: dict[str, Callable[[Axes, Run], None]] = {"embeddings": _embeddings, "sigma": _sigma, "found": _found}
TITLES = {"embeddings": "embeddings and margins (px)", "sigma": "σ (px)", "found": "what the clustering finds"}


def show_drift(
    steps: Sequence[int] | np.ndarray,
    offsets: Mapping[str, Float[np.ndarray, "T 2 2"]],
    final: Run,
) -> Still:
    """Left: how far all objects point past themselves, step by step; right: where that leaves the embeddings.

    ``offsets``: mean offset (x, y) in px of objects and of background, by name of the run.
    """
    figure = Figure(figsize=(WIDTH, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.15])
    lowest, last = np.inf, [path[-1] for path in offsets.values()]
    for name, path in sorted(offsets.items(), key=lambda item: -np.hypot(*item[1][-1, 0])):
        colour = INK if "centroid" in name else GOOD
        for place, dashes in ((0, "-"), (1, (0, (4, 2)))):
            left.plot(steps, np.hypot(*path[:, place].T), color=colour, ls=dashes, lw=2 if place == 0 else 1.2)
        lowest = min(float(np.hypot(*path[-1, 0])), lowest - 6)
        left.text(steps[-1] * 1.02, lowest, name, fontsize=SMALL, color=colour, va="center")
    left.set(xlabel="step of the training", ylabel="length of the mean offset (px)", xlim=(0, steps[-1] * 1.42))
    left.set_title("objects (solid) and background (dashed)", fontsize=10)
    _embeddings(right, final, with_picture=True)
    right.set(xlabel="x (px)", ylabel="y (px)")
    right.set_title("embeddings after the last step; dashed: the picture", fontsize=10)
    ends = "; ".join(
        f"{name}: {x:.0f} px right, {y:.0f} px down" for name, ((x, y), _) in zip(offsets, last, strict=True)
    )
    return finish(figure, f"Mean offset of objects and background over a short training. At its end, objects: {ends}.")
