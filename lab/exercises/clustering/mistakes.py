"""Wrong greedy clusterings that people write, and what to tell who does."""

from lab.exercises.judge import Mistake
from lab.exercises.reference.clustering import Slips, slipped

MISTAKES = (
    Mistake(
        "rejected keep their pixels",
        slipped(Slips(rejected_keep_pixels=True)),
        "a rejected proposal takes its pixels too. In yours they stay, open proposals of their own, and some of those "
        "pass: fragments.",
    ),
    Mistake(
        "seed counted as new",
        slipped(Slips(counts_seed=True)),
        "the seed is counted among the new pixels. Mark it as assigned before you count.",
    ),
    Mistake(
        "at least min_pixels",
        slipped(Slips(at_least_left=True, at_least_size=True)),
        "min_pixels is compared with >=. Both times it is *more than* min_pixels: candidates left to go on, pixels in "
        "a proposal to keep it.",
    ),
    Mistake(
        "goes on with min_pixels left",
        slipped(Slips(at_least_left=True)),
        "yours goes on with exactly min_pixels candidates left, and finds one more object. A round begins only if "
        "*more than* min_pixels are unassigned.",
    ),
    Mistake(
        "keeps min_pixels",
        slipped(Slips(at_least_size=True)),
        "yours keeps proposals of exactly min_pixels pixels. It takes *more than* min_pixels.",
    ),
    Mistake(
        "stops at the threshold",
        slipped(Slips(stops_at_threshold=True)),
        "yours stops at a seed whose score is exactly the threshold. Only a score *below* it is too low.",
    ),
    Mistake(
        "last of equal scores",
        slipped(Slips(last_of_equals=True)),
        "right, but where two scores are equal yours begins with the later pixel. The first one goes first, as with "
        "argmax.",
    ),
    Mistake(
        "share of all candidates",
        slipped(Slips(share_of_all=True)),
        "the new pixels are divided by the number of all candidates. What counts is their share of the proposal; else "
        "no object could be small.",
    ),
    Mistake(
        "mean bandwidth",
        slipped(Slips(mean_bandwidth=True)),
        "the sharpness comes from a mean of b over the candidates, as in training over an object's pixels. At "
        "inference no object is known yet, and one pixel speaks: the seed's, sharpness[:, seed].",
    ),
    Mistake(
        "mean sharpness",
        slipped(Slips(mean_sharpness=True)),
        "the sharpness is a mean over the candidates. At inference one pixel speaks: the seed's, sharpness[:, seed].",
    ),
    Mistake(
        "mean embedding",
        slipped(Slips(centroid=True)),
        "the centre is a mean over the candidates. At inference one pixel speaks: the seed's, embedding[:, seed].",
    ),
    Mistake(
        "sorted once",
        slipped(Slips(sorted_once=True)),
        "every pixel in the order of the scores opens a proposal, also those that are assigned by then. Ask again in "
        "every round which are still unassigned.",
    ),
    Mistake(
        "only unassigned pixels",
        slipped(Slips(only_unassigned=True)),
        "your proposals leave out what was assigned before, so all of a proposal is new and nothing is ever seen "
        "before. A proposal is every candidate in the margin.",
    ),
    Mistake(
        "no threshold",
        slipped(Slips(no_threshold=True)),
        "seed_threshold, as it is handed in, decides nothing in yours. The clustering ends when the best seed left is "
        "below it.",
    ),
    Mistake(
        "share of one half",
        slipped(Slips(half_share=True)),
        "the share of new pixels is compared with 0.5, whatever min_unassigned is handed in.",
    ),
    Mistake(
        "at least min_unassigned",
        slipped(Slips(at_least_share=True)),
        "min_unassigned is compared with >=. A proposal of which just that share is new is rejected.",
    ),
    Mistake(
        "no size rule",
        slipped(Slips(no_size_rule=True)),
        "yours keeps proposals however small they are. It takes more than min_pixels pixels as well.",
    ),
    Mistake(
        "divided without the seed",
        slipped(Slips(without_seed=True)),
        "the new pixels are divided by size - 1. It is their share of the whole proposal, and the seed is in it.",
    ),
    Mistake(
        "disjoint masks",
        slipped(Slips(disjoint=True)),
        "your masks leave out what an earlier object has. The mask is the whole proposal: overlaps are settled later.",
    ),
    Mistake(
        "only what is new",
        slipped(Slips(disjoint=True, seed_lost=True)),
        "your masks hold only the new pixels, and so not even their seed, which is marked just before. The mask is the "
        "whole proposal.",
    ),
    Mistake(
        "seed lost",
        slipped(Slips(only_unassigned=True, seed_lost=True)),
        "you cut the proposal down to unassigned pixels, and the seed, marked just before, is lost with the others. A "
        "proposal is every candidate in the margin.",
    ),
    Mistake(
        "assigned pixels counted as new",
        slipped(Slips(counts_taken=True)),
        "all pixels of the proposal count as new, also those assigned before (or their share is not asked for at all): "
        "one object is found again and again.",
    ),
)
BROKEN = Slips(counts_taken=True, rejected_keep_pixels=True)
STAGES = (
    Mistake(
        "second fault left",
        slipped(Slips(rejected_keep_pixels=True)),
        "one fault is gone: what was assigned no longer counts as new. The other was hidden behind it: look at what "
        "becomes of the pixels of a proposal that is rejected, which never happened before.",
    ),
    Mistake(
        "first fault left",
        slipped(Slips(counts_taken=True)),
        "rejected proposals take their pixels now, but nothing is ever rejected as seen before: what is counted as "
        "new? Look at the picture, where one car carries several numbers.",
    ),
    *MISTAKES[1:-1],
)
