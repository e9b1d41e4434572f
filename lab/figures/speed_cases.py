"""What the pictures of measured times share: which cases, how each version looks, and the words for both."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter

from lab.figures.style import ACCENT, GOOD, GREY, INK, SMALL

# Vermillion and blue of Okabe-Ito; marks differ too, and lines and filling between the kinds.
LOOKS = {"readable": (ACCENT, "s"), "fast": (GOOD, "o")}
Filling = Literal["full", "none"]
KINDS: dict[str, tuple[str, Filling]] = {"trained": ("-", "full"), "random": ("--", "none")}
WORDS = {"trained": "as of a trained network", "random": "as of an untrained one"}


def cases_of(found: Mapping[str, Any], device: str | None = None) -> list[Mapping[str, Any]]:
    """Those measured on one device, in the file's order.

    Args:
        found: the content of a data/results/speed_*.json.
        device: as the file names it; None: the first that it names.

    Raises:
        ValueError: there is none, or none of them was run.
    """
    devices = list(dict.fromkeys(case["device"] for case in found["cases"]))
    wanted = devices[0] if device is None and devices else device
    cases = [case for case in found["cases"] if case["device"] == wanted]
    if not cases:
        raise ValueError(f"found no case on {wanted}, expected one on: {', '.join(devices) or 'none is measured'}.")
    if not any(case["rounds"] for case in cases):
        raise ValueError(f"found {len(cases)} case(s) on {wanted} of which none was run, expected one that was.")
    return cases


def clock_of(case: Mapping[str, Any]) -> str:
    """On a CPU it is the processor's time that counts, see `lab.speed.rates`."""
    return "processor" if case["device"].startswith("CPU") else "wall"


def look_of(name: str) -> tuple[str, str]:
    """A version's colour and mark; further fast ones differ by the mark."""
    return LOOKS.get(name, (GOOD, "^" if "compiled" in name else "D"))


def names_of(cases: Sequence[Mapping[str, Any]]) -> list[str]:
    """The versions that were compared."""
    return list(dict.fromkeys(name for case in cases for name in case["ways"]))


def size_words(case: Mapping[str, Any]) -> str:
    """ "2 images of 2048x1024, 8 classes": width x height."""
    size = f"{case['batch']} images of " if case["batch"] > 1 else ""
    classes = f"{case['num_classes']} class" + ("es" if case["num_classes"] > 1 else "")
    return f"{size}{case['width']}x{case['height']}, {classes}"


def case_words(case: Mapping[str, Any]) -> str:
    """The case in one line."""
    return f"{case['instances']} instances, {case['kind']}, " + size_words(case).replace(" images of ", " x ")


def reason(way: Mapping[str, Any]) -> str:
    """Why a version was not run, without the numbers."""
    return way["refused"].split(":")[0]


def plain(ax: Axes) -> None:
    """Two spines, a pale grid, and plain numbers on logarithmic axes."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(which="both", labelsize=SMALL, colors=INK)
    ax.grid(axis="both", color="#e5e5e5", lw=0.6)
    ax.set_axisbelow(True)
    for axis in (ax.xaxis, ax.yaxis):
        if axis.get_scale() == "log" and not isinstance(axis.get_major_locator(), FixedLocator):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(FuncFormatter(partial(_between_powers, axis)))


def _between_powers(axis: Axis, value: float, _: int | None) -> str:
    """2 and 5 are written, too, where there is hardly a power of ten."""
    low, high = axis.get_view_interval()
    return f"{value:g}" if high < 20 * low and f"{value:e}"[0] in "25" else ""


def add_legend(figure: Figure, names: Sequence[str], kinds: Sequence[str]) -> None:
    """Above the panels: the versions, the floor, the kinds of predictions."""
    lines = {}
    for name in names:
        colour, mark = look_of(name)
        lines[name] = Line2D([], [], color=colour, marker=mark, lw=1.8, ms=5.5)
    lines["floor"] = Line2D([], [], color=GREY, lw=1.2)
    for kind in kinds:
        dashes, filling = KINDS[kind]
        lines[WORDS[kind]] = Line2D([], [], color=INK, ls=dashes, marker="o", fillstyle=filling, lw=1.2, ms=5)
    figure.legend(
        list(lines.values()), list(lines), loc="outside upper left", ncols=len(lines), frameon=False, fontsize=SMALL
    )


def add_conditions(
    figure: Figure, found: Mapping[str, Any], cases: Sequence[Mapping[str, Any]], remark: str = ""
) -> None:
    """Below the panels: device and rounds, and a remark."""
    device = cases[0]["device"]
    processor = found["machines"].get(device, {}).get("processor", "")
    rounds = [case["rounds"] for case in cases if case["rounds"]]
    words = f"{device}, {processor}" if device.startswith("CPU") and processor else device
    words += f"; medians of {' to '.join(str(r) for r in sorted({min(rounds), max(rounds)}))} rounds{remark}"
    figure.supxlabel(words, x=0.01, ha="left", fontsize=SMALL, color=GREY)
