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
        words: what works on the page; what it takes JupyterLab for.
    """

    title: str
    front: str
    sample: Callable[[], Packed]
    still: Callable[[], Picture]
    controls: Callable[[], str]
    words: tuple[str, str]


KINDS = {
    "strip": Kind(
        "The Lovász strip",
        "book/alive/strip/strip.js",
        samples.strip_sample,
        stills.strip_still,
        strip_controls,
        (
            "Drag a bar or the round knob on the curve, or Tab to it and use the arrow keys; press a letter to flip "
            "its label. All of it is computed by this page.",
            "Only autograd needs JupyterLab. In its line stands here the slope found by nudging each logit a little "
            "up and down; where two errors are equal that is the mean of both sides.",
        ),
    ),
    "bench": Kind(
        "The bandwidth bench",
        "book/alive/bench/bench.js",
        samples.bench_sample,
        stills.bench_still,
        bench_controls,
        (
            "Drag a white knob, or Tab to it and use the arrow keys, or use the sliders. All of it is computed by this "
            "page.",
            "Nothing of this figure is left to JupyterLab, but another picture or other objects in its place.",
        ),
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
        works, not_here = kind.words
        return (
            f'<div class="lab-alive lab-alive-{self.name}" data-figure="{self.name}" data-state="still" role="group" '
            f'aria-label="{kind.title}">'
            # Before anything is painted: only where there are scripts is room kept for what they will bring.
            '<script>document.currentScript.parentElement.classList.add("lab-alive-awaited")</script>'
            f'<link rel="stylesheet" href="{static}/alive.css">'
            '<p class="lab-alive-note">'
            f'<span class="lab-alive-when-live"><b>Alive on this page.</b> {works} {not_here}</span>'
            '<span class="lab-alive-when-still"><b>A still picture</b>; where scripts may run it can be moved here, '
            "without a kernel, and in JupyterLab.</span>"
            '<span class="lab-alive-when-failed"><b>A still picture</b>: it cannot be moved here '
            '(<span class="lab-alive-why"></span>). In JupyterLab it can.</span></p>'
            f'<div class="lab-alive-controls">{kind.controls()}</div>'
            f'<div class="lab-alive-drawing" data-part="drawing">{picture.html(f"{static}/{self.name}")}</div>'
            f'<script src="{static}/alive.js" defer></script></div>'
        )


def live_figures() -> list[LiveFigure]:
    """Every living figure at every place that shows it: the cells that import it from ``lab.widgets``."""
    found = []
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for cell in json.loads(path.read_text())["cells"]:
            source = "".join(cell["source"])
            shown = [name for name in KINDS if f"from lab.widgets.{name} import {name.title()}" in source]
            if cell["cell_type"] == "code":
                found += [LiveFigure(name, path.stem, cell["id"]) for name in shown]
    return found


def write_static(folder: Path) -> None:
    """Write scripts, styles, samples and still pictures into a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    fronts = {name: kind.front for name, kind in KINDS.items()}
    files = {
        "alive.js": bundle(HERE / "loader.js", "book/alive/mount.js", fronts).encode(),
        "alive.css": "\n".join(path.read_text() for path in STYLES).encode(),
    }
    for name, kind in KINDS.items():
        files[f"{name}.sample.js"] = samples.as_script(name, kind.sample()).encode()
        files[f"{name}.{kind.still().ending}"] = kind.still().content
    for name, content in files.items():
        write_whole(folder / name, content)
