"""Who speaks for an object: the mean of its pixels (training) or one seed pixel (inference)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from torch import Tensor

from lab.embedding import PIXELS_PER_UNIT, Prediction, bandwidth_to_sharpness, membership, sharpness_to_margin
from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, GOOD, GREY, INK, SMALL, WIDTH

STYLE = {"mean": (GOOD, "-", "o"), "seed": (ACCENT, (0, (4, 2)), "P")}


@dataclass(frozen=True)
class Speaker:
    """A centre and a margin in px, and how well what they claim covers the object."""

    centre: tuple[float, float]
    margin: tuple[float, float]
    iou: float


def speakers(
    prediction: Prediction, mask: Bool[Tensor, "H W"], class_index: int, foreground_threshold: float = 0.5
) -> dict[str, Speaker]:
    """The "mean" over an object's pixels, as in training, and its best "seed", as at inference.

    Args:
        prediction: of one image (B = 1).
        mask: the labelled object.
        class_index: its class, 1..N.
        foreground_threshold: only pixels with a seed score above it can be claimed, by either.
    """
    embedding, bandwidth, score = (
        prediction.embedding[0],
        prediction.bandwidth[0],
        prediction.seed_map[0, class_index - 1],
    )
    row, column = divmod(int(torch.where(mask, score, -1.0).argmax()), mask.shape[1])
    spoken = {
        "mean": (embedding[:, mask].mean(1), bandwidth[:, mask].mean(1)),
        "seed": (embedding[:, row, column], bandwidth[:, row, column]),
    }
    result = {}
    for who, (centre, b) in spoken.items():
        sharpness = bandwidth_to_sharpness(b)
        claimed = (membership(embedding, centre, sharpness) > 0.5) & (score > foreground_threshold)
        iou = float((claimed & mask).sum() / (claimed | mask).sum())
        x, y = (PIXELS_PER_UNIT * centre).tolist()
        radii = sharpness_to_margin(sharpness).expand(2).tolist()
        result[who] = Speaker((x, y), (radii[0], radii[1]), iou)
    return result


def show_speakers(
    prediction: Prediction, instances: Int[np.ndarray, "H W"], objects: Sequence[int], class_index: int, name: str
) -> Still:
    """For each of these labelled objects the cloud of its embeddings with the mean's margin and the seed's."""
    figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
    told = []
    for ax, k in zip(figure.subplots(1, len(objects), squeeze=False)[0], objects, strict=True):
        mask = torch.from_numpy(instances == k)
        cloud = (PIXELS_PER_UNIT * prediction.embedding[0][:, mask]).numpy()
        ax.plot(*cloud[:, :: 1 + cloud.shape[1] // 900], ".", color=GREY, ms=2, label="where its pixels point")
        both = speakers(prediction, mask, class_index)
        for who, speaker in both.items():
            colour, dashes, mark = STYLE[who]
            size = 2 * speaker.margin[0], 2 * speaker.margin[1]
            ax.add_patch(Ellipse(speaker.centre, *size, fill=False, ec=colour, lw=2, ls=dashes))
            ax.plot(*speaker.centre, mark, color=colour, ms=10, mec=INK, mew=0.8, label=f"the {who}, and its margin")
        told.append(f"{name} {k}: IoU {both['mean'].iou:.2f} by its mean, {both['seed'].iou:.2f} by its seed")
        ax.set_aspect("equal", "datalim")
        ax.invert_yaxis()
        ax.set_title(told[-1].replace(": ", "\n"), fontsize=9, loc="left")
        ax.set_xlabel("column pointed to (px)", fontsize=SMALL)
        ax.tick_params(labelsize=SMALL)
    figure.axes[0].set_ylabel("row pointed to (px)", fontsize=SMALL)
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=SMALL)
    return finish(
        figure,
        f"Clouds of embeddings, with the mean's margin (solid) and the seed's (dashed). {'; '.join(told)}.",
    )
