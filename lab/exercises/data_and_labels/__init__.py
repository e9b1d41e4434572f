"""Exercises of notebook 09, data and labels."""

from lab.exercises.data_and_labels import cutting, decoding
from lab.exercises.data_and_labels.faults import judge_names
from lab.exercises.data_and_labels.joint import judge_transform
from lab.exercises.data_and_labels.solution import cut_classes, decode, transform
from lab.exercises.exercise import Exercise
from lab.exercises.judge import compare, number
from lab.exercises.reference import data_and_labels as reference

EXERCISES = (
    Exercise(
        name="decode_ids",
        title="Read the ids",
        kind="implement",
        difficulty=2,
        minutes=10,
        stub="my_decode",
        judge=compare(
            decoding.CASES,
            reference.decode,
            decoding.MISTAKES,
            praise="this reads every label file of Cityscapes.",
        ),
        hints=(
            "Two numbers are in one: ids // 1000 is the label id of an object, and ids below 1000 are label ids as "
            "they "
            "are. torch.where(ids >= 1000, ids // 1000, ids) is the label id of every pixel.",
            "An object is ids >= 1000 with a label id among the eight. Without the 1000 it is a group: void.",
            "ids[objects].unique() is in ascending order; enumerate it from 1, and set instances[ids == value] = "
            "number.",
        ),
        solution=decode,
    ),
    Exercise(
        name="cut_window",
        title="Cut a window",
        kind="implement",
        difficulty=2,
        minutes=8,
        stub="my_cut",
        judge=compare(
            cutting.CASES,
            reference.cut,
            cutting.MISTAKES,
            praise="inward where there is room, void where there is none.",
        ),
        hints=(
            "One axis at a time. Where does the window begin if it fits into the image? Not before 0, and not after "
            "extent - size.",
            "If size is larger than extent, it begins at (extent - size) // 2, outside of the image.",
            "Fill a tensor with -1, then copy classes[max(top, 0) : top + size, max(left, 0) : left + size] into its "
            "place, which begins at max(-top, 0), max(-left, 0).",
        ),
        solution=cut_classes,
    ),
    Exercise(
        name="missed_by_windows",
        title="The missed rider",
        kind="predict",
        difficulty=2,
        minutes=5,
        stub="my_share",
        judge=number(
            103 / 321,
            0.004,
            {
                218 / 321: "that is the share of windows that show him. Asked is the share that miss him.",
                80 / 321: "these are the windows that end left of him. Others begin right of him.",
                23 / 321: "these are the windows that begin right of him. Others end left of him.",
                103
                / 512: "103 places are right, but a window cannot begin at 512 places: where does the last one begin?",
                155 / 321: "these are the windows that do not hold all of him. One pixel is enough to see him.",
                27 / 512: "that is his width in the street's. How many windows have none of his columns?",
            },
            praise="103 of 321 places: a third of the work of stage 1 would go past him.",
        ),
        hints=(
            "Every window of 192 rows holds rows 64 to 191, so only the columns matter. Windows begin at columns 0 to "
            "512 - 192.",
            "A window that begins at column c holds columns c to c + 191. It misses him if c + 191 < 271, or if c > "
            "297.",
            "That is c = 0 … 79 and c = 298 … 320.",
        ),
        solution="103 / 321  # 80 windows end left of him, 23 begin right of him",
    ),
    Exercise(
        name="joint_transform",
        title="Mend a transform",
        kind="repair",
        difficulty=2,
        minutes=6,
        stub="mended",
        judge=judge_transform,
        hints=(
            "Which numbers are in the labels after it, and which were before?",
            'interpolate knows the mode "nearest-exact", which copies. It wants real numbers all the same.',
            "And if the image is mirrored: which axis of the labels holds their columns?",
        ),
        solution=transform,
    ),
    Exercise(
        name="name_the_fault",
        title="Name the fault",
        kind="predict",
        difficulty=1,
        minutes=5,
        stub="my_names",
        judge=judge_names,
        hints=(
            "First the outlines: do they lie on the people and cars of the photograph? If not, would mirroring or "
            "moving "
            "them help?",
            "Then the numbers: an object's number stands once, on one object.",
            "Last the borders: between two objects there are only these two.",
        ),
        solution='["lossy", "pieces", "sound", "mirrored", "binary", "shifted"]',
    ),
)
