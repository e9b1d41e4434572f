"""What the text of notebook 07 says of the street without computing it there."""

import numpy as np
import pytest
import torch

from lab.checkpoints import shipped_model
from lab.clustering import candidates_of, cluster
from lab.datasets.sample import street
from lab.embedding import bandwidth_to_sharpness, membership, sharpness_to_margin, split
from lab.evaluation.predict import network_output, thresholds_of
from lab.figures.speakers import speakers
from lab.metrics import iou_matrix
from lab.widgets.replay.compute import read_inputs, run_clustering


@pytest.fixture(scope="module")
def on_the_street():
    """The shipped model's output, its thresholds, the street."""
    model, scene = shipped_model("toyscapes"), street()
    return network_output(model, scene.image), thresholds_of(model.card), scene, model.card.class_names


def proposals_of(run, class_index):
    return [p for p in run.proposals if p.step.class_index == class_index]


def overlaps(run, scene, class_index, number):
    """IoU of a class's proposal with every labelled object, by the object's number."""
    mask = np.zeros(scene.instances.shape, bool)
    mask.flat[proposals_of(run, class_index)[number - 1].pixels] = True
    return dict(enumerate(iou_matrix(mask[None], scene.instances)[0], start=1))


def test_numbers_in_the_notebooks_sentences(on_the_street):
    """A retrained model or another street would make them wrong: this says which."""
    output, own, scene, names = on_the_street
    inputs = read_inputs(scene.image, output, names)
    run = run_clustering(inputs, tuple(range(1, 9)), own)
    rejected = [p.step for p in run.proposals if not p.number]
    assert (len(run), len(rejected)) == (22, 8)
    assert all(step.reason.startswith("seen before") for step in rejected)
    cars = [p.step for p in run.proposals if p.step.class_index == 3]
    assert (len(cars), cars[0].proposal_pixels, round(cars[0].score, 3)) == (12, 8796, 0.995)
    assert (cars[3].accepted, cars[3].proposal_pixels, round(1 - cars[3].overlap, 2)) == (False, 1353, 0.22)
    people = [p.step for p in run.proposals if p.step.class_index == 1]
    assert (len(people), round(1 - people[3].overlap, 2)) == (4, 0.48)

    def found(**change):
        return cluster(output, 2, **(vars(own) | change))

    assert found(min_unassigned=0.45).trace[3].accepted
    share = {(c, n): overlaps(run, scene, c, n) for c, n in ((1, 1), (1, 4), (3, 3), (3, 4))}
    assert [round(share[3, n][12], 2) for n in (3, 4)] == [0.53, 0.72]
    assert [round(share[1, n][5], 2) for n in (1, 4)] == [0.43, 0.60]
    five = [np.isin(proposals_of(run, 1)[n - 1].pixels, np.flatnonzero(scene.instances == 5)).sum() for n in (1, 4)]
    assert five == [754, 1106]
    assert (scene.instances == 5).sum() == 1573
    assert scene.instances[cars[3].row, cars[3].column] == 12
    assert all(overlaps(run, scene, 1, n)[6] < 0.1 for n in (1, 2, 3, 4))
    assert [len(found(seed_threshold=t)) for t in (0.5, 0.9)] == [25, 3]
    assert len(found(seed_threshold=0.5, min_pixels=0)) == 29

    def outside(result):
        return int((result.masks.any(0).numpy() & (scene.instances == 0)).sum())

    assert 1.4 < outside(found(foreground_threshold=0.0)) / outside(found()) < 1.6


def what_they_hold(found, scene):
    """(class, object that an instance overlaps most, whether it is that object found) of each instance."""
    iou = iou_matrix(found.masks.numpy(), scene.instances)
    best = iou.argmax(1) + 1
    of = [int(scene.classes[scene.instances == k][0]) for k in best]
    right = (iou.max(1) > 0.5) & (found.classes.numpy() == of)
    return list(zip(found.classes.tolist(), best.tolist(), right.tolist(), strict=True))


def test_what_comes_back_without_the_rule_of_the_new_half(on_the_street):
    output, own, scene, _ = on_the_street
    with_rule = what_they_hold(cluster(output, 2, **vars(own)), scene)
    without = what_they_hold(cluster(output, 2, **(vars(own) | {"min_unassigned": 0.0})), scene)
    right = [[k for _, k, is_right in held if is_right] for held in (with_rule, without)]
    assert len(without) - len(with_rule) == 8
    assert sorted(right[1]) == sorted([*right[0], 5, 12, 13])
    assert 12 in right[0]
    assert not {5, 13} & set(right[0])


def test_which_go_when_a_pixel_is_left_to_its_best_class(on_the_street):
    output, own, scene, names = on_the_street
    rivals = output.clone()
    rivals[4:][torch.arange(8)[:, None, None] != rivals[4:].argmax(0)] = -20.0
    before, after = (what_they_hold(cluster(o, 2, **vars(own)), scene) for o in (output, rivals))
    gone = [held for held in before if held not in after]
    assert [(names[c - 1], k, right) for c, k, right in gone] == [("bus", 17, True), ("train", 17, False)]
    assert (names.index("truck") + 1, 17, False) in after
    found = cluster(output, 2, **vars(own))
    truck, bus, train = (found.masks[found.classes == c].numpy() for c in (4, 5, 6))
    assert min(iou_matrix(truck[:1], other)[0, 0] for other in (bus, train)) > 0.5
    assert found.scores[found.classes == 4].max() > found.scores[found.classes > 4].max()


def test_no_margin_of_the_street_lies_in_the_strict_window(on_the_street):
    output, _, scene, _ = on_the_street
    prediction, masks = split(output[None], 2), {k: torch.from_numpy(scene.instances == k) for k in range(1, 21)}
    embedding = 1024 * prediction.embedding[0]
    centres = {k: embedding[:, mask].mean(1) for k, mask in masks.items()}
    spread = {k: (embedding[:, mask] - centres[k][:, None]).norm(dim=0) for k, mask in masks.items()}
    margins = {
        k: sharpness_to_margin(bandwidth_to_sharpness(prediction.bandwidth[0][:, m].mean(1))) for k, m in masks.items()
    }
    of = {k: int(scene.classes[scene.instances == k][0]) for k in masks}
    for k in masks:
        near = [float((centres[j] - centres[k]).norm()) for j in masks if j != k and of[j] == of[k]]
        r = spread[k].max()
        assert not ((r < margins[k]) & (margins[k] < min(near, default=np.inf) - r)).all()
    assert [round(float(v)) for v in (spread[11].max(), *margins[11])] == [79, 36, 34]
    assert 0.9 < (spread[11] < 22).float().mean() < 0.92


def test_what_comes_of_rejected_proposals_that_give_their_pixels_back(on_the_street):
    output, own, _, _ = on_the_street
    car = candidates_of(split(output[None], 2), 3, own.foreground_threshold)
    counted = {}
    for giving_back in (False, True):
        unassigned, rounds, accepted = torch.ones_like(car.score, dtype=torch.bool), 0, 0
        while unassigned.sum() > own.min_pixels:
            seed = int(torch.where(unassigned, car.score, -1.0).argmax())
            if car.score[seed] < own.seed_threshold:
                break
            unassigned[seed], rounds = False, rounds + 1
            proposal = membership(car.embedding, car.embedding[:, seed], car.sharpness[:, seed]) > 0.5
            size, fresh = int(proposal.sum()), int((proposal & unassigned).sum())
            good = size > own.min_pixels and fresh / size > own.min_unassigned
            accepted += good
            if good or not giving_back:
                unassigned[proposal] = False
        counted[giving_back] = rounds, accepted
    assert counted == {False: (12, 6), True: (353, 8)}


def test_car_12_and_its_seed(on_the_street):
    output, _, scene, _ = on_the_street
    both = {k: speakers(split(output[None], 2), torch.from_numpy(scene.instances == k), 3) for k in (9, 11, 12)}
    assert both[12]["mean"].centre[0] - both[12]["seed"].centre[0] == pytest.approx(11, abs=0.6)
    assert both[12]["mean"].iou - both[12]["seed"].iou > 0.2
    assert all(abs(both[k]["mean"].iou - both[k]["seed"].iou) < 0.03 for k in (9, 11))
