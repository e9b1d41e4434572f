"""What an answer in graded work may call of the lab: what its exercise gives to build on, and nothing else."""

# Names of functions or of whole modules.  Those of lab.exercises and lab.erfnet are handed to the answer by its check.
MAY_CALL: dict[str, tuple[str, ...]] = {
    "embed": ("lab.embedding.coordinate_grid",),
    "fixed_margin_hinge": ("lab.alternatives.distance_to_centre",),
    "lovasz_hinge": ("lab.lovasz.jaccard_increments",),
    "membership_slope": ("lab.embedding.bandwidth_to_sharpness", "lab.embedding.membership"),
    "whole_loss": ("lab.embedding.split", "lab.embedding.membership", "lab.lovasz.lovasz_hinge"),
    "mend_the_loss": ("lab.embedding.split", "lab.embedding.membership", "lab.lovasz.lovasz_hinge"),
    "greedy_clustering": ("lab.embedding.membership",),
    "broken_clustering": ("lab.embedding.membership",),
    "factorised_block": ("lab.exercises.erfnet",),
    "any_size": ("lab.erfnet", "lab.exercises.erfnet"),
    "training_mode": ("lab.exercises.two_stage_training",),
    "broken_steps": ("lab.exercises.two_stage_training",),
    "unfair_comparison": ("lab.exercises.ablations",),
    "lying_benchmark": ("lab.exercises.fast",),
    "mend_network": ("lab.erfnet",),
}

# Exercises whose answer the lesson itself writes further up or further down: to learn from, worth no points.
SHOWN_IN_THE_LESSON = frozenset({"whole_loss", "mend_the_loss", "decode_ids", "one_sort"})
