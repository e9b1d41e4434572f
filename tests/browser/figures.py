"""Every interactive figure of the notebooks, and what a hand does to it: by key, and by mouse."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Hand:
    """One way to move a figure, step by step.

    Attributes:
        what: is moved, in words.
        target: where, a selector within the figure.
        keys: pressed in turn, again and again, with the target in focus.
        drag: (right, down) in px, from one step of a drag to the next; None: no keys either, each step a click.
        begin: a key, pressed once before.
        before: what the notebook's kernel runs before each step, {n} being its number, counted through both hands.
        rest_ms: a picture that comes later than this after the last one belongs to no step.
    """

    what: str
    target: str
    keys: tuple[str, ...] = ()
    drag: tuple[int, int] | None = None
    begin: str = ""
    before: str = ""
    rest_ms: int = 350


@dataclass(frozen=True)
class Shown:
    """A figure in a notebook.

    Attributes:
        notebook: its name.
        kind: the class that its cell makes.
        name: on the page it is .lab-NAME.
        moves: what moves in it, in words.
        hands: by key, by mouse.
    """

    notebook: str
    kind: str
    name: str
    moves: str
    hands: tuple[Hand, Hand]


RIGHT, LEFT, DOWN = ("ArrowRight",), ("ArrowLeft",), ("ArrowDown",)


def knob(name: str) -> str:
    """What is dragged of the slider with this class."""
    return f".lab-{name} .noUi-handle"


def handle(name: str) -> str:
    """A handle of a board."""
    return f'[data-handle="{name}"]'


SCALE = ".lab-explorer-sigma-scale input"
SIGMA = (Hand("σ scale", SCALE, RIGHT), Hand("σ scale", SCALE, drag=(-4, 0)))
EXPLORER = "layers, instances, one pixel's story"
SOLVE = (
    "from lab.exercises.progress import note_verdict\n"
    "from lab.exercises.catalogue import exercises_of\n"
    "note_verdict(exercises_of({n} % 14 + 1)[{n} // 14].name, 'right')"
)
# The log of the run that was trained, written on by some lines before each look.
WRITE_ON = (
    "from pathlib import Path; from tempfile import mkdtemp\n"
    "if not hasattr(curves, 'lines'):\n"
    "    curves.lines = (curves.folder / 'log.csv').read_text().splitlines(True)\n"
    "    curves.folder = Path(mkdtemp())\n"
    "(curves.folder / 'log.csv').write_text(''.join(curves.lines[: 6 + {n}]))"
)
FIGURES = (
    Shown("00_start_here", "Explorer", "explorer", EXPLORER, SIGMA),
    Shown(
        "00_start_here", "Overview", "progress", "exercises and guesses, as they stand",
        (
            Hand("look again", ".lab-progress-again", ("Enter",), before=SOLVE),
            Hand("look again", ".lab-progress-again", before=SOLVE),
        ),
    ),
    Shown(
        "01_pixels_that_point", "Arrows", "arrows", "arrows of two cars, masks, their IoU",
        (Hand("an arrow's tip", handle("9-1"), RIGHT), Hand("an arrow's tip", handle("9-4"), drag=(5, 3))),
    ),
    Shown(
        "02_gaussian_margin", "Bench", "bench", "margins, what they claim, profiles, loss",
        (Hand("a margin", handle("9-x"), RIGHT), Hand("a margin", handle("9-x"), drag=(4, 0))),
    ),
    Shown(
        "02_gaussian_margin", "Sixty", "sixty", "a training: embeddings and margins, step by step",
        (
            Hand("the recorded step", knob("sixty-place"), RIGHT, begin="Home"),
            Hand("the recorded step", knob("sixty-place"), drag=(6, 0)),
        ),
    ),
    Shown(
        "03_lovasz_hinge", "Strip", "strip", "logits, ranks, gradients, the area that is the loss",
        (Hand("a logit", handle("bar1"), DOWN), Hand("a logit", handle("bar6"), drag=(0, -6))),
    ),
    Shown(
        "04_bandwidth_and_smoothness", "Pull", "pull", "who pulls a margin out or in, the descent",
        (Hand("σ", knob("pull-sigma"), RIGHT), Hand("σ", knob("pull-sigma"), drag=(-4, 0))),
    ),
    Shown(
        "05_seed_maps", "Trajectories", "trajectories", "every pixel's way through a training",
        (Hand("the step", knob("trajectories-step"), RIGHT), Hand("a pixel", handle("A"), drag=(-8, 6))),
    ),
    Shown(
        "06_the_whole_loss", "Terms", "terms", "a term's pixels, lines of code, share of the loss",
        (
            Hand("the object", knob("terms-number"), RIGHT, begin="Home"),
            Hand("the object", knob("terms-number"), drag=(-20, 0)),
        ),
    ),
    Shown(
        "07_clustering", "Replay", "replay", "proposals, one after the other; a game",
        (
            Hand("the step", knob("replay-place"), (*RIGHT * 6, *LEFT * 6), begin="Home"),
            Hand("the step", knob("replay-place"), drag=(9, 0), begin="Home"),
        ),
    ),
    Shown(
        "08_erfnet", "Network", "network", "the network's parts, maps, filters",
        (
            Hand("the part", handle("part"), (*LEFT * 8, *RIGHT * 8)),
            Hand("the channel", knob("network-channel"), drag=(12, 0)),
        ),
    ),
    Shown(
        "08_erfnet", "Receptive", "receptive", "what an output pixel listens to, four maps",
        (
            Hand("the pixel", handle("00"), LEFT, rest_ms=1500),
            Hand("the pixel", handle("00"), drag=(-5, 2), rest_ms=1500),
        ),
    ),
    Shown(
        "09_data_and_labels", "CropSampler", "crops", "a crop, its labels, how often objects are seen",
        (Hand("the draw", knob("crops-number"), RIGHT), Hand("the window", handle("middle"), drag=(-6, 3))),
    ),
    Shown(
        "10_two_stage_training", "Curves", "curves", "the loss's terms, while a training runs",
        (
            Hand("look again", ".lab-curves-again", ("Enter",), before=WRITE_ON),
            Hand("look again", ".lab-curves-again", before=WRITE_ON),
        ),
    ),
    Shown(
        "10_two_stage_training", "Timelapse", "timelapse", "a training: what the network says, its curves",
        (Hand("the frame", knob("timelapse-place"), LEFT), Hand("the frame", handle("frame"), drag=(-18, 0))),
    ),
    Shown("10_two_stage_training", "Explorer", "explorer", EXPLORER, SIGMA),
    Shown(
        "11_average_precision", "Playground", "thresholds", "verdicts, precision over recall, AP",
        (
            Hand("detections heard", handle("heard"), (*LEFT * 5, *RIGHT * 5)),
            Hand("the overlap", knob("thresholds-overlap"), drag=(16, 0)),
        ),
    ),
    Shown(
        "11_average_precision", "Ladder", "ladder", "one part of the output from the labels, and AP",
        (Hand("a switch", ".lab-ladder-offsets input", (" ",)), Hand("a switch", ".lab-ladder-sigma input")),
    ),
    Shown(
        "12_ablations", "Dashboard", "dashboard", "arms, every seed, curves, one street",
        (
            Hand("an arm", ".lab-dashboard-arm-fixed-centroid input", (" ",)),
            Hand("an arm", ".lab-dashboard-arm-no-smoothness input"),
        ),
    ),
    Shown(
        "13_fast", "Reach", "reach", "the pixels that can matter to an object",
        (
            Hand("the instance", knob("reach-number"), RIGHT, begin="Home"),
            Hand("the cut", knob("reach-epsilon"), drag=(7, 0)),
        ),
    ),
    Shown("14_real_images", "Explorer", "explorer", EXPLORER, SIGMA),
    Shown(
        "14_real_images", "SceneEditor", "editor", "objects of one's own, what a network makes of them",
        (
            Hand("an object", handle("thing-0"), LEFT, rest_ms=2000),
            Hand("an object", handle("thing-1"), drag=(6, 4), rest_ms=2000),
        ),
    ),
)  # fmt: skip


def shown_in(notebook: str) -> list[Shown]:
    """The figures of a notebook, from top to bottom."""
    return [figure for figure in FIGURES if figure.notebook == notebook]
