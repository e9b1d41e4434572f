"""Patients' files, and the drawn scenes, as still pictures."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.datasets.intensity import stretch
from lab.embedding import PIXELS_PER_UNIT, sharpness_to_sigma, split
from lab.exercises.real_images.broken import Patient
from lab.figures.colours import colour_wheel, direction_colours, instance_colour, tint
from lab.figures.proposals import draw_badge
from lab.figures.still import Still, finish
from lab.figures.style import GREY, INK, SMALL, WIDTH

FILES = 7.4  # inches; a file of four rows is a fifth of a notebook's bytes
LONGEST = 16  # px; full colour in the offsets
SIGMAS = (3.0, 12.0)  # px
STEP = 9  # px between arrows
TITLES = ("picture, stretched", "offsets", "σ (px), x and y", "seed score", "instances, seeds")


def show_files(patients: Sequence[Patient]) -> Still:
    """A row for each: picture, offsets, σ, seed map, instances; the true outlines in all of them."""
    count = len(patients)
    figure = Figure(figsize=(FILES, 1.7 * count + 0.5), layout="constrained")
    rows = figure.subplots(count + 1, len(TITLES), squeeze=False, height_ratios=(1,) * count + (0.05,))
    for axes, patient in zip(rows, patients, strict=False):
        sigma, seed = _draw(axes, patient)
    for ax, title in zip(rows[0], TITLES, strict=True):
        ax.set_title(title, fontsize=SMALL)
    for ax in rows[-1, [0, 1, 4]]:
        ax.axis("off")
    for column, drawn, ticks in ((2, sigma, (3, 6, 9, 12)), (3, seed, (0, 0.5, 1))):
        figure.colorbar(drawn, cax=rows[-1, column], orientation="horizontal", ticks=ticks)
        rows[-1, column].tick_params(labelsize=SMALL)
    told = "; ".join(f"{p.name}: {len(p.found)} instances, score {p.score:.2f}" for p in patients)
    return finish(
        figure,
        "Files of models, each a row with the picture, the offsets as colours and arrows, σ, the seed map and the "
        f"instances with their seeds, true outlines in white. {told}.",
        photo=True,
    )


def _draw(axes: np.ndarray, patient: Patient) -> tuple[Any, ...]:
    """One row; gives what the two colour bars belong to."""
    prediction, found = split(patient.output[None], 2), patient.found
    offsets = PIXELS_PER_UNIT * np.tanh(patient.output[:2].numpy())
    sigma = sharpness_to_sigma(prediction.sharpness[0]).log().mean(0).exp().numpy()
    axes[0].imshow(stretch(patient.picture), cmap="gray")
    axes[1].imshow(direction_colours(offsets, float(LONGEST)))
    _arrows(axes[1], offsets, patient.truth > 0)
    drawn = (
        axes[2].imshow(sigma, vmin=SIGMAS[0], vmax=SIGMAS[1], cmap="cividis"),
        axes[3].imshow(prediction.seed_map[0, 0].numpy(), vmin=0, vmax=1, cmap="cividis"),
    )
    grey = np.repeat(stretch(patient.picture)[..., None], 3, axis=2)
    axes[4].imshow(tint(grey, found.labels.numpy(), 0.7))
    seeds = np.array([(s.column, s.row) for s in found.trace if s.accepted]).reshape(-1, 2)
    axes[4].plot(*seeds.T, "P", ms=4.5, mfc="white", mec=INK, mew=0.6)
    for ax in axes:
        _outline(ax, patient.truth)
        ax.set(xticks=[], yticks=[])
    low, high = int(patient.picture.min()), int(patient.picture.max())
    axes[0].set_xlabel(f"values {low} to {high}", fontsize=SMALL)
    upright = len(patient.name) == 1
    axes[0].set_ylabel(patient.name, fontsize=12, fontweight="bold", rotation=0 if upright else 90, labelpad=9)
    axes[1].set_xlabel(f"full colour: {LONGEST} px", fontsize=SMALL)
    nuclei = len(np.unique(patient.truth)) - 1
    axes[4].set_xlabel(f"{len(found)} for {nuclei} nuclei,\nscore {patient.score:.2f}", fontsize=SMALL)
    return drawn


def _arrows(ax: Axes, offsets: np.ndarray, inside: np.ndarray) -> None:
    """Every ninth pixel of a nucleus, to where it points; and the wheel that explains the colours."""
    rows, columns = (STEP * places for places in np.nonzero(inside[::STEP, ::STEP]))
    x, y = offsets[:, rows, columns]
    ax.quiver(columns, rows, x, y, angles="xy", scale_units="xy", scale=1, color=INK, width=0.011)
    wheel = ax.inset_axes((0.76, 0.76, 0.24, 0.24))
    wheel.imshow(colour_wheel(48))
    wheel.axis("off")


def _outline(ax: Axes, truth: Int[np.ndarray, "H W"]) -> None:
    for k in np.unique(truth[truth > 0]):
        ax.contour(truth == k, [0.5], colors=[INK], linewidths=1.6)
        ax.contour(truth == k, [0.5], colors=["white"], linewidths=0.7)


def show_scenes(scenes: Mapping[str, Int[np.ndarray, "_ _"]]) -> Still:
    """Drawn objects in their colours with their numbers, side by side."""
    figure = Figure(figsize=(WIDTH, 2.15), layout="constrained")
    for ax, (title, labels) in zip(figure.subplots(1, len(scenes)), scenes.items(), strict=True):
        colours = np.array([(255, 255, 255), *map(instance_colour, (1, 2))], np.uint8)
        ax.imshow(colours[labels])
        for k in (1, 2):
            rows, columns = np.nonzero(labels == k)
            place = np.argmin(np.hypot(rows - np.median(rows), columns - columns.min() - 3))
            draw_badge(ax, float(columns[place]), float(rows[place]), k, size=SMALL)
        ax.set_title(title, fontsize=SMALL)
        ax.set(xticks=[], yticks=[])
        for side in ax.spines.values():
            side.set_color(GREY)
    return finish(figure, "Five drawn scenes of two objects each. " + "; ".join(scenes) + ".")
