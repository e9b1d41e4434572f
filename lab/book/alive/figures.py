"""The living figures as HTML for a page, and the files that they need beside it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.book.alive import samples, stills
from lab.book.alive.bundle import LAB, bundle
from lab.book.alive.controls import bench_controls, strip_controls
from lab.book.alive.samples import Packed
from lab.book.alive.stills import Picture
from lab.folders import write_whole

HERE = Path(__file__).parent
NOTEBOOKS = LAB.parent / "notebooks"
STYLES = (LAB / "widgets/board/board.css", LAB / "widgets/explorer/explorer.css", HERE / "alive.css")


@dataclass(frozen=True)
class Kind:
    """What makes one living figure differ from another.

    Attributes:
        title: of the figure, for those who hear it.
        front: its module, by its path below lab/.
        sample: makes what it is about.
        still: draws the picture that stands there before.
        controls: HTML of inputs and sentences above the picture.
        words: what works on the page, and what it takes JupyterLab for; HTML.
        shown_by: what the source of a notebook's cell says that shows it.
    """

    title: str
    front: str
    sample: Callable[[], Packed]
    still: Callable[[], Picture]
    controls: Callable[[], str]
    words: str
    shown_by: str


KINDS = {
    "strip": Kind(
        "The Lovász strip",
        "book/alive/strip/strip.js",
        samples.strip_sample,
        stills.strip_still,
        strip_controls,
        "Drag a bar or the round knob on the curve, or Tab to it and use the arrow keys; press a letter to flip its "
        "label. All is computed by this page; only autograd needs JupyterLab. In its line stands here the slope found "
        "by nudging each logit a little up and down: where two errors are equal, the mean of both sides.",
        "from lab.widgets.strip import Strip",
    ),
    "bench": Kind(
        "The bandwidth bench",
        "book/alive/bench/bench.js",
        samples.bench_sample,
        stills.bench_still,
        bench_controls,
        "Drag a white knob, or Tab to it and use the arrow keys, or use the sliders. All is computed by this page; "
        "nothing of this figure is left to JupyterLab.",
        "from lab.widgets.bench import Bench",
    ),
    "explorer": Kind(
        "The explorer",
        "book/alive/explorer.js",
        samples.explorer_sample,
        stills.explorer_still,
        str,
        "All is painted by this page, from what the shipped network said of this street, at 8 bits a number. σ scale "
        "moves the margins here, but the objects are not looked for again: that takes the notebook. Pictures of your "
        "own: <code>python -m lab explore IMAGE</code>.",
        "Explorer(\n    scene.image,",
    ),
}


@dataclass(frozen=True)
class LiveFigure:
    """One living figure and the place in the book that is its own.

    Attributes:
        name: a key of ``KINDS``.
        notebook: the file's name without its ending.
        cell: id of the code cell that shows the figure in a notebook.
    """

    name: str
    notebook: str
    cell: str

    def html(self, static: str) -> str:
        """A block of HTML; ``static`` is the way from the page to the folder of ``write_static``."""
        kind, picture = KINDS[self.name], KINDS[self.name].still()
        return (
            f'<div class="lab-alive lab-alive-{self.name}" data-figure="{self.name}" data-state="still" role="group" '
            f'aria-label="{kind.title}">'
            # Before anything is painted: only where there are scripts is room kept for what they will bring.
            '<script>document.currentScript.parentElement.classList.add("lab-alive-awaited")</script>'
            f'<link rel="stylesheet" href="{static}/alive.css">'
            '<p class="lab-alive-note">'
            f'<span class="lab-alive-when-live"><b>Alive on this page.</b> {kind.words}</span>'
            '<span class="lab-alive-when-still"><b>A still picture</b>; where scripts may run it can be moved here, '
            "without a kernel, and in JupyterLab.</span>"
            '<span class="lab-alive-when-failed"><b>A still picture</b>: it cannot be moved here '
            '(<span class="lab-alive-why"></span>). In JupyterLab it can.</span></p>'
            f'<div class="lab-alive-controls">{kind.controls()}</div>'
            f'<div class="lab-alive-drawing" data-part="drawing">{picture.html(f"{static}/{self.name}")}</div>'
            f'<script src="{static}/alive.js" defer></script></div>'
        )


def live_figures() -> list[LiveFigure]:
    """Every living figure at every place that shows it with the same sample."""
    found = []
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code":
                shown = [name for name, kind in KINDS.items() if kind.shown_by in source]
                found += [LiveFigure(name, path.stem, cell["id"]) for name in shown]
    return found


def write_static(folder: Path) -> None:
    """Write scripts, styles, samples and still pictures into a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    fronts = {name: kind.front for name, kind in KINDS.items()}
    files = {
        "alive.js": bundle(HERE / "loader.js", "book/alive/mount.js", fronts).encode(),
        "alive.css": "\n".join(path.read_text(encoding="utf-8") for path in STYLES).encode(),
    }
    for name, kind in KINDS.items():
        files[f"{name}.sample.js"] = samples.as_script(name, kind.sample()).encode()
        files[f"{name}.{kind.still().ending}"] = kind.still().content
    for name, content in files.items():
        write_whole(folder / name, content)
