"""The glossary: one table of words and symbols, from which its page is written; tests hold it against the library.

python -m lab.book.glossary     # writes lab/book/pages/glossary.md anew
"""

from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parent / "pages" / "glossary.md"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@dataclass(frozen=True)
class Entry:
    """One word.

    Attributes:
        word: as the notebooks spell it.
        meaning: a sentence or two.
        notebook: the one that explains it, 0 to 14.
        symbol: in LaTeX, without dollars; empty where it has none.
        code: dotted names of the library, importable; parameters and fields after a class or function.
        unit: of the value; empty where it is no number.
    """

    word: str
    meaning: str
    notebook: int
    symbol: str = ""
    code: tuple[str, ...] = ()
    unit: str = ""


PIXELS = (
    Entry(
        "position",
        "Where pixel $i$ lies: column, then row, whatever the size of the image.",
        1,
        "x_i",
        ("lab.embedding.coordinate_grid",),
        "1024 px",
    ),
    Entry(
        "offset",
        "The network's first two channels. A pixel is moved by their tanh, so by at most 1024 px along each axis.",
        1,
        "o_i",
        ("lab.embedding.split",),
        "raw; $\\tanh(o_i)$ in 1024 px",
    ),
    Entry(
        "embedding",
        "Where pixel $i$ points to: $e_i = x_i + \\tanh(o_i)$.",
        1,
        "e_i",
        ("lab.embedding.Prediction.embedding",),
        "1024 px",
    ),
    Entry(
        "seed map",
        "Per class and pixel, how good a centre this pixel's embedding would be. It is trained towards the pixel's own "
        "membership and is no foreground map.",
        5,
        "s_i",
        ("lab.embedding.Prediction.seed_map",),
        "0 to 1",
    ),
    Entry("seed score", "The value of a seed map at one pixel.", 5, "s_i", ("lab.instances.Step.score",), "0 to 1"),
    Entry(
        "void",
        "Pixels that count in no term and in no score: unlabelled, or of a group.",
        5,
        "",
        ("lab.losses.SpatialEmbeddingLoss",),
        "class −1",
    ),
)

MARGINS = (
    Entry(
        "bandwidth",
        "The network's raw output for the width: one channel makes circles, two make ellipses. A larger $b$ is a "
        "*smaller* region.",
        2,
        "b_i",
        ("lab.embedding.Prediction.bandwidth",),
        "none",
    ),
    Entry(
        "bandwidth of an instance",
        "The mean of $b_i$ over its pixels, taken before the exponential.",
        2,
        "b_k",
        ("lab.losses.Instance.bandwidth",),
        "none",
    ),
    Entry(
        "sharpness",
        "$\\kappa = e^{10b} = 1/(2\\sigma^2)$, half the precision: what enters the Gaussian.",
        2,
        "\\kappa",
        ("lab.embedding.Prediction.sharpness", "lab.embedding.bandwidth_to_sharpness"),
        "(1024 px)⁻²",
    ),
    Entry(
        "sigma",
        "$\\sigma = 1/\\sqrt{2\\kappa}$, the Gaussian's width, one for each axis.",
        2,
        "\\sigma",
        ("lab.embedding.sharpness_to_sigma",),
        "px in pictures and functions",
    ),
    Entry(
        "margin",
        "The distance at which membership is one half: $\\sigma\\sqrt{2\\ln 2} \\approx 1.18\\,\\sigma$.",
        2,
        "",
        ("lab.embedding.sharpness_to_margin",),
        "px",
    ),
    Entry(
        "membership",
        "$\\varphi_k(e_i) = \\exp(-\\sum_d \\kappa_{kd}(e_{id} - C_{kd})^2)$: how far pixel $i$ belongs to object $k$; "
        "it does if $\\varphi_k > \\tfrac12$.",
        2,
        "\\varphi_k(e_i)",
        ("lab.embedding.membership",),
        "0 to 1",
    ),
    Entry(
        "centre",
        "The place at which an object's pixels should meet. In training the centroid of its pixels, or, *learned*, "
        "the mean of their embeddings; at inference the seed pixel's embedding.",
        6,
        "C_k",
        ("lab.losses.Instance.centre", "lab.instances.Instances.centres"),
        "1024 px",
    ),
)

LOSS = (
    Entry(
        "IoU",
        "Intersection over union of two sets of pixels, also called Jaccard index.",
        3,
        "",
        ("lab.metrics.iou_matrix",),
        "0 to 1",
    ),
    Entry(
        "error",
        "How wrong a pixel's logit is: $m_i = 1 - \\mathrm{logit}_i \\cdot y_i$ with label $y_i = \\pm 1$.",
        3,
        "m_i",
        ("lab.lovasz.lovasz_hinge",),
        "none",
    ),
    Entry(
        "increment",
        "By how much the Jaccard loss rises when one pixel more is got wrong; the weight of that pixel's error.",
        3,
        "\\Delta J",
        ("lab.lovasz.jaccard_increments",),
        "none",
    ),
    Entry(
        "Lovász hinge",
        "The convex surrogate of 1 − IoU: errors, sorted from the largest down, times their increments.",
        3,
        "",
        ("lab.lovasz.lovasz_hinge",),
        "0 to 2 for logits $2\\varphi - 1$",
    ),
    Entry(
        "instance term",
        "The Lovász hinge of $2\\varphi_k - 1$ against the mask of object $k$ over the whole image; mean over $k$.",
        6,
        "",
        ("lab.losses.instance_term",),
        "0 to 2",
    ),
    Entry(
        "smoothness term",
        "The mean squared distance of the $b_i$ of an object from their mean: its pixels agree.",
        4,
        "",
        ("lab.losses.smoothness_term",),
        "of $b^2$",
    ),
    Entry(
        "seed term",
        "Squared distance of the seed map from the membership on objects, from 0 on the background.",
        5,
        "",
        ("lab.losses.seed_term",),
        "none",
    ),
    Entry(
        "weight of the foreground",
        "How many times the error of an object's pixel counts in the seed term, against one of the background: 10.",
        5,
        "w_{\\text{fg}}",
        ("lab.losses.SpatialEmbeddingLoss.foreground_weight",),
        "none",
    ),
    Entry(
        "stop-gradient",
        "A value is used and no gradient passes through it. So the seed map follows the membership and never bends it.",
        5,
        "",
        ("lab.losses.seed_term",),
    ),
)

CLUSTERING = (
    Entry(
        "candidate",
        "A pixel whose seed score for the class is above the foreground threshold.",
        7,
        "",
        ("lab.clustering.Candidates",),
    ),
    Entry(
        "seed",
        "The unassigned candidate with the highest score: its own embedding and bandwidth speak for an object.",
        7,
        "",
        ("lab.instances.Step",),
    ),
    Entry(
        "proposal",
        "All candidates whose membership in the seed is above ½: a set of pixels, no box.",
        7,
        "",
        ("lab.instances.Step.proposal_pixels",),
        "pixels",
    ),
    Entry(
        "foreground threshold",
        "The score above which a pixel takes part; the method's is 0.5.",
        7,
        "",
        ("lab.instances.Thresholds.foreground_threshold",),
        "0 to 1",
    ),
    Entry(
        "seed threshold",
        "The score under which no pixel opens an object; chosen on data that are not reported on.",
        7,
        "",
        ("lab.instances.Thresholds.seed_threshold",),
        "0 to 1",
    ),
    Entry(
        "min_pixels",
        "An object has more pixels than this. It belongs to data and resolution and is stored with the model.",
        7,
        "",
        ("lab.instances.Thresholds.min_pixels",),
        "pixels",
    ),
    Entry(
        "min_unassigned",
        "The share of a proposal that has to be new for it to be kept: more than half.",
        7,
        "",
        ("lab.instances.Thresholds.min_unassigned",),
        "0 to 1",
    ),
)

NETWORK = (
    Entry(
        "ERFNet",
        "The network: one encoder and two decoders, one for offsets and bandwidths, one for seed maps.",
        8,
        "",
        ("lab.erfnet.BranchedERFNet",),
    ),
    Entry(
        "receptive field",
        "The part of the image that one output pixel can depend on.",
        8,
        "",
        ("lab.anatomy",),
        "px",
    ),
    Entry(
        "crop",
        "A window cut from a scene for training; stage 1 centres it on an object.",
        9,
        "",
        ("lab.datasets.crops",),
        "px",
    ),
    Entry(
        "stage",
        "Training runs twice: on crops round objects, then on larger crops with fixed batch-norm statistics.",
        10,
        "",
        ("lab.training",),
    ),
)

JUDGING = (
    Entry(
        "AP",
        "Average precision: the area under precision over recall, mean over ten overlaps from 0.5 to 0.95, then over "
        "classes.",
        11,
        "",
        ("lab.metrics.average_precision",),
        "0 to 1, or %",
    ),
    Entry("AP50", "The same at the one overlap of 0.5.", 11, "", ("lab.metrics.average_precision",), "0 to 1, or %"),
    Entry(
        "TP / (TP + FP + FN)",
        "The score of the nuclei field at one overlap, also called average precision there; it is not AP.",
        11,
        "",
        ("lab.metrics.nuclei_score",),
        "0 to 1",
    ),
    Entry(
        "oracle",
        "Ground truth in the place of one part of a prediction: what is gained says what that part loses.",
        11,
        "",
        ("lab.oracle",),
    ),
    Entry("arm", "One of the methods that an ablation compares.", 12, "", ("lab.ablation",)),
)

LETTERS = (
    Entry("batch", "Images that go through the network together.", 6, "B"),
    Entry("height and width", "Rows and columns of the image.", 8, "H, W", unit="px"),
    Entry("instances", "Number of objects in an image.", 5, "K"),
    Entry("bandwidth channels", "1: circles; 2: ellipses along the axes.", 2, "S", ("lab.embedding.split",)),
    Entry("classes", "Number of classes, one seed map for each.", 5, "N", ("lab.erfnet.BranchedERFNet",)),
    Entry("pixels", "Number of pixels in a list.", 3, "P", ("lab.lovasz.lovasz_hinge",)),
)

SECTIONS = {
    "What a pixel says": PIXELS,
    "Widths and membership": MARGINS,
    "The loss": LOSS,
    "The clustering": CLUSTERING,
    "Network and training": NETWORK,
    "Judging": JUDGING,
    "Letters of shapes": LETTERS,
}

HEAD = """# Glossary

Every word and symbol of the course, what it is called in the code, its unit, and the notebook that explains it.
Lengths are counted in pixels (px) or in units of 1024 px, as the table says.
"""


def page() -> str:
    """The glossary as Markdown."""
    return HEAD + "".join(f"\n## {title}\n\n{table(entries)}" for title, entries in SECTIONS.items())


def table(entries: tuple[Entry, ...]) -> str:
    """One section's rows."""
    lines = [
        "| word | symbol | what it is | in the code | unit | notebook |",
        "|---|---|---|---|---|---|",
        *(row(entry) for entry in entries),
    ]
    return "\n".join(lines) + "\n"


def row(entry: Entry) -> str:
    """One entry's line."""
    symbol = f"${entry.symbol}$" if entry.symbol else ""
    code = ", ".join(f"`{name.removeprefix('lab.')}`" for name in entry.code)
    cells = (f"**{entry.word}**", symbol, entry.meaning, code, entry.unit, link(entry.notebook))
    return "| " + " | ".join(cells) + " |"


def link(notebook: int) -> str:
    """To the notebook of this number, from the page's own folder.

    Raises:
        ValueError: if there is none, or several.
    """
    found = sorted(NOTEBOOKS.glob(f"{notebook:02d}_*.ipynb"))
    if len(found) != 1:
        raise ValueError(f"{NOTEBOOKS}: {len(found)} notebooks begin with {notebook:02d}_; expected one.")
    return f"[{notebook:02d}](../../../notebooks/{found[0].name})"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")
