"""The exercises of notebook 14."""

from lab.exercises.exercise import Exercise
from lab.exercises.real_images import solution
from lab.exercises.real_images.choosing import CHOOSE_THE_TOOL, TWO_BOXES
from lab.exercises.real_images.diagnosis import judge_diagnosis
from lab.exercises.real_images.ellipses import judge_scenes
from lab.exercises.real_images.mend_network import judge_mend_network
from lab.exercises.real_images.mend_output import judge_mend_output
from lab.exercises.real_images.mend_picture import judge_mend_picture

EXERCISES = (
    Exercise(
        name="ellipse_limits",
        title="Ellipse limits",
        kind="predict",
        difficulty=2,
        minutes=6,
        stub="my_words",
        judge=judge_scenes,
        hints=(
            "First at rest. An ellipse has no dents: with two pixels it holds every pixel on the line between them. "
            "And it does not turn, but it may be as long and as flat as it likes. It lies round one of the object's "
            "own pixels, as in the clustering.",
            "Then the centroids. If all pixels of an object point to its centroid, the object is one point. Two points "
            "can be told apart, unless they are the same.",
            "Where is the centroid of a ring? Of a rod of which the middle is hidden?",
        ),
        solution='["at rest", "centroid", "neither", "neither", "centroid"]',
    ),
    TWO_BOXES,
    CHOOSE_THE_TOOL,
    Exercise(
        name="diagnosis",
        title="Read the pictures",
        kind="predict",
        difficulty=2,
        minutes=8,
        stub="my_diagnosis",
        judge=judge_diagnosis,
        hints=(
            "Go along each row from left to right: which is the first picture that differs from the healthy file's?",
            "A: only the offsets differ. Take a nucleus' left rim: in the healthy file its pixels point right, red. "
            "Which way do they point in A?",
            "B: read the values below the picture. C: which of the faults would leave nothing of the picture in any "
            "map?",
        ),
        solution='["axes swapped", "not stretched", "no statistics"]',
    ),
    Exercise(
        name="mend_output",
        title="Mend A",
        kind="repair",
        difficulty=1,
        minutes=4,
        stub="mend_a",
        judge=judge_mend_output,
        hints=(
            "Only the first two of the five channels are in the wrong place.",
            "A list of channels gives them in that order, as a new tensor: output[[…]].",
        ),
        solution=solution.mend_output,
    ),
    Exercise(
        name="mend_picture",
        title="Mend B",
        kind="repair",
        difficulty=2,
        minutes=8,
        stub="mend_b",
        judge=judge_mend_picture,
        hints=(
            "The network was trained on stretched pictures; notebook 09 did that under the microscope.",
            "Neither the maximum nor a fixed factor: np.percentile(picture, (1, 99.8)) gives a dark and a bright value "
            "that no few pixels can move.",
            "Subtract the dark one, divide by the difference, clip to 0 … 1, times 255.",
        ),
        solution=solution.mend_picture,
    ),
    Exercise(
        name="mend_network",
        title="Mend C",
        kind="repair",
        difficulty=3,
        minutes=10,
        stub="mend_c",
        judge=judge_mend_network,
        hints=(
            "Batch norm gathers its running mean and variance in the forward pass, when it is in training mode. No "
            "labels are needed, and no gradient.",
            "On a copy: for every nn.BatchNorm2d in modules(), reset_running_stats(), momentum = None, train(). All "
            "else stays in evaluation mode, dropout with it.",
            "Then once network(pictures) under torch.no_grad(), and eval().",
        ),
        solution=solution.mend_network,
    ),
)
