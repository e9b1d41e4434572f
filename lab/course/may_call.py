"""What an answer in graded work may call of the lab: what its exercise gives to build on, and nothing else."""

# Names of functions, classes or whole modules.  What is of lab.exercises or lab.erfnet, an answer gets from its check.
MAY_CALL: dict[str, tuple[str, ...]] = {
    "embed": ("lab.embedding.coordinate_grid",),
    "fixed_margin_hinge": ("lab.alternatives.distance_to_centre",),
    "lovasz_hinge": ("lab.lovasz.jaccard_increments",),
    "membership_slope": ("lab.embedding.bandwidth_to_sharpness", "lab.embedding.membership"),
    "whole_loss": ("lab.embedding.split", "lab.embedding.membership", "lab.lovasz.lovasz_hinge"),
    "mend_the_loss": ("lab.embedding.split", "lab.embedding.membership", "lab.lovasz.lovasz_hinge"),
    "greedy_clustering": ("lab.embedding.membership",),
    "broken_clustering": ("lab.embedding.membership",),
    "any_size": ("lab.erfnet.Encoder", "lab.erfnet.Decoder"),
    "training_mode": ("lab.exercises.two_stage_training.norm.Norm",),
    "broken_steps": (
        "lab.exercises.two_stage_training.norm.Norm",
        "lab.exercises.two_stage_training.steps.try_out",
        "lab.exercises.two_stage_training.steps._three_terms",
    ),
    "unfair_comparison": ("lab.exercises.ablations.table.Records",),
    "one_sort": ("lab.exercises.fast.listener.Listener",),
    "lying_benchmark": ("lab.exercises.fast.machine.Machine",),
    "mend_network": ("lab.erfnet",),
}

# Exercises whose answer the lesson itself writes, further up or further down: to learn from, worth no points.
SHOWN_IN_THE_LESSON = frozenset(
    {"embed", "membership", "lovasz_hinge", "whole_loss", "mend_the_loss", "decode_ids", "one_sort"}
)

# Exercises whose answer is in the code that draws the lesson's pictures, to be imported by name: worth none either.
HELD_BY_THE_FIGURES = frozenset({"name_the_fault", "which_head"})
