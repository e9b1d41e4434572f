"""Exercises of notebook 01, pixels that point."""

import math

from lab.alternatives import fixed_margin_hinge
from lab.exercises.exercise import Exercise
from lab.exercises.judge import compare, number
from lab.exercises.pixels_that_point.mistakes import EMBED_MISTAKES, HINGE_MISTAKES, some_embeddings, some_offsets
from lab.exercises.pixels_that_point.scene import judge_scene
from lab.exercises.pixels_that_point.solution import embed
from lab.exercises.reference import pixels_that_point as reference

_THE_MIDDLE = "that is where the middle *is*. The offset is the way to it: 356 − 100."

EXERCISES = (
    Exercise(
        name="embed",
        title="Where does every pixel point?",
        kind="implement",
        difficulty=1,
        minutes=6,
        stub="my_embed",
        judge=compare(
            some_offsets(),
            reference.embed,
            EMBED_MISTAKES,
            praise="in units of 1024 px, for an image of any size.",
        ),
        hints=(
            "You need x_i for every pixel: a tensor of the shape of the offsets whose channel 0 holds the column.",
            "torch.meshgrid(rows, columns, indexing='ij') gives two maps [H, W]; divide both by 1024.",
            "torch.stack([x, y]) + torch.tanh(offset), where x comes from the columns and y from the rows.",
        ),
        solution=embed,
    ),
    Exercise(
        name="offset_channel",
        title="What must the network say?",
        kind="predict",
        difficulty=1,
        minutes=3,
        stub="my_offset",
        judge=number(
            0.255413,
            0.0006,
            {
                0.25: "256 px are 0.25 units, and so tanh(o) has to be 0.25. What is o?",
                256.0: "that is the way in px. tanh never reaches 256: count in units of 1024 px first.",
                -0.255413: "the right length, the wrong way: the column is to grow.",
                356.0: _THE_MIDDLE,
                356 / 1024: _THE_MIDDLE,
                math.atanh(356 / 1024): _THE_MIDDLE,
                -256.0: "the way has to lead from the pixel to the middle, 356 − 100, and to be counted in units of "
                "1024 px.",
                0.244919: "this is tanh(0.25), the way that a pixel points if o is 0.25. Asked is the inverse.",
            },
            praise="atanh(256/1024): hardly more than the 0.25 that it would be without tanh.",
        ),
        hints=(
            "How long is the way in units of 1024 px?",
            "tanh(o) has to equal that way. The inverse of tanh is math.atanh.",
        ),
        solution="0.2554  # math.atanh(256 / 1024)",
    ),
    Exercise(
        name="fixed_margin_hinge",
        title="A hinge with one margin",
        kind="implement",
        difficulty=2,
        minutes=8,
        stub="my_hinge",
        judge=compare(
            some_embeddings(),
            reference.fixed_margin_hinge,
            HINGE_MISTAKES,
            praise="inside the margin a pixel is good enough, and costs nothing.",
        ),
        hints=(
            "First the distance of every embedding to the centre, in px: the embeddings are in units of 1024 px.",
            "centre[:, None] has the shape [2, 1], and can be subtracted from the embeddings [2, P].",
            "distance = 1024 * (embedding - centre[:, None]).norm(dim=0), and torch.relu is max(0, ·).",
        ),
        solution=fixed_margin_hinge,
    ),
    Exercise(
        name="defeat_one_margin",
        title="A scene that defeats every single margin",
        kind="design",
        difficulty=3,
        minutes=10,
        stub="my_scene",
        judge=judge_scene,
        hints=(
            "Which object of a scene needs a large δ, and which one cannot bear it?",
            "A wide object needs δ ≈ 0.87 times its spread to hold three quarters of its pixels. Let that be a lot.",
            "Two small objects side by side: once δ is larger than the way between them, each takes in the other.",
        ),
        solution="[(0, 0, 40, 2000), (100, 0, 3, 100), (107, 0, 3, 100)]",
    ),
)
