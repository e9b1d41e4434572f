"""Moves every figure of the notebooks in a real JupyterLab and writes down how long it takes, and how it looks.

    python -m tests.browser.record_figures            # all notebooks
    python -m tests.browser.record_figures 02 13      # these; what was recorded of the others stays

Half a minute to two minutes a notebook.  After each figure data/results/figures.json and data/pictures/figures.jpg are
made anew from all that has been recorded so far, in LAB_FIGURES or a folder of the system's, so that it may be
interrupted.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from lab.folders import data_folder, write_whole
from lab.origin import origin_of
from tests.browser.figures import FIGURES, Hand, Shown, shown_in
from tests.browser.jupyterlab import serve
from tests.browser.lab_page import LabPage, open_lab_page
from tests.browser.live import LiveOnPage
from tests.browser.sheet import make_sheet

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
STEPS = 15  # of each hand
CALM_MS = 120  # before each, so that nothing of the last question to the kernel is on its way
WATCH = (Path(__file__).parent / "watch.js").read_text()
HOW = (
    "Chromium without a GPU, JupyterLab at 1280 px, a notebook run at least to its last figure, then 15 steps of each "
    "hand; medians and 95th percentiles, ms. first, last: from the event to the frame that shows the first, the last "
    "picture that came of it. "
    "computed: the kernel's refreshes, of a step together, by the clock and in processor time; null: none was needed. "
    "bytes: all that the browser received over the kernel's socket because of the step. load: the machine's load "
    "average over a minute, before and after."
)
# Makes the cell below the last figure's the active one; figures are told by how they are called.
LAST_FIGURE = """calls => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const cells = [...notebook.model.cells].map(cell => cell.type === 'code' ? cell.sharedModel.getSource() : '');
    notebook.activeCellIndex = cells.findLastIndex(cell => calls.some(call => cell.includes(call))) + 1;
}"""
# The refreshes of a figure, timed in the kernel.
TIMED = """
def _time_refreshes(name):
    import time
    from ipywidgets.widgets.widget import _instances
    from lab.widgets.live import LiveFigure
    figure = [w for w in _instances.values() if isinstance(w, LiveFigure) and w.name == name][-1]
    work, figure.times = figure.newest._work, []
    def timed():
        wall, processor = time.perf_counter(), time.process_time()
        work()
        figure.times.append([1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - processor)])
    figure.newest._work = timed
    return figure
def _take():
    taken, _timed.times = _timed.times, []
    return taken
_timed = _time_refreshes({name!r})
"""


class Socket:
    """The bytes that came over the page's web sockets."""

    def __init__(self) -> None:
        self.received = 0

    def listen(self, page) -> None:
        """To all sockets that the page opens; also watches its pictures."""
        page.add_init_script(WATCH)
        page.on("websocket", lambda socket: socket.on("framereceived", self._count))

    def _count(self, payload: bytes | str) -> None:
        self.received += len(payload if isinstance(payload, bytes) else payload.encode())


def record_notebook(notebook: str, work: Path) -> None:
    """Every figure of one notebook: its times and its picture, each a file in ``work``."""
    with open_notebook(notebook) as (lab, socket):
        for shown in shown_in(notebook):
            try:
                figure = record_figure(lab, socket, shown, work)
            except RuntimeError as problem:  # the others may be well
                print(f"{notebook}, {shown.kind}: {problem}; what was recorded of it before stays", file=sys.stderr)
                continue
            (work / f"{name_of(shown)}.json").write_text(json.dumps(figure))
            write_all(work)
            print(tell(figure), flush=True)


@contextmanager
def open_notebook(notebook: str) -> Iterator[tuple[LabPage, Socket]]:
    """In a JupyterLab of its own, run as far as its last figure."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "notebooks"
        folder.mkdir()
        shutil.copy(NOTEBOOKS / f"{notebook}.ipynb", folder)
        nobodys = {"LAB_PROGRESS": f"{home}/progress.json", "LAB_RUNS": f"{home}/runs"}
        socket = Socket()
        with (
            serve(folder, Path(home), nobodys) as server,
            open_lab_page(server, f"{notebook}.ipynb", height=1500, prepare=socket.listen) as lab,
        ):
            run_to_the_last_figure(lab, shown_in(notebook))
            yield lab, socket
            if trouble := [*lab.outside, *lab.errors, *filter(None, [lab.log_console()])]:
                raise RuntimeError(f"{notebook}: {trouble}")


def run_to_the_last_figure(lab: LabPage, figures: list[Shown]) -> None:
    """All cells up to the last one that makes a figure."""
    lab.page.evaluate(LAST_FIGURE, [f"{shown.kind}(" for shown in figures])
    lab.command("notebook:run-all-above")
    lab.wait_idle()


def record_figure(lab: LabPage, socket: Socket, shown: Shown, work: Path) -> dict:
    """A picture of it as the notebook opens, and both hands' times."""
    load = [os.getloadavg()[0]]
    figure = LiveOnPage(lab, shown.name)
    figure.settle()
    figure.root.screenshot(path=work / f"{name_of(shown)}.png")
    lab.ask_kernel(TIMED.format(name=shown.name))
    hands = {}
    for number, (by, hand) in enumerate(zip(("key", "mouse"), shown.hands, strict=True)):
        steps = list(record_hand(figure, socket, hand, number * STEPS))
        hands[by] = {"what": hand.what, **summarise(steps)}
    load.append(os.getloadavg()[0])
    return {
        "notebook": shown.notebook, "figure": shown.kind, "moves": shown.moves, **hands,
        "load": [round(value, 1) for value in load],
    }  # fmt: skip


def record_hand(figure: LiveOnPage, socket: Socket, hand: Hand, before: int) -> Iterator[dict]:
    """Each step: times of its pictures, refreshes and bytes; ``before``: steps that the figure has made already."""
    lab, start = figure.lab, take(figure, hand)
    lab.ask_kernel("_take()")
    for step in range(STEPS):
        if hand.before:
            lab.ask_kernel(hand.before.format(n=before + step))
        lab.page.wait_for_timeout(CALM_MS)
        received = socket.received
        make_step(figure, hand, step, start)
        lab.page.wait_for_function("ms => labWatch.rests(ms)", arg=hand.rest_ms, timeout=60_000)
        counted = socket.received - received
        computed = json.loads(lab.ask_kernel(expression="_take()"))
        yield {"pictures": lab.page.evaluate("labWatch.times()"), "bytes": counted, "computed": computed}
    if hand.drag:
        lab.page.mouse.up()


def take(figure: LiveOnPage, hand: Hand) -> tuple[float, float]:
    """Make ready for the first step; returns the middle of what is moved."""
    target = figure.part(hand.target)
    target.scroll_into_view_if_needed()
    if hand.begin:
        figure.press(target, hand.begin)
    figure.settle()
    box = target.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    if target.get_attribute("type") == "range":  # its knob is not an element
        x = box["x"] + box["width"] * target.evaluate("e => (e.value - e.min) / (e.max - e.min)")
    if hand.drag:
        figure.lab.page.mouse.move(x, y)
        figure.lab.page.mouse.down()
        figure.settle()
    return x, y


def make_step(figure: LiveOnPage, hand: Hand, step: int, start: tuple[float, float]) -> None:
    """A key, a move on a drag's way there and back, or a click."""
    page = figure.lab.page
    kind = "keydown" if hand.keys else "pointermove" if hand.drag else "pointerup"
    page.evaluate("([place, kind]) => labWatch.begin(place, kind)", [figure.place, kind])
    if hand.keys:
        figure.press(figure.part(hand.target), hand.keys[step % len(hand.keys)])
    elif hand.drag:
        far = min(step + 1, STEPS - step - 0.5)  # back by other places
        page.mouse.move(start[0] + far * hand.drag[0], start[1] + far * hand.drag[1])
    else:
        figure.part(hand.target).click()


def summarise(steps: list[dict]) -> dict:
    """Medians and 95th percentiles over the steps that changed the picture.

    Raises:
        RuntimeError: more than a third of the steps changed nothing.
    """
    moved = [step for step in steps if step["pictures"]]
    if 3 * len(moved) < 2 * len(steps):
        raise RuntimeError(f"{len(steps) - len(moved)} of {len(steps)} steps changed nothing")
    wall, processor = ([sum(t[i] for t in s["computed"]) for s in moved if s["computed"]] for i in (0, 1))
    return {
        "steps": len(moved),
        "first": median_and_p95([s["pictures"][0] for s in moved]),
        "last": median_and_p95([s["pictures"][-1] for s in moved]),
        "computed": {"clock": median_and_p95(wall), "processor": median_and_p95(processor)} if wall else None,
        "bytes": median_and_p95([s["bytes"] for s in moved]),
    }


def median_and_p95(values: list[float]) -> dict[str, float]:
    """Rounded, to what a clock can tell."""
    return {
        "median": round(float(np.median(values)), 1), "p95": round(float(np.percentile(values, 95)), 1)
    }  # fmt: skip


def write_all(work: Path) -> None:
    """The table and the contact sheet, of all that has been recorded."""
    there = [shown for shown in FIGURES if (work / f"{name_of(shown)}.json").exists()]
    table = {
        "what": "every interactive figure of the notebooks, moved by key and by mouse",
        "how": HOW,
        "recipe": "python -m tests.browser.record_figures",
        **origin_of("cpu"),
        "cores": os.cpu_count(),
        "figures": [json.loads((work / f"{name_of(shown)}.json").read_text()) for shown in there],
    }
    write_whole(
        data_folder() / "results" / "figures.json", (json.dumps(table, indent=1, ensure_ascii=False) + "\n").encode()
    )
    names = [(f"{shown.notebook[:2]}  {shown.kind}", work / f"{name_of(shown)}.png") for shown in there]
    write_whole(data_folder() / "pictures" / "figures.jpg", make_sheet(names))


def name_of(shown: Shown) -> str:
    """Of the files that hold what is recorded of a figure."""
    return f"{shown.notebook}_{shown.kind}"


def main(chosen: list[str]) -> None:
    work = Path(os.environ.get("LAB_FIGURES") or Path(tempfile.gettempdir()) / "lab_figures")
    work.mkdir(parents=True, exist_ok=True)
    for notebook in dict.fromkeys(figure.notebook for figure in FIGURES):
        if not chosen or notebook.startswith(tuple(chosen)):
            record_notebook(notebook, work)


def tell(figure: dict) -> str:
    """A figure's line in the table."""
    hands = (figure["key"], figure["mouse"])
    times = ", ".join(
        f"{h['last']['median']:.0f} ({h['last']['p95']:.0f}) ms, {h['bytes']['median']:.0f} B" for h in hands
    )
    return f"{figure['notebook']}, {figure['figure']}: {times}; load {figure['load']}"


if __name__ == "__main__":
    main(sys.argv[1:])
