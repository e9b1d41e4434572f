"""What is imported late: a first picture does not wait for what it does not use."""

import subprocess
import sys

HEAVY = (
    "cv2",
    "ipywidgets",
    "lightning",
    "matplotlib",
    "numba",
    "pandas",
    "plotly",
    "scipy",
    "stardist",
    "torchvision",
)


def imported(modules: str, asked: tuple[str, ...]) -> set[str]:
    """Which of those that are asked for a fresh Python has after these imports."""
    code = f"import sys, {modules}; print(*(name for name in {asked} if name in sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_the_library_needs_torch_and_little_else():
    assert imported("lab, lab.losses, lab.clustering, lab.erfnet, lab.fast.network", HEAVY) == set()


def test_a_guess_and_a_picture_need_no_torch():
    """The first cells of notebook 00."""
    late = ("torch", "scipy", "numba", "plotly")
    assert imported("lab.exercises, lab.datasets.cityscapes, lab.figures", late) == set()
