"""The oracle: ground truth in place of one part of the prediction at a time, to see which part loses what.

The clustering reads five things of every pixel: whether it takes part, how good a seed it is, where it would put the
centre as a seed, which margin it would set, and where it points to.  A switch replaces one of them:

==========  ==========================================  ========================================================
switch      what the network gives                      what the labels give instead
==========  ==========================================  ========================================================
foreground  pixels whose seed score is above the        the pixels of the class; nothing else takes part
            foreground threshold take part
seeds       the seed score: who opens, in which order,  φ_k(e_i), what the seed map is trained towards, with C_k
            and how sure one is                         and the margin in force; 0 outside of the class
centre      a seed's own embedding is the centre        C_k of the instance in which the seed lies
sigma       a seed's own bandwidth sets the margin      the margin about C_k with the best IoU for the instance
                                                        in which the seed lies
offsets     x + tanh(o): the pixel points there         the instance's own pixel that is nearest to its centroid
==========  ==========================================  ========================================================

The paper speaks of ground-truth seeds only; what each switch means is our decision:

- The seed map plays two roles, and each has a switch: ``foreground`` is who may join, ``seeds`` is who may open.  Both
  together are what a perfect seed head and a perfect segmentation into classes would give.
- C_k is the mean of the instance's embeddings, those in force: true ones where ``offsets`` is on.
- Labels know no σ.  The true one is what serves best: of all margins about C_k the one whose members, among those that
  take part, have the highest IoU with the instance.  A circle's radius is found exactly; an ellipse is searched over
  axis ratios from 1:4 to 4:1, that of the network's own mean bandwidth among them, so it is never worse than that.
- A true offset does not lead to the centroid itself, since two concentric objects share theirs and no margin could
  tell them apart, but to the nearest pixel of the object, which belongs to no other.
- A pixel outside of every instance has no truth to take: it keeps its own centre, margin and embedding.  So does one
  in void; with ``foreground`` it does not take part.  Thresholds stay the model's own: with all switches on, an object
  of no more than ``min_pixels`` is still lost.

maps.py    the five things, and what each switch replaces
margin.py  the margin that serves an instance best
cluster.py the greedy procedure over the five; with all switches off it finds what `lab.clustering.cluster` finds
seeds.py   the ablations' ground-truth seeds: one proposal for each true instance
ladder.py  the switches over a data set: AP of every rung
report.py  the ladder for a file and for people
"""

from lab.oracle.cluster import oracle_instances
from lab.oracle.maps import NAMES, Switches
from lab.oracle.seeds import ground_truth_seed_instances

__all__ = ["NAMES", "Switches", "ground_truth_seed_instances", "oracle_instances"]
