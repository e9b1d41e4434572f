"""Exercises of notebook 06: write the whole loss, foresee a number, find bugs by their pictures, mend a broken loss."""

from lab.exercises.exercise import Exercise
from lab.exercises.judge import number
from lab.exercises.the_whole_loss.broken import BUGS, HUNTED
from lab.exercises.the_whole_loss.hunt import bug_hunt
from lab.exercises.the_whole_loss.judging import WholeLossJudge
from lab.exercises.the_whole_loss.messages import MESSAGES
from lab.exercises.the_whole_loss.solution import whole_loss

# One bug first, then the pairs that act on one term and are likely together.
SUSPECTS = [frozenset({bug}) for bug in BUGS if bug != "no stop-gradient"] + [
    frozenset({"mean over the batch", "void counted"}),
    frozenset({"empty image left out", "void counted"}),
    frozenset({"other classes left out", "no foreground weight"}),
    frozenset({"no ten", "logits φ"}),
]
REMAINING = [frozenset({bug}) for bug in HUNTED.values()]

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        name="whole_loss",
        title="The whole loss",
        kind="implement",
        difficulty=3,
        minutes=15,
        stub="my_whole_loss",
        judge=WholeLossJudge(SUSPECTS, MESSAGES, "every term, on void, on an image without instances"),
        hints=(
            "Two loops: over the images of the batch, and inside over the numbers of the instances that have a pixel "
            "outside void. Everything that is added up per instance is divided by their number before the next image.",
            "Make `valid = classes[i] >= 0` first and use it everywhere: set instance numbers to 0 outside of it, hand "
            "only valid pixels to the hinge, sum the seed term over valid pixels and divide by their number.",
            "For the seed term start from a target of zeros and a weight of ones, [N, H, W] each. Every instance "
            "writes φ.detach() and 10 at its own pixels into the layer of its own class. After the loop: "
            "(weight * (seed_map - target)²)[:, valid].sum() / valid.sum().clamp(min=1).",
        ),
        solution=whole_loss,
    ),
    Exercise(
        name="empty_image",
        title="An empty street joins",
        kind="predict",
        difficulty=1,
        minutes=3,
        stub="my_total",
        judge=number(
            0.62,
            0.004,
            {
                1.24: "the two images are averaged, not added.",
                1.2: "the empty image has no instance, but it is an image: it counts in the mean, and its seed maps "
                "are asked to be 0.",
                0.6: "the empty image is not free: its seed score of 0.2 is squared at every pixel. How much is that?",
                0.53: "the smoothness term comes in ten times.",
                1.06: "the smoothness term comes in ten times, and the total is the mean of both images.",
                1.12: "the empty image counts in the mean of each term, the first two as well: it adds 0 and is "
                "counted.",
                1.02: "this is the first image alone, its three terms added as they are. The smoothness term comes in "
                "ten times, and the batch has a second image.",
                0.8: "a background pixel weighs 1 in the seed term; the 10 is for pixels of objects.",
                0.7: "the seed term squares the difference: 0.2 becomes less.",
            },
            "(0.8 + 10 · 0.02 + 0.2 + 0.04) / 2, where 0.04 = 0.2².",
        ),
        hints=(
            "Work out the total of each image by itself, then take the mean.",
            "The empty image has no instance and no smoothness term. All of its pixels are background: (s - 0)² each, "
            "weight 1, divided by their number.",
        ),
        solution="(0.8 + 10 * 0.02 + 0.2 + 0.2**2) / 2",
    ),
    Exercise(
        name="bug_hunt",
        title="Bug hunt",
        kind="predict",
        difficulty=2,
        minutes=6,
        stub="my_bugs",
        judge=bug_hunt,
        hints=(
            "Compare each row with that of the sound loss, column by column: which columns differ?",
            "In A look at where the four objects' embeddings lie. In B look at how wide the margins are, and at what "
            "is inside. In C look at each seed map on the objects of the other class.",
            "Ask of each: which pixels would have to be told “you are not in” for this not to happen, and which line "
            "of the loss tells them?",
        ),
        solution=repr(HUNTED),
    ),
    Exercise(
        name="mend_the_loss",
        title="Mend it",
        kind="repair",
        difficulty=2,
        minutes=6,
        stub="broken_loss",
        judge=WholeLossJudge(
            REMAINING,
            MESSAGES,
            "all three bugs are out, and nothing else is broken",
            as_given=frozenset(HUNTED.values()),
        ),
        hints=(
            "The three bugs are those of the pictures: two sit in the line of the hinge, one in the seed term.",
            "The hinge gets the logits of all valid pixels, and as labels the instance's own mask.",
            "The weight of the seed term starts as 1 everywhere: a pixel of another class's object is background too.",
        ),
        solution=whole_loss,
    ),
)
