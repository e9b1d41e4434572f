"""Which of five methods fits which task: every method once, by what each assumes of objects and of labels."""

from typing import Any

from lab.exercises.exercise import Exercise, Verdict, right, untried, wrong
from lab.exercises.judge import number

WORDS = ("spatial embeddings", "Mask R-CNN", "StarDist", "Cellpose", "SAM")
CHOICES = {"A": "StarDist", "B": "SAM", "C": "spatial embeddings", "D": "Cellpose", "E": "Mask R-CNN"}
# What to think of, where a letter got a wrong word.
LOOK = {
    "A": "round and close together: which method describes an object by its radii, and comes as a plug-in?",
    "B": "nothing is trained and no class is asked for. Which method takes the click itself as its input?",
    "C": "there are labels enough, classes are few, and time is short. Which needs no boxes and one small network?",
    "D": "any shape, and no label will ever be made. Which method comes with a model for all kinds of cells?",
    "E": "which method comes with weights for the many classes of everyday photographs?",
}
# Of a wrong word for a letter, why this method does not fit there.
WHY_NOT = {
    ("A", "Mask R-CNN"): "it would suppress neighbours by their boxes, and these overlap where nuclei crowd.",
    ("A", "SAM"): "by hand, somebody would have to click on hundreds of nuclei in every picture.",
    ("B", "StarDist"): "what is clicked on need not be star-convex, and it knows only what it was trained on.",
    ("C", "SAM"): "it gives masks without a class, and a large network for every picture takes its time.",
    ("C", "StarDist"): "a car behind a lamp post lies in two pieces, and no centre sees all of both.",
    ("D", "StarDist"): "a branched or strongly bent cell is not star-convex: from no point inside one sees all of it.",
    ("D", "spatial embeddings"): "it would have to be trained on labels of such cells first, and there are none.",
    ("E", "SAM"): "it says where an object ends, not what it is: no class.",
    ("E", "spatial embeddings"): "it would have to be trained on labels of all these classes first.",
}
NO_LIST = 'expected five names in a list, one for each letter from A to E, as in ["SAM", "Cellpose", …].'
BOX_SIDE, BOX_SHIFT = 80, 10  # px


def judge_choices(answer: Any) -> Verdict:
    """The five names in the order of the letters; what is said of the first wrong one is its own.  Never raises."""
    if answer is ... or answer is None or (isinstance(answer, list | tuple) and any(word is ... for word in answer)):
        return untried()
    if not isinstance(answer, list | tuple) or len(answer) != len(CHOICES):
        return wrong(f"{NO_LIST} Found {answer!r}.")
    names = {_plain(word): word for word in WORDS}
    said = [_plain(word) for word in answer]
    if strange := [word for word, plain in zip(answer, said, strict=True) if plain not in names]:
        return wrong(f"{strange[0]!r} is not among the names: {', '.join(WORDS)}.")
    if twice := [names[word] for word in said if said.count(word) > 1]:
        return wrong(f"{twice[0]} stands there twice: each method is wanted once, where it fits best.")
    off = [letter for letter, word in zip(CHOICES, said, strict=True) if names[word] != CHOICES[letter]]
    if not off:
        return right("None of them is the best one. Each is right where the world is as it assumes.")
    letter, word = off[0], names[said[list(CHOICES).index(off[0])]]
    reason = WHY_NOT.get((letter, word))
    against = f"{word} for {letter}: {reason} " if reason else ""
    return wrong(f"{len(CHOICES) - len(off)} of {len(CHOICES)} are right. {against}Task {letter}: {LOOK[letter]}")


def _plain(word: Any) -> str:
    """Without what people type differently: "mask rcnn", "Mask-R-CNN"."""
    return "".join(letter for letter in str(word).casefold() if letter.isalnum())


def box_overlap(side: float | int, shift: float | int) -> float:
    """IoU of two squares of this side, the second moved by ``shift`` to the side and upwards."""
    shared = (side - shift) ** 2
    return shared / (2 * side**2 - shared)


CHOOSE_THE_TOOL = Exercise(
    name="choose_the_tool",
    title="Choose the tool",
    kind="predict",
    difficulty=1,
    minutes=4,
    stub="my_choices",
    judge=judge_choices,
    hints=(
        "Begin with the two tasks for which nobody wants to train anything and no microscope is involved: one wants a "
        "click answered, the other classes.",
        "Of the three others: one says that objects are round, one that they have any shape and no labels.",
        "The last one has labels, classes and no time.",
    ),
    solution='["StarDist", "SAM", "spatial embeddings", "Cellpose", "Mask R-CNN"]',
)

TWO_BOXES = Exercise(
    name="two_boxes",
    title="Two boxes",
    kind="predict",
    difficulty=1,
    minutes=3,
    stub="my_overlap",
    judge=number(
        box_overlap(BOX_SIDE, BOX_SHIFT),
        0.006,
        {
            0: "that is the overlap of the rods. Asked is that of their boxes.",
            4900 / 6400: "the union is larger than one box: both areas, less what they share.",
            4900 / 12800: "what they share is in both areas, and counts once in the union.",
            70 / 90: "that is how it looks along one side. A box has two.",
            (70 / 90) ** 2: "an area's IoU is not the product of those of its sides: 70² over the union's area.",
            6400 / 7900: "in the numerator stands what both share, 70 x 70 px.",
        },
        praise="more than one half: a method that keeps one of two boxes with an IoU above 0.5 throws one rod away.",
    ),
    hints=(
        "The boxes share a square. How long is its side, if one is moved by 10 px both ways?",
        "The union has the area of both boxes, less that of the shared square once.",
        "70² / (2 · 80² - 70²).",
    ),
    solution="70**2 / (2 * 80**2 - 70**2)",
)
