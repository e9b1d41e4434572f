"""Which recorded runs there are: those that ship, and one's own."""

from pathlib import Path

from lab.folders import data_folder, runs_folder

# The first that is there is shown first.
SHIPPED = ("tiny", "main", "nuclei")


def find_records() -> dict[str, Path]:
    """Name for people -> file: what ships, then one's own runs, the newest first."""
    folder = data_folder() / "recordings"
    found = {path.stem.removeprefix("run_"): path for path in sorted(folder.glob("run_*.npz"))}
    order = [name for name in SHIPPED if name in found] + [name for name in found if name not in SHIPPED]
    shipped = {f"{name} (shipped)": found[name] for name in order}
    return shipped | {f"{path.parent.name} (yours)": path for path in newest_first("record.npz")}


def newest_first(file: str) -> list[Path]:
    """Files of this name in the folders of one's own runs, the one changed last first."""
    paths = [path for path in runs_folder().glob(f"*/{file}") if path.is_file()]
    return sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True)
