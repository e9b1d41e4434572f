"""Ground truth in place of predictions: what each switch replaces, and what it leaves alone."""

import itertools

import numpy as np
import pytest
import torch
from jaxtyping import TypeCheckError

from lab.clustering import Thresholds, cluster
from lab.datasets.scene import Scene
from lab.embedding import membership, split
from lab.losses import find_instances
from lab.metrics import average_precision, iou_matrix, record_image, truth_from_scene
from lab.oracle import NAMES, Switches, ground_truth_seed_instances, oracle_instances
from tests.ideal import ideal_output, street

LENIENT = Thresholds(seed_threshold=0.5, foreground_threshold=0.5, min_pixels=8)
OFF, ON = Switches(), Switches.of(*NAMES)
EVERY = [Switches(*bits) for bits in itertools.product([False, True], repeat=5)]


def small_street():
    """Image, instances and classes, 64 x 128."""
    return street(64, 128)


def noisy(noise: float = 0.8, channels: int = 2, seed: int = 0) -> torch.Tensor:
    """A prediction of the small street that is wrong in every part."""
    _, instances, classes = small_street()
    output = ideal_output(instances, classes, 2, channels, noise=noise)
    generator = torch.Generator().manual_seed(seed)
    blur = torch.randn(output.shape, generator=generator)
    output[2 : 2 + channels] += 0.05 * blur[2 : 2 + channels]
    output[2 + channels :] += 1.5 * blur[2 + channels :]
    return output


def rubbish(channels: int = 2) -> torch.Tensor:
    """A prediction that knows nothing of the street."""
    generator = torch.Generator().manual_seed(3)
    output = torch.randn((2 + channels + 2, 64, 128), generator=generator)
    output[:2] *= 0.05
    return output


def found(output, switches, instances=None, classes=None, channels=2, thresholds=LENIENT):
    _, own_instances, own_classes = small_street()
    instances = own_instances if instances is None else instances
    classes = own_classes if classes is None else classes
    return oracle_instances(output, instances, classes, channels, thresholds, switches)


def assert_same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def ap_of(result, instances, classes) -> float:
    scene = Scene("street", np.zeros((*instances.shape, 3), np.uint8), instances, classes)
    return average_precision([record_image(*result, truth_from_scene(scene))], 2, min_region=0).mean


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("noise", [0.0, 0.8])
def test_all_off_is_the_clustering(channels, noise):
    output = noisy(noise, channels)
    expected = cluster(output, channels, **vars(LENIENT))
    result = found(output, OFF, channels=channels)
    assert len(expected) > 3
    assert_same(result, [t.numpy() for t in (expected.masks, expected.scores, expected.classes)])


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("make", [noisy, rubbish])
def test_all_on_is_perfect_whatever_the_network_says(channels, make):
    _, instances, classes = small_street()
    result = found(make(channels=channels), ON, channels=channels)
    assert ap_of(result, instances, classes) == 1
    assert (result.scores == 1).all()
    assert ap_of(found(make(channels=channels), OFF, channels=channels), instances, classes) < 0.9


def test_all_on_is_perfect_for_concentric_and_nested_and_scattered_objects():
    instances = np.zeros((40, 60), np.int32)
    instances[5:35, 5:35] = 1
    instances[10:30, 10:30] = 2
    instances[15:25, 15:25] = 3
    instances[2:8, 40:46] = instances[30:36, 50:56] = 4  # one object in two pieces
    classes = (instances > 0).astype(np.int16)
    output = torch.cat([rubbish()[:5, :40, :60]])
    result = oracle_instances(output, instances, classes, 2, LENIENT, ON)
    assert ap_of(result, instances, classes) == 1


def test_objects_of_min_pixels_or_fewer_stay_lost():
    instances = np.zeros((20, 30), np.int32)
    instances[2:5, 2:5], instances[10:15, 10:15] = 1, 2
    result = oracle_instances(
        rubbish()[:5, :20, :30], instances, (instances > 0).astype(np.int16), 2, Thresholds(min_pixels=9), ON
    )
    assert len(result.masks) == 1
    assert result.masks[0].sum() == 25


@pytest.mark.parametrize("switches", EVERY, ids=lambda s: "+".join(s.on) or "nothing")
def test_the_numbers_of_the_instances_do_not_matter(switches):
    _, instances, _ = small_street()
    renamed = np.array([0, 9, 300, 2, 70, 1, 5], np.int32)[instances]
    output = noisy()
    assert_same(found(output, switches), found(output, switches, instances=renamed))


def test_nothing_of_the_truth_leaks_when_off():
    _, instances, classes = small_street()
    elsewhere = np.roll(instances, 30, axis=1), np.roll(classes, 30, axis=1)
    output = noisy()
    assert_same(found(output, OFF), found(output, OFF, *elsewhere))
    for name in NAMES:
        one, other = found(output, Switches.of(name)), found(output, Switches.of(name), *elsewhere)
        assert len(one.masks) != len(other.masks) or (one.masks != other.masks).any(), name


def test_the_foreground_knows_classes_and_no_instances():
    _, instances, classes = small_street()
    joined = np.array([0, 1, 1, 4, 4, 5, 6], np.int32)[instances]
    assert_same(found(noisy(), Switches(foreground=True)), found(noisy(), Switches(foreground=True), joined))
    assert not found(noisy(), Switches(foreground=True)).masks[:, classes == 0].any()


def test_void_takes_no_part_in_a_true_foreground_and_counts_to_no_object():
    _, instances, classes = small_street()
    covered = classes.copy()
    covered[:, 60:] = -1
    result = found(noisy(), ON, classes=covered)
    assert not result.masks[:, :, 60:].any()
    assert ap_of(result, instances, covered) == 1


def test_a_true_centre_is_the_mean_embedding_for_every_seed_of_the_object():
    """With seeds, margin and offsets as predicted."""
    _, instances, classes = small_street()
    output = noisy(0.5)
    prediction = split(output[None], 2)
    result = found(output, Switches(centre=True))
    best = int(np.argmax(prediction.seed_map[0, 0].numpy()))
    row, column = divmod(best, 128)
    k = instances[row, column]
    own = next(
        o
        for o in find_instances(
            prediction.embedding[0], prediction.bandwidth[0], torch.tensor(instances), torch.tensor(classes), "learned"
        )
        if instances[o.mask.numpy()][0] == k
    )
    members = membership(prediction.embedding[0], own.centre, prediction.sharpness[0, :, row, column]) > 0.5
    expected = members & (prediction.seed_map[0, 0] > 0.5)
    np.testing.assert_array_equal(result.masks[0], expected.numpy())


def test_a_seed_outside_of_every_object_keeps_its_own():
    instances, classes = np.zeros((64, 128), np.int32), np.zeros((64, 128), np.int16)
    for switches in (Switches(centre=True), Switches(sigma=True), Switches(offsets=True)):
        assert_same(found(noisy(), switches, instances, classes), found(noisy(), OFF))
    for switches in (Switches(seeds=True), Switches(foreground=True)):
        assert len(found(noisy(), switches, instances, classes).masks) == 0


def test_true_seeds_open_each_object_once_with_a_good_prediction():
    result = found(noisy(0.3), Switches(seeds=True))
    assert len(result.masks) == 6
    assert (result.scores > 0.9).all()


@pytest.mark.parametrize("channels", [1, 2])
def test_ground_truth_seeds_are_one_proposal_for_each_object(channels):
    _, instances, classes = small_street()
    output = noisy(0.5, channels)
    result = ground_truth_seed_instances(output, instances, classes, channels, LENIENT)
    assert result.classes.tolist() == [classes[instances == k][0] for k in range(1, 7)]
    assert result.scores.tolist() == [1] * 6
    prediction = split(output[None], channels)
    for k in range(1, 7):
        mask = torch.tensor(instances == k)
        embedding = prediction.embedding[0]
        kappa = torch.exp(10 * prediction.bandwidth[0][:, mask].mean(1))
        inside = membership(embedding, embedding[:, mask].mean(1), kappa) > 0.5
        taking_part = prediction.seed_map[0, result.classes[k - 1] - 1] > 0.5
        np.testing.assert_array_equal(result.masks[k - 1], (inside & taking_part).numpy())


def test_ground_truth_seeds_by_centroid_differ_where_embeddings_lie_elsewhere():
    _, instances, classes = small_street()
    output = ideal_output(instances, classes, 2)
    output[0] += 0.03  # all embeddings 30 px to the right, together
    learned = ground_truth_seed_instances(output, instances, classes, 2, LENIENT)
    centroid = ground_truth_seed_instances(output, instances, classes, 2, LENIENT, centre="centroid")
    own = [instances == k for k in range(1, 7)]
    assert np.diag(iou_matrix(learned.masks, np.stack(own))).min() > 0.99
    assert np.diag(iou_matrix(centroid.masks, np.stack(own))).max() < 0.5


def test_an_image_without_objects():
    nothing = np.zeros((64, 128), np.int32), np.zeros((64, 128), np.int16)
    assert found(rubbish(), ON, *nothing).masks.shape == (0, 64, 128)
    assert ground_truth_seed_instances(rubbish(), *nothing, 2, LENIENT).masks.shape == (0, 64, 128)


def test_bad_input_is_told():
    _, instances, classes = small_street()
    with pytest.raises(ValueError, match="expected one of foreground, seeds, centre, sigma, offsets"):
        Switches.of("offset")
    with pytest.raises((ValueError, TypeCheckError), match="instances"):
        found(rubbish(), ON, instances[:-1])
    with pytest.raises(ValueError, match="class 3"):
        found(rubbish(), ON, classes=np.where(classes == 1, 3, classes).astype(np.int16))
    broken = rubbish()
    broken[4, 3, 5] = torch.nan
    with pytest.raises(ValueError, match="not finite, the first in channel 4 at row 3, column 5"):
        found(broken, ON)
