"""The whole method in one picture, as the README shows it."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, UInt8
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from lab.figures.colours import direction_colours, fade, instance_colour, round_up, tint
from lab.figures.still import Still, finish
from lab.figures.style import INK


def show_method(
    image: UInt8[np.ndarray, "H W 3"],
    offset: Float[np.ndarray, "2 H W"],
    sigma: Float[np.ndarray, "S H W"],
    seed_map: Float[np.ndarray, "H W"],
    labels: Int[np.ndarray, "H W"],
    centres_and_margins: Float[np.ndarray, "K 4"],
    truth: Int[np.ndarray, "H W"],
) -> Still:
    """Image, offsets, σ, seed map, the instances found, and beside them the labelled ones; lengths in px."""
    foreground = seed_map > 0.5
    height, width = labels.shape
    figure = Figure(figsize=(15, 10 * height / width + 0.9), layout="constrained")
    (scene, points, reach), (sure, found, labelled) = figure.subplots(2, 3)
    scene.imshow(image)
    longest = round_up(float(np.percentile(np.hypot(*offset)[foreground], 98))) if foreground.any() else 1.0
    points.imshow(fade(direction_colours(offset, longest), foreground))
    mean = np.sqrt(sigma[0] * sigma[-1])
    low, high = np.percentile(mean[foreground], [2, 98]) if foreground.any() else (1, 2)
    reach.set_facecolor("#d9d9d9")
    drawn = reach.imshow(np.ma.masked_where(~foreground, mean), norm=LogNorm(low, high), cmap="cividis")
    ticks = [t for t in (2, 3, 5, 10, 20, 30, 50) if low <= t <= high]
    _scale(reach, drawn, ticks, [f"{t} px" for t in ticks], INK)
    _scale(sure, sure.imshow(seed_map, vmin=0, vmax=1, cmap="cividis"), [0, 0.5, 1], ["0", "½", "1"], "white")
    found.imshow(tint(image, labels))
    for k, (x, y, *radii) in enumerate(centres_and_margins.tolist(), start=1):
        for colour, line in ((INK, 3.0), (np.divide(instance_colour(k), 255), 1.6)):
            found.add_patch(Ellipse((x, y), 2 * radii[0], 2 * radii[1], fill=False, ec=colour, lw=line))
    labelled.imshow(tint(image, truth))
    titles = {
        scene: "the image",
        points: f"offset (full colour: {longest:g} px)",
        reach: "sigma: how far its object reaches",
        sure: "seed map: how good a centre it would be",
        found: f"{len(centres_and_margins)} instances found, each with its margin",
        labelled: f"{len(np.unique(truth[truth > 0]))} instances labelled",
    }
    for axes, title in titles.items():
        axes.set_title(title, fontsize=13)
        axes.set(xticks=[], yticks=[], xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    return finish(figure, "Image, offsets, sigma, seed map, instances found, instances labelled.")


def _scale(axes: Axes, drawn: ScalarMappable, ticks: Sequence[float | int], names: list[str], ink: str) -> None:
    """A colour bar inside its panel, so that all panels keep one size."""
    place = axes.inset_axes((0.03, 0.08, 0.02, 0.36))
    bar = axes.figure.colorbar(drawn, cax=place)
    bar.set_ticks(ticks, labels=names, color=ink, fontsize=11)
    bar.minorticks_off()
    bar.outline.set_edgecolor(ink)
