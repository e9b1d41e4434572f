"""The method in sentences, and for each where it is taught, where it is written and what proves it.

python -m lab.book.claims     # writes lab/book/pages/claims.md anew
"""

from dataclasses import dataclass
from pathlib import Path

from lab.book.glossary import link

PAGE = Path(__file__).parent / "pages" / "claims.md"
SOURCE = "../../../"  # of the repository, from the page's folder


@dataclass(frozen=True)
class Claim:
    """One sentence.

    Attributes:
        sentence: Markdown.
        taught: notebook -> the heading under which it stands, without its hashes.
        code: dotted names of the library, importable.
        tests: ``file::function`` below tests/.
    """

    sentence: str
    taught: dict[int, str]
    code: tuple[str, ...]
    tests: tuple[str, ...]


PIXELS = (
    Claim(
        "Every pixel points: its embedding is its position plus an offset of at most 1024 px along each axis, "
        "$e_i = x_i + \\tanh(o_i)$.",
        {1: "2 · Let every pixel point"},
        ("lab.embedding.split",),
        ("test_embedding.py::test_split_reads_the_channels_in_order",),
    ),
    Claim(
        "Positions are columns and rows in units of 1024 px, whatever the image's size.",
        {1: "2 · Let every pixel point"},
        ("lab.embedding.coordinate_grid",),
        ("test_embedding.py::test_grid_is_column_then_row_in_units_of_1024_pixels",),
    ),
    Claim(
        "One margin for objects of all sizes fails: what suits a bus swallows pedestrians.",
        {1: "5 · One margin for all?", 12: "One margin for all"},
        ("lab.alternatives", "lab.ablation.arms"),
        ("test_alternatives.py::test_iou_over_margins_by_hand",),
    ),
)

MARGINS = (
    Claim(
        "The width is learned: the network's bandwidth $b$ gives the sharpness $\\kappa = e^{10b} = 1/(2\\sigma^2)$, "
        "so a larger $b$ is a smaller region.",
        {2: "2 · Three names for one width"},
        ("lab.embedding.bandwidth_to_sharpness", "lab.embedding.sharpness_to_sigma"),
        ("test_embedding.py::test_sigma_to_bandwidth_is_the_inverse",),
    ),
    Claim(
        "A pixel belongs to an object if its membership, a Gaussian of the distance from the object's centre, is above "
        "one half; that is inside the margin $\\sigma\\sqrt{2\\ln 2}$.",
        {2: "1 · From a step to a slope"},
        ("lab.embedding.membership", "lab.embedding.sharpness_to_margin"),
        (
            "test_embedding.py::test_margin_is_sigma_times_sqrt_two_ln_two_and_there_membership_is_one_half",
            "test_embedding.py::test_membership_by_hand",
        ),
    ),
    Claim(
        "One bandwidth channel makes circles, two make ellipses along the axes.",
        {2: "4 · How many sigma channels?"},
        ("lab.embedding.split",),
        ("test_losses.py::test_equals_the_equations_pixel_by_pixel",),
    ),
    Claim(
        "In training an object's bandwidth is the mean of its pixels' $b$, taken before the exponential, so its sigma "
        "is a geometric mean.",
        {2: "Why the exponential", 4: "Why training uses means and inference one pixel"},
        ("lab.losses.find_instances",),
        ("test_losses.py::test_equals_the_equations_pixel_by_pixel",),
    ),
    Claim(
        "The centre of attraction is the object's centroid or, learned, the mean of its pixels' embeddings.",
        {6: "6 · Centroid, or a learned centre?"},
        ("lab.losses.find_instances",),
        (
            "training/test_recentre.py::"
            "test_a_common_shift_leaves_the_loss_with_learned_centres_alone_and_not_the_one_with_centroids",
        ),
    ),
    Claim(
        "Offsets and sigma are learned together: both get their gradient from the same loss.",
        {4: "2 · The chain from the loss to a pixel's b"},
        ("lab.losses.SpatialEmbeddingLoss",),
        ("test_losses.py::test_gradcheck",),
    ),
    Claim(
        "Training begins with offsets of 0 and $b = 1$: a sigma of 4.88 px, a margin of 5.74 px.",
        {2: "2 · Three names for one width", 8: "4 · Two decoders, and how they begin"},
        ("lab.erfnet.BranchedERFNet",),
        (
            "test_erfnet.py::test_starts_without_offsets_and_with_small_margins",
            "test_embedding.py::test_initial_bandwidth_is_a_sigma_of_4_88_and_a_margin_of_5_74_pixels",
        ),
    ),
)

LOSS = (
    Claim(
        "The Lovász hinge optimises the IoU of each object's mask: sorted errors times the increments of the Jaccard "
        "loss.",
        {3: "5 · One area, cut two ways"},
        ("lab.lovasz.lovasz_hinge", "lab.lovasz.jaccard_increments"),
        ("test_lovasz.py::test_exact_values", "test_lovasz.py::test_exact_gradient"),
    ),
    Claim(
        "For logits that are exactly ±1 it is 2 (1 − IoU); between them it is its convex extension.",
        {3: "9 · Why the largest error first? Because that is convex"},
        ("lab.lovasz.lovasz_hinge",),
        (
            "test_lovasz.py::test_crisp_logits_give_twice_the_jaccard_loss_for_every_subset_of_six_pixels",
            "test_lovasz.py::test_equals_the_maximum_over_all_orders_of_six_pixels",
        ),
    ),
    Claim(
        "The instance term is that hinge on $2\\varphi_k - 1$ over the whole image: a mean over objects, then over "
        "images; an image without objects counts as 0.",
        {3: "10 · Why 2φ − 1", 6: "5 · A batch is its images"},
        ("lab.losses.instance_term",),
        ("test_losses.py::test_batch_is_the_mean_of_its_images_also_the_empty_ones",),
    ),
    Claim(
        "A smoothness term makes the pixels of an object agree on $b$; its weight is 10.",
        {4: "6 · The smoothness term"},
        ("lab.losses.smoothness_term", "lab.losses.total_loss"),
        (
            "test_losses.py::test_smoothness_is_on_b_not_on_ten_b",
            "test_losses.py::test_total_weights_smoothness_ten_times",
        ),
    ),
    Claim(
        "The seed map is trained towards each pixel's own membership, on the background towards 0, and an object's "
        "pixels count ten times.",
        {5: "2 · The target"},
        ("lab.losses.seed_term",),
        ("test_losses.py::test_one_pixel_by_hand",),
    ),
    Claim(
        "No gradient passes from the seed term into the membership: the seed map tells how well a pixel points, and "
        "bends nothing.",
        {5: "4 · What breaks if the gradient is not stopped"},
        ("lab.losses.seed_term",),
        ("test_losses.py::test_seed_term_moves_the_seed_map_only",),
    ),
    Claim(
        "Void pixels count in no term.",
        {6: "What no equation says"},
        ("lab.losses.SpatialEmbeddingLoss",),
        ("test_losses.py::test_a_frame_of_void_changes_nothing",),
    ),
)

CLUSTERING = (
    Claim(
        "Candidates are the pixels with a seed score above 0.5; the best unassigned one is the seed, and *its own* "
        "embedding and bandwidth set centre and margin.",
        {7: "2 · The procedure"},
        ("lab.clustering.cluster",),
        ("test_clustering.py::test_takes_the_best_seed_first_and_its_own_embedding_and_sharpness",),
    ),
    Claim(
        "A proposal is kept if it has more than `min_pixels` pixels and more than half of it is new; its pixels are "
        "assigned either way.",
        {7: "5 · Each rule, and what happens without it"},
        ("lab.instances.judge",),
        (
            "test_clustering.py::test_too_small_a_proposal_is_rejected_and_takes_its_pixels_with_it",
            "test_clustering.py::test_a_proposal_mostly_seen_before_is_rejected",
        ),
    ),
    Claim(
        "It ends under the seed threshold, or when no more than `min_pixels` candidates are left.",
        {7: "5 · Each rule, and what happens without it"},
        ("lab.clustering.grow",),
        ("test_clustering.py::test_stops_under_the_seed_threshold",),
    ),
    Claim(
        "Each class is clustered by itself, in ascending order; masks may overlap.",
        {7: "8 · How for several classes?"},
        ("lab.clustering.cluster",),
        (
            "test_clustering.py::test_classes_are_clustered_apart_in_ascending_order",
            "test_clustering.py::test_masks_may_overlap_and_the_higher_score_is_on_top",
        ),
    ),
    Claim(
        "From a perfect prediction it gives back the labels.",
        {7: "10 · With a perfect prediction it is exact"},
        ("lab.clustering.cluster",),
        ("test_clustering.py::test_recovers_the_labels_of_an_ideal_prediction",),
    ),
)

NETWORK = (
    Claim(
        "The network is ERFNet with one encoder and two decoders, for offsets and bandwidths and for seed maps; with "
        "branches of 3 and 1 channels it has 2,252,128 weights.",
        {8: "5 · The counts"},
        ("lab.erfnet.BranchedERFNet",),
        ("test_erfnet.py::test_number_of_weights",),
    ),
    Claim(
        "It takes images of any size, padded at the right and bottom to multiples of 8.",
        {8: "6 · Any size, by padding"},
        ("lab.erfnet.BranchedERFNet",),
        ("test_erfnet.py::test_other_sizes_are_padded_at_the_right_and_bottom",),
    ),
    Claim(
        "It is fast: small, one pass for the whole image, and a clustering whose cost hardly grows with the objects.",
        {13: "10 · Real time?"},
        ("lab.fast.clustering", "lab.fast.network", "lab.speed"),
        ("fast/test_clustering.py::test_many_random_outputs", "fast/test_network.py::test_equal_at_any_size"),
    ),
    Claim(
        "Stage 1 trains on crops centred on objects, stage 2 on larger ones with the batch-norm statistics fixed.",
        {10: "1 · Why two stages"},
        ("lab.training.settings",),
        (
            "training/test_loop.py::test_stage_one_is_centred_on_objects_and_stage_two_is_frozen",
            "training/test_loop.py::test_batch_norm_statistics_move_in_stage_one_only",
        ),
    ),
    Claim(
        "Adam, with a rate that falls as a power of what is left of the training.",
        {10: "3 · Adam, and a rate that falls"},
        ("lab.training.settings",),
        ("training/test_loop.py::test_the_rate_falls_to_zero_and_never_reaches_it",),
    ),
)

JUDGING = (
    Claim(
        "Accuracy is Cityscapes' average precision over ten overlaps.",
        {11: "4 · The official evaluator agrees"},
        ("lab.metrics.average_precision",),
        ("test_official_ap.py::test_equals_cityscapesscripts",),
    ),
    Claim(
        "The paper's comparisons (fixed, circular, elliptical margins; centroid or learned centre) can be repeated.",
        {12: "5 · The paper's comparison, beside ours"},
        ("lab.ablation.arms",),
        ("ablation/test_ablation.py::test_the_core_comes_first_and_is_the_papers_table",),
    ),
    Claim(
        "Objects that share a centroid, or are larger than what a pixel sees, are its limits; an object's shape "
        "is none as long as its pixels point well.",
        {14: "4 · What it cannot see"},
        ("lab.widgets.editor.ideal",),
        (
            "widgets/test_editor.py::test_concentric_objects_need_learned_centres",
            "widgets/test_editor.py::test_half_hearted_offsets_harm_what_leans",
        ),
    ),
)

SECTIONS = {
    "Pixels point": PIXELS,
    "Every object learns its width": MARGINS,
    "The loss": LOSS,
    "From seeds to objects": CLUSTERING,
    "Network and training": NETWORK,
    "How good it is": JUDGING,
}

HEAD = """# The method, sentence by sentence

Each sentence of the method with the notebook that teaches it (under the heading named), the code that does it, and the
test that would fail if it were not so.
"""


def page() -> str:
    """The index as Markdown."""
    parts = [HEAD]
    for title, claims in SECTIONS.items():
        parts += [f"\n## {title}\n", "\n| sentence | taught in | code | test |\n|---|---|---|---|\n"]
        parts += [row(claim) + "\n" for claim in claims]
    return "".join(parts)


def row(claim: Claim) -> str:
    """One sentence's line."""
    taught = "<br>".join(f"{link(number)} *{heading}*" for number, heading in claim.taught.items())
    code = "<br>".join(f"[`{name.removeprefix('lab.')}`]({SOURCE}{file_of(name)})" for name in claim.code)
    tests = "<br>".join(link_test(test) for test in claim.tests)
    return f"| {claim.sentence} | {taught} | {code} | {tests} |"


def file_of(name: str) -> str:
    """The file or folder of a dotted name, from the repository's root.

    Raises:
        ValueError: if no part of the name is a file of the library.
    """
    root = Path(__file__).parents[2]
    parts = name.split(".")
    for end in range(len(parts), 1, -1):
        place = "/".join(parts[:end])
        if (root / f"{place}.py").is_file():
            return f"{place}.py"
        if (root / place / "__init__.py").is_file():
            return place
    raise ValueError(f"{name} is no part of the library.")


def link_test(test: str) -> str:
    """'file: what the test says', linked to the file."""
    file, _, function = test.partition("::")
    words = function.removeprefix("test_").replace("_", " ")
    return f"[{Path(file).stem}]({SOURCE}tests/{file}): {words}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")
