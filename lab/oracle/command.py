"""What `python -m lab oracle` does, with names and paths as a person types them."""

import json
from pathlib import Path

from lab.evaluation.commands import Overrides, open_for, open_model
from lab.figures.oracle import show_ladder
from lab.folders import dataset_folder, write_whole
from lab.oracle.ladder import climb
from lab.oracle.report import report, table
from lab.origin import origin_of


def oracle(
    model: str, data: str, split: str, limit: int | None, output: Path, device: str, min_region: int | None
) -> str:
    """Climb the ladder; gives the table.  ``output`` gets oracle.json and oracle.png."""
    opened, thresholds, place = open_model(model, device, Overrides())
    result = report(climb(opened, open_for(opened, data, split), thresholds, limit, min_region))
    # Of paths only the last part: where things lie on one machine is of no use on another.
    named = {"model": Path(model).name, "data": dataset_folder(data).name, "split": split}
    content = named | result | origin_of(place)
    write_whole(output / "oracle.json", (json.dumps(content, indent=1) + "\n").encode())
    write_whole(output / "oracle.png", show_ladder(content).png())
    return f"{table(result)}\nIn full: {output / 'oracle.json'}; drawn: {output / 'oracle.png'}"
