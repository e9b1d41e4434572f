"""Exercises of notebook 13: what waits, who can matter, one sort, a folded norm, a benchmark, what pays when."""

from lab.exercises.exercise import Exercise
from lab.exercises.fast.benchmark import judge_benchmark
from lab.exercises.fast.folding import judge_fold
from lab.exercises.fast.one_sort import judge_losses
from lab.exercises.fast.reach import judge_reach
from lab.exercises.fast.situations import SOLUTION, judge_situations
from lab.exercises.fast.solution import folded, half_widths, honest_benchmark, losses_in_one_sort
from lab.exercises.fast.waits import MISTAKES, WAITS
from lab.exercises.judge import number

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        name="count_waits",
        title="What waits?",
        kind="predict",
        difficulty=1,
        minutes=5,
        stub="my_waits",
        judge=number(
            WAITS,
            0,
            MISTAKES,
            praise="unique once, and in every round a mask as an index and .item(). All else is only put on the list.",
        ),
        hints=(
            "Go through it line by line: does Python have to know a value, or the length of a result, before it can go "
            "on to the next line?",
            "unique() gives as many numbers as there are different ones; e[:, mask] as many pixels as mask has hits. "
            "Nobody knows before the device has counted.",
            "mask.sum(), mean(1), torch.where and a division give results of a known shape. .item() wants the number.",
        ),
        solution="1 + 2 * 20  # unique; then in every round e[:, mask] and .item()",
    ),
    Exercise(
        name="reach",
        title="Who can matter?",
        kind="implement",
        difficulty=2,
        minutes=6,
        stub="my_reach",
        judge=judge_reach,
        hints=(
            "A stranger matters while 2φ is above the smallest own error, 2(1 - best). So down to which φ?",
            "Along one axis alone φ = exp(-κ d²). Solve exp(-κ d²) = 1 - best for d.",
            "d = sqrt(-log(1 - best) / κ), times 1024 px. best is [K] and κ is [K, 2]: best[:, None].",
        ),
        solution=half_widths,
    ),
    Exercise(
        name="one_sort",
        title="One sort for all",
        kind="implement",
        difficulty=3,
        minutes=15,
        stub="my_losses",
        judge=judge_losses,
        hints=(
            "The key: owner.double() - errors.double() / 4. Sorted, it brings instance after instance, and within each "
            "the largest error first. (Or sort twice: by error, then stably by owner.)",
            "labels.cumsum(0) goes on counting from instance to instance. How many foreground pixels do all instances "
            "before this one have? Take that off.",
            "G = zeros(count).index_add_(0, owner, labels.float()) counts each instance's foreground; (G.cumsum(0) - "
            "G)[owner] is what comes before. The same sum, with errors.relu() * increments, gives the losses.",
        ),
        solution=losses_in_one_sort,
    ),
    Exercise(
        name="fold_the_norm",
        title="Fold the norm",
        kind="implement",
        difficulty=2,
        minutes=8,
        stub="my_folded",
        judge=judge_fold,
        hints=(
            "In evaluation mode a batch norm is y = γ (x - mean) / sqrt(variance + ε) + β: a factor and a shift for "
            "each channel.",
            "x is what the convolution gives: weight * image + bias. Multiply it out, and collect what stands before "
            "the image.",
            "scale = γ / sqrt(variance + ε); weight * scale[:, None, None, None] and (bias - mean) * scale + β.",
        ),
        solution=folded,
    ),
    Exercise(
        name="lying_benchmark",
        title="A benchmark that lies",
        kind="repair",
        difficulty=2,
        minutes=10,
        stub="mended_benchmark",
        judge=judge_benchmark,
        hints=(
            "Five faults. Two are about when the clock is read, one about the order, one about the inputs, one about "
            "the last line.",
            "Call each once before any clock is read. In one loop over the inputs, time the one and then the other.",
            "Around each call: wait(), clock(), the call, wait(), clock(). At the end the same statistic for both: "
            "statistics.median.",
        ),
        solution=honest_benchmark,
    ),
    Exercise(
        name="what_pays_when",
        title="What pays when?",
        kind="predict",
        difficulty=2,
        minutes=6,
        stub="my_situations",
        judge=judge_situations,
        hints=(
            "Ask of each: are there pairs of an object and a stranger, and does the stranger point farther from the "
            "centre than the reach?",
            "How large is a margin at b = 0, and at b = 1? Notebook 02 has the formula: 1024 sqrt(ln 2 / κ), κ = "
            "exp(10 b).",
            "What does a float32 make of 2φ - 1 when φ is 2⁻²⁶ or smaller?",
        ),
        solution=SOLUTION,
    ),
)
