"""Which cases of a check that is handed out stay with the teacher, so that answers are judged on some unseen ones."""

# Exercise -> numbers of its judge's cases.  What stays away is like another case that is handed out, and no known
# mistake shows in it alone: who is told "right" on the rest has made none of these.
HELD_BACK: dict[str, tuple[int, ...]] = {
    "fixed_margin_hinge": (1,),
    "margin": (0,),
    "instance_sigma": (1,),
    "jaccard_increments": (4,),
    "membership_slope": (1,),
    "smoothness": (2,),
    "seed_target": (1,),
    "cut_window": (0,),
    "polynomial_decay": (2,),
    "match_detections": (3,),
    "area_under_curve": (4,),
    "seeds_against_seeds": (1,),
    "reach": (0,),
    "fold_the_norm": (1,),
}
