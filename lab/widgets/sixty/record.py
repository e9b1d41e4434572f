"""Record the run that the figure shows before it is trained live: ``python -m lab.widgets.sixty.record [FILE]``."""

import sys
from pathlib import Path

from lab.widgets.sixty.run import recording, take_frame, train, worth_keeping, write_run


def record(path: Path, seed: int = 0) -> int:
    """Train once and keep the frames worth keeping; gives their number."""
    frames = [take_frame(snapshot) for snapshot in train(seed) if worth_keeping(snapshot.step)]
    write_run(path, frames)
    return len(frames)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else recording()
    print(f"{target}: {record(target)} frames")
