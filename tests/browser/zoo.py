"""Every kind of figure on one page: a notebook made for what is asked of all of them alike."""

from pathlib import Path

import nbformat

BEGIN = """from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
import json, shutil

from lab.checkpoints import shipped_model
from lab.datasets.sample import street
from lab.evaluation.predict import network_output, thresholds_of
from lab.folders import data_folder

scene, model = street(), shipped_model("toyscapes")
output, names, thresholds = network_output(model, scene.image), model.card.class_names, thresholds_of(model.card)
"""
# Name -> the cell that shows it; the name is the figure's own, so that the page has it as .lab-NAME.
CELLS = {
    "arrows": "from lab.widgets.arrows import Arrows\nArrows()",
    "bench": "from lab.widgets.bench import Bench\nBench()",
    "crops": "from lab.widgets.crops import CropSampler\nCropSampler()",
    "curves": """from lab.widgets.curves import Curves
run = Path(mkdtemp()) / "run"
run.mkdir()
shutil.copy(data_folder() / "results" / "toyscapes_training.csv", run / "log.csv")
Curves(run)""",
    "dashboard": "from lab.widgets.dashboard import Dashboard\nDashboard()",
    "editor": """from lab.widgets.editor import SceneEditor
SceneEditor(shipped_model("nuclei"), preset="two touching")""",
    "explorer": """from lab.widgets.explorer import Explorer
explorer = Explorer(scene.image, output, names, thresholds, model="toyscapes (shipped)")
explorer""",
    "ladder": """from lab.widgets.ladder import Ladder
Ladder(scene, output, names, 2, thresholds,
       json.loads((data_folder() / "results" / "oracle_toyscapes.json").read_text()))""",
    "network": """from lab.widgets.network import Network
Network(model.network, scene.image, names, part=8)""",
    "progress": "from lab.widgets.progress import Overview\nOverview()",
    "pull": "from lab.widgets.pull import Pull\nPull()",
    "reach": "from lab.widgets.reach import Reach\nReach(scene, output, names, number=11)",
    "receptive": """from lab.widgets.receptive import Receptive
from lab.widgets.receptive.compute import untrained
nets = {"trained": model.network, "before training": untrained(scene.image, 2, 8, 0)}
Receptive(nets, scene.image, names, pixel=(400, 150), chosen="car")""",
    "replay": """from lab.widgets.replay import Replay
Replay(scene.image, output, names, thresholds, shown=3, place=4)""",
    "sixty": "from lab.widgets.sixty import Sixty\nSixty()",
    "strip": "from lab.widgets.strip import Strip\nStrip()",
    "terms": "from lab.widgets.terms import Terms\nTerms(scene, output, names)",
    "thresholds": """from lab.widgets.thresholds import Playground, Subject
Playground({"street": Subject(scene, output, names, 2, thresholds)}, shown="street: car")""",
    "timelapse": "from lab.widgets.timelapse import Timelapse\nTimelapse()",
    "trajectories": "from lab.widgets.trajectories import Trajectories\nTrajectories()",
}


def write_zoo(path: Path) -> None:
    """Put the notebook there, not yet run."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}  # else it asks
    cells = [nbformat.v4.new_code_cell(cell) for cell in (BEGIN, *CELLS.values())]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
