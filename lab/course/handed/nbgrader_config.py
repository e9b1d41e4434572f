"""nbgrader's settings for this course.  Submissions run with the lab that the students have: it holds no answers."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from nbgrader import preprocessors

HERE = Path(__file__).resolve().parent
STUDENTS_LAB = HERE.parent / "student"

os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(STUDENTS_LAB), os.environ.get("PYTHONPATH")]))
os.environ["LAB_GRADER"] = str(HERE / "grader" / "grade.py")
# Submissions leave nothing in the teacher's own progress and runs, nor in each other's, nor behind them.
passing = tempfile.mkdtemp(prefix="lab-grading-")
atexit.register(shutil.rmtree, passing, ignore_errors=True)


def own_folders(notebook, resources):
    """Before a submission runs: it gets a progress file and a folder for runs that nobody had before it."""
    own = Path(tempfile.mkdtemp(dir=passing))
    os.environ["LAB_PROGRESS"] = str(own / "progress.json")
    os.environ["LAB_RUNS"] = str(own / "runs")
    return notebook, resources


c = get_config()
c.CourseDirectory.root = str(HERE)
c.CourseDirectory.course_id = "spatial-embedding-lab"
c.Execute.timeout = 600  # s for a cell: notebook 10 trains
c.Autograde.autograde_preprocessors.prepend([own_folders])
# As usual, but for ClearOutput: the pictures stay, since a lesson is read before it is run; and but for ClearSolutions,
# which would put "YOUR CODE HERE" over code that is to be mended: there are no solutions in these notebooks.
c.GenerateAssignment.preprocessors = [
    preprocessors.IncludeHeaderFooter,
    preprocessors.InstantiateTests,
    preprocessors.LockCells,
    preprocessors.CheckCellMetadata,
    preprocessors.ComputeChecksums,
    preprocessors.SaveCells,
    preprocessors.ClearHiddenTests,
    preprocessors.ClearMarkScheme,
    preprocessors.ComputeChecksums,
    preprocessors.CheckCellMetadata,
]
