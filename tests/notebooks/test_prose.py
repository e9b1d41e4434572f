"""What the texts of notebooks 04 and 06 say without computing it there."""

import numpy as np
import pytest
import torch

from lab.checkpoints import shipped_model
from lab.clustering import cluster
from lab.datasets.sample import corner, street
from lab.embedding import PIXELS_PER_UNIT, bandwidth_to_sharpness, membership, sharpness_to_sigma, split
from lab.evaluation.predict import network_output
from lab.exercises.the_whole_loss.record import recording
from lab.losses import SpatialEmbeddingLoss
from lab.widgets.pull.compute import bandwidth_of, descend
from lab.widgets.pull.scenery import set_stage
from lab.widgets.terms.compute import Choice, Street, look


@pytest.fixture(scope="module")
def seen() -> Street:
    """The street as the figure of notebook 06 has it."""
    scene, model = street(), shipped_model("toyscapes")
    labels = (torch.from_numpy(a).long() for a in (scene.instances, scene.classes))
    return Street(scene.image, *labels, model.card.class_names, network_output(model, scene.image))


@pytest.fixture(scope="module")
def recorded():
    return recording()


def sizes(output, scene) -> list[tuple[int, dict[int, int]]]:
    """Of every mask that the clustering finds: its class, and how many pixels it has on each object (0: on none)."""
    found = cluster(output, 2, seed_threshold=0.5, min_pixels=20)
    on = (scene.instances[mask.numpy()] for mask in found.masks)
    counts = (dict(zip(*np.unique(part, return_counts=True), strict=True)) for part in on)
    return list(zip(found.classes.tolist(), counts, strict=True))


def test_04_descent_from_far_below():
    """From the slider's far left, 2 px, sixty steps bring the car's margin to 2.8 px; from 5 px on to the balance."""
    balance = set_stage(street(), 11).balance

    def ends(sigma: float) -> float:
        bandwidth, _ = descend(balance, bandwidth_of(sigma), 1.0, 60, smoothness=False)
        return float(sharpness_to_sigma(bandwidth_to_sharpness(torch.tensor(bandwidth))))

    assert ends(10**0.31) == pytest.approx(2.8, abs=0.05)
    for start in (5.0, 10.0, 60.0):
        assert ends(start) == pytest.approx(balance.level, rel=0.01)


def test_06_where_the_instance_term_pushes_the_car(seen):
    """From where they point towards the centre, all others away from it; at the left end to the right."""
    pull = torch.from_numpy(look(seen, Choice("instance", 11, "offset")).pull)
    embedding = PIXELS_PER_UNIT * split(seen.output[None], 2).embedding[0]
    mask, heard = seen.masks[11], pull.norm(dim=0) > 0
    towards = ((embedding[:, mask].mean(1)[:, None, None] - embedding) * pull).sum(0)
    assert towards[mask].sum() == pytest.approx(towards[mask].abs().sum().item(), rel=1e-3)  # but for rounding
    assert (towards[~mask & heard] < 0).all()
    left = mask.nonzero()[:, 1].min()
    end = mask & (torch.arange(mask.shape[1]) < left + 16)
    assert (pull[0, end] >= 0).all()
    assert pull[0, end].sum() > 0.9 * pull[:, end].norm(dim=0).sum()
    along = pull[0, mask] > 0
    assert 0.25 < along.float().mean() < 0.75  # in the whole of the car, all directions


def test_06_a_person_costs_six_times_as_much_as_the_car(seen):
    costs = {k: len(seen.numbers) * seen.value("instance", k) for k in (4, 11)}
    assert [round(c, 2) for c in costs.values()] == [1.25, 0.22]
    assert [int(seen.masks[k].sum()) for k in (4, 11)] == [319, 8982]
    p, mask = split(seen.output[None], 2), seen.masks[4]
    sharpness = bandwidth_to_sharpness(p.bandwidth[0][:, mask].mean(1))
    claimed = membership(p.embedding[0], p.embedding[0][:, mask].mean(1), sharpness) > 0.5
    assert ((claimed & mask).sum() / (claimed | mask).sum()).item() == pytest.approx(0.33, abs=0.005)
    assert (claimed & mask).sum() / mask.sum() == pytest.approx(1 / 3, abs=0.01)


def test_06_nothing_but_void_adds_nothing_and_is_counted():
    output, nothing = torch.randn(1, 7, 8, 8), torch.zeros(1, 8, 8, dtype=torch.long)
    loss = SpatialEmbeddingLoss()
    assert not any(loss(output, nothing, nothing - 1).values())
    alone = loss(output, nothing, nothing)["seed"]
    both = loss(output.repeat(2, 1, 1, 1), nothing.repeat(2, 1, 1), torch.cat([nothing, nothing - 1]))["seed"]
    torch.testing.assert_close(both, alone / 2)


def test_06_what_the_clustering_finds(recorded):
    """A speck of background in "learned 0"; 5 and 6 as one where single labels were shown; in C the car three times."""
    scene = corner()
    assert (3, {0: 22}) in sizes(recorded.outputs["learned 0"], scene)
    assert any({5, 6} <= counts.keys() for _, counts in sizes(recorded.outputs["one at a time"], scene))
    car = {c: counts[11] for c, counts in sizes(recorded.outputs["C"], scene) if counts.get(11, 0) > 700}
    assert set(car) == {1, 2, 3}


def test_06_with_centroids_a_seed_of_person_5_takes_person_6_along(recorded):
    scene = corner()
    found = cluster(recorded.outputs["centroid 0"], seed_threshold=0.5, min_pixels=20)
    (together,) = [mask.numpy() for mask in found.masks if mask[scene.instances == 6].any()]
    seeds = [scene.instances[p.row, p.column] for p in found.trace if p.accepted and together[p.row, p.column]]
    assert seeds == [5]


def test_06_all_drift_to_the_right(recorded):
    right, down = np.array([recorded.offsets[f"learned {seed}"][-1, 0] for seed in (0, 1, 2)]).T
    assert (right > 70).all()
    assert len(set(np.sign(down))) == 2
