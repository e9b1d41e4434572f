"""One's own trainings, as the figures' lists offer them."""

from pathlib import Path

from lab.folders import runs_folder


def own_runs(file: str) -> dict[str, Path]:
    """Name for people -> the file of this name in the folder of each run that has it; the one changed last first."""
    paths = [path for path in runs_folder().glob(f"*/{file}") if path.is_file()]
    paths.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return {f"{path.parent.name} (yours)": path for path in paths}
