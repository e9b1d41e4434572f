"""Exercises of notebook 10: how often a scene is seen, the decay, the frozen norm, steps to be mended."""

from lab.exercises.exercise import Exercise
from lab.exercises.judge import number
from lab.exercises.two_stage_training.decay import judge_decay, polynomial_decay
from lab.exercises.two_stage_training.norm import judge_training_mode, training_mode
from lab.exercises.two_stage_training.steps import judge_steps, train_steps

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        name="scenes_seen",
        title="How often is a scene seen?",
        kind="predict",
        difficulty=1,
        minutes=3,
        stub="my_epochs",
        judge=number(
            200,
            1.5,
            {
                16.7: "each step takes a whole batch of crops.",
                49600: "these are the steps. How many crops is that, and how many for each of the scenes?",
                595200: "these are the crops. Divide by the number of scenes.",
                2400: "multiply by the batch once.",
                50: "this is stage 2: 74,400 steps in batches of 2.",
            },
            "49,600 · 12 / 2975: the 200 epochs of the paper, when an epoch is as many crops as there are scenes.",
        ),
        hints=(
            "A step takes a batch. How many crops are that in 49,600 steps?",
            "Divide the number of crops by the number of scenes.",
        ),
        solution="49_600 * 12 / 2975",
    ),
    Exercise(
        name="polynomial_decay",
        title="Polynomial decay",
        kind="implement",
        difficulty=1,
        minutes=4,
        stub="my_rate",
        judge=judge_decay,
        hints=(
            "Which share of the training is left at step 0? And which at the last step, steps - 1?",
            "What is left is 1 - step / steps. It is raised to the power, and then multiplied by the start.",
        ),
        solution=polynomial_decay,
    ),
    Exercise(
        name="training_mode",
        title="Training, but for the statistics",
        kind="implement",
        difficulty=2,
        minutes=8,
        stub="my_training_mode",
        judge=judge_training_mode,
        hints=(
            "A module in training mode updates its running statistics and uses the batch's; in evaluation mode it does "
            "neither. Its weights are trained in both. Which modules are to be in which mode?",
            "network.train() first, for everything. Then go through network.modules().",
            "isinstance(module, torch.nn.BatchNorm2d) tells which to put into evaluation mode, by module.eval().",
        ),
        solution=training_mode,
    ),
    Exercise(
        name="broken_steps",
        title="Mend the steps",
        kind="repair",
        difficulty=2,
        minutes=8,
        stub="repaired_steps",
        judge=judge_steps,
        hints=(
            "Three faults. One is something that is missing before backward(), one is in the sum, one comes with the "
            "validation.",
            "A tensor's .grad is added to, never replaced, until optimiser.zero_grad(). The dictionary `weights` is "
            "not used at all.",
            "network.train() undoes what your function of exercise 10.3 does. Call it again after each validation.",
        ),
        solution=train_steps,
    ),
)
