"""Which recorded runs there are: those that ship, and one's own."""

from pathlib import Path

from lab.folders import data_folder
from lab.widgets.own_runs import own_runs

# The first that is there is shown first.
SHIPPED = ("tiny", "main", "nuclei")


def find_records() -> dict[str, Path]:
    """Name for people -> file: what ships, then one's own runs, the newest first."""
    folder = data_folder() / "recordings"
    found = {path.stem.removeprefix("run_"): path for path in sorted(folder.glob("run_*.npz"))}
    order = [name for name in SHIPPED if name in found] + [name for name in found if name not in SHIPPED]
    shipped = {f"{name} (shipped)": found[name] for name in order}
    return shipped | own_runs("record.npz")
