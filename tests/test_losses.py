import functools

import numpy as np
import pytest
import torch

from lab.embedding import sigma_to_bandwidth
from lab.losses import TERM_WEIGHTS, SpatialEmbeddingLoss, find_instances, total_loss
from lab.lovasz import lovasz_hinge
from tests.ideal import ideal_output

VARIANTS = [(s, c) for s in (1, 2) for c in ("learned", "centroid")]


@pytest.fixture(params=("readable", "fast"))
def loss_of(request):
    """`SpatialEmbeddingLoss` in both versions, to be given its other settings."""
    return functools.partial(SpatialEmbeddingLoss, implementation=request.param)


def scene(height=24, width=32, num_classes=2):
    """Two touching objects of class 1, one of class 2, a strip of void that cuts into an object."""
    instances = torch.zeros(height, width, dtype=torch.int64)
    classes = torch.zeros_like(instances)
    instances[4:12, 3:10], classes[4:12, 3:10] = 7, 1
    instances[4:12, 10:20], classes[4:12, 10:20] = 9, 1
    instances[14:22, 5:25], classes[14:22, 5:25] = 2, num_classes
    classes[:, 23:26] = -1
    return instances, classes


def random_output(num_classes=2, bandwidths=2, height=24, width=32, batch=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    output = torch.randn(batch, 2 + bandwidths + num_classes, height, width, generator=generator, dtype=torch.float64)
    output[:, :2] *= 0.005
    output[:, 2 : 2 + bandwidths] = 0.8 + 0.1 * output[:, 2 : 2 + bandwidths]
    return output


def by_loops(output, instances, classes, bandwidths, centre, foreground_weight=10.0):
    """The three terms of one image in NumPy, pixel by pixel, straight from the equations."""
    o = output.numpy()
    _, height, width = o.shape
    rows, columns = np.mgrid[:height, :width]
    position = np.stack([columns, rows]) / 1024
    embedding = position + np.tanh(o[:2])
    b, seeds = o[2 : 2 + bandwidths], 1 / (1 + np.exp(-o[2 + bandwidths :]))
    instances, classes = instances.numpy(), classes.numpy()
    valid = classes != -1
    ids = sorted(set(instances[valid].tolist()) - {0})
    target, weight = np.zeros_like(seeds), np.ones_like(seeds)
    instance, smoothness = [], []
    for k in ids:
        mask = (instances == k) & valid
        b_k = b[:, mask].mean(1)
        c_k = (embedding if centre == "learned" else position)[:, mask].mean(1)
        kappa = np.exp(10 * np.broadcast_to(b_k, 2))
        phi = np.zeros((height, width))
        for y, x in np.ndindex(height, width):
            phi[y, x] = np.exp(-sum(kappa[d] * (embedding[d, y, x] - c_k[d]) ** 2 for d in (0, 1)))
        logits, labels = torch.tensor(2 * phi[valid] - 1), torch.tensor(mask[valid])
        instance.append(lovasz_hinge(logits, labels).item())
        smoothness.append(np.mean((b[:, mask] - b_k[:, None]) ** 2))
        target[classes[mask][0] - 1][mask] = phi[mask]
        weight[classes[mask][0] - 1][mask] = foreground_weight
    return {
        "instance": np.mean(instance) if ids else 0.0,
        "smoothness": np.mean(smoothness) if ids else 0.0,
        "seed": (weight * (seeds - target) ** 2)[:, valid].sum() / max(valid.sum(), 1),
    }


@pytest.mark.parametrize(("bandwidths", "centre"), VARIANTS)
@pytest.mark.parametrize("num_classes", [2, 5])
def test_equals_the_equations_pixel_by_pixel(loss_of, bandwidths, centre, num_classes):
    instances, classes = scene(num_classes=num_classes)
    output = random_output(num_classes, bandwidths)
    terms = loss_of(bandwidths, centre)(output, instances[None], classes[None])
    expected = by_loops(output[0], instances, classes, bandwidths, centre)
    assert {k: v.item() for k, v in terms.items()} == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("bandwidths", "centre"), VARIANTS)
def test_gradcheck(loss_of, bandwidths, centre):
    instances = torch.tensor([[[0, 1, 1], [0, 1, 2], [3, 0, 2]]])
    classes = torch.tensor([[[0, 1, 1], [-1, 1, 2], [2, 0, 2]]])
    output = random_output(2, bandwidths, 3, 3).requires_grad_()
    loss = loss_of(bandwidths, centre)
    # Small objects: σ of about a pixel and centres that differ, so that no two errors tie.
    with torch.no_grad():
        output[:, 2 : 2 + bandwidths] += 0.4
    # The stop-gradients make seed and smoothness differ from a plain derivative: the instance term is checked
    # numerically here, the other two by what they must not move (below).
    assert torch.autograd.gradcheck(lambda x: loss(x, instances, classes)["instance"], output, atol=1e-4)


def test_seed_term_moves_the_seed_map_only(loss_of):
    instances, classes = scene()
    output = random_output().requires_grad_()
    loss_of()(output, instances[None], classes[None])["seed"].backward()
    assert (output.grad[:, :4] == 0).all()
    assert (output.grad[:, 4:][:, :, classes >= 0] != 0).all()
    assert (output.grad[:, 4:][:, :, classes < 0] == 0).all()


@pytest.mark.parametrize("centre", ["learned", "centroid"])
def test_attached_seed_target_has_the_same_value_and_pulls_the_memberships(centre):
    instances, classes = scene()
    output = random_output().requires_grad_()
    terms = {
        kind: SpatialEmbeddingLoss(centre=centre, seed_target=kind, implementation="readable")(
            output, instances[None], classes[None]
        )  # the version that knows both: the bits are equal
        for kind in ("membership", "attached")
    }
    for name in TERM_WEIGHTS:
        torch.testing.assert_close(terms["attached"][name], terms["membership"][name], rtol=0, atol=0)
    (pulled,) = torch.autograd.grad(terms["attached"]["seed"], output, retain_graph=True)
    (fixed,) = torch.autograd.grad(terms["membership"]["seed"], output)
    torch.testing.assert_close(pulled[:, 4:], fixed[:, 4:])
    inside = (instances > 0) & (classes >= 0)
    assert (pulled[0, :4][:, inside] != 0).all()
    assert (pulled[0, :4][:, ~inside] == 0).all()


def test_attached_gradient_equals_finite_differences():
    """Without the stop-gradient the seed term is an ordinary function, so its derivative is the ordinary one."""
    instances = torch.tensor([[[0, 1, 1], [0, 1, 2], [3, 0, 2]]])
    classes = torch.tensor([[[0, 1, 1], [-1, 1, 2], [2, 0, 2]]])
    output = random_output(2, 2, 3, 3).requires_grad_()
    loss = SpatialEmbeddingLoss(seed_target="attached")
    assert torch.autograd.gradcheck(lambda x: loss(x, instances, classes)["seed"], output, atol=1e-4)


def test_mask_as_seed_target_asks_for_one_on_every_pixel_of_an_object():
    instances, classes = torch.zeros(1, 1, 4, dtype=torch.int64), torch.zeros(1, 1, 4, dtype=torch.int64)
    instances[0, 0, :2] = classes[0, 0, :2] = 1
    output = torch.zeros(1, 5, 1, 4)
    output[0, 0, 0, 0] = 0.3  # embeddings far apart: memberships near 0, which does not matter here
    terms = SpatialEmbeddingLoss(seed_target="mask")(output, instances, classes)
    assert terms["seed"].item() == pytest.approx((2 * 10 * 0.5**2 + 2 * 0.5**2) / 4)


def test_smoothness_gradient_is_that_of_a_fixed_mean(loss_of):
    instances, classes = scene()
    output = random_output().requires_grad_()
    loss_of()(output, instances[None], classes[None])["smoothness"].backward()
    mask = (instances == 7) & (classes >= 0)
    b = output.detach()[0, 2:4][:, mask]
    expected = 2 * (b - b.mean(1, keepdim=True)) / b.numel() / 3  # a third: three instances
    torch.testing.assert_close(output.grad[0, 2:4][:, mask], expected)
    assert (output.grad[:, :2] == 0).all()


def test_smoothness_is_on_b_not_on_ten_b(loss_of):
    instances, classes = torch.ones(1, 1, 2, dtype=torch.int64), torch.ones(1, 1, 2, dtype=torch.int64)
    output = torch.zeros(1, 4, 1, 2)
    output[0, 2] = torch.tensor([[0.0, 2.0]])
    assert loss_of(1)(output, instances, classes)["smoothness"].item() == pytest.approx(1.0)


def test_one_pixel_by_hand(loss_of):
    """Its membership is 1: no instance loss, no smoothness; seed 10 (s - 1)² on it over the 4 pixels."""
    instances, classes = torch.zeros(1, 2, 2, dtype=torch.int64), torch.zeros(1, 2, 2, dtype=torch.int64)
    instances[0, 0, 0] = classes[0, 0, 0] = 1
    output = torch.zeros(1, 5, 2, 2)
    output[:, 2:4] = sigma_to_bandwidth(torch.tensor(0.05))
    terms = loss_of()(output, instances, classes)
    assert terms["instance"].item() == pytest.approx(0, abs=1e-6)
    assert terms["smoothness"].item() == 0
    assert terms["seed"].item() == pytest.approx((10 * 0.25 + 3 * 0.25) / 4)


def test_one_pixel_that_is_not_void_counts_whole(loss_of):
    classes = torch.tensor([[[0, -1, -1]]])
    terms = loss_of(1)(torch.zeros(1, 4, 1, 3), torch.zeros_like(classes), classes)
    assert terms["seed"].item() == 0.25  # (1/2 - 0)² over one pixel


def test_a_centroid_is_as_precise_as_the_embedding():
    """Columns 0, 1 and 3: a mean of 4/3, which float32 does not hold."""
    labels = torch.tensor([[1, 1, 0, 1]])
    maps = torch.zeros(2, 1, 4, dtype=torch.float64)
    (found,) = find_instances(maps, maps, labels, labels, "centroid")
    assert found.centre.tolist() == pytest.approx([4 / 3 / 1024, 0], rel=1e-12)


def test_perfect_prediction_costs_almost_nothing(loss_of):
    instances, classes = scene()
    terms = loss_of()(
        ideal_output(instances.numpy(), classes.clamp(min=1).numpy(), 2)[None], instances[None], classes[None]
    )
    assert terms["instance"] < 0.02
    assert terms["smoothness"] < 1e-10
    assert terms["seed"] < 0.01


def test_ids_may_be_any_numbers_in_any_order(loss_of):
    instances, classes = scene()
    output, loss = random_output(), loss_of()
    renamed = instances.clone()
    for old, new in {7: 26001, 9: 3, 2: 800}.items():
        renamed[instances == old] = new
    a, b = loss(output, instances[None], classes[None]), loss(output, renamed[None], classes[None])
    for name in a:
        torch.testing.assert_close(a[name], b[name])


def test_batch_is_the_mean_of_its_images_also_the_empty_ones(loss_of):
    instances, classes = scene()
    empty = torch.zeros_like(instances)
    output, loss = random_output(batch=3), loss_of()
    labels = [(instances, classes), (empty, empty), (instances.flip(1), classes.flip(1))]
    whole = loss(output, *(torch.stack(part) for part in zip(*labels, strict=True)))
    singles = [loss(output[i : i + 1], labels[i][0][None], labels[i][1][None]) for i in range(3)]
    assert singles[1]["instance"] == singles[1]["smoothness"] == 0
    for name in whole:
        torch.testing.assert_close(whole[name], torch.stack([s[name] for s in singles]).mean())


def test_a_frame_of_void_changes_nothing(loss_of):
    instances, classes = scene()
    output, loss = random_output(), loss_of()
    padded = torch.nn.functional.pad(output, (0, 9, 0, 5), value=3.0)
    framed = torch.nn.functional.pad(instances, (0, 9, 0, 5)), torch.nn.functional.pad(classes, (0, 9, 0, 5), value=-1)
    a, b = loss(output, instances[None], classes[None]), loss(padded, framed[0][None], framed[1][None])
    for name in a:
        torch.testing.assert_close(a[name], b[name])


def test_nothing_but_void_is_zero_with_a_zero_gradient(loss_of):
    output = random_output().requires_grad_()
    labels = torch.ones(1, 24, 32, dtype=torch.int64)
    terms = loss_of()(output, labels, -labels)
    total_loss(terms).backward()
    assert [t.item() for t in terms.values()] == [0, 0, 0]
    assert (output.grad == 0).all()


def test_full_image_and_three_hundred_instances(loss_of):
    full = torch.ones(1, 24, 32, dtype=torch.int64)
    many = (torch.arange(24 * 32).reshape(1, 24, 32) % 300) + 1
    for instances, classes in ((full, full), (many, (many % 2) + 1)):
        output = random_output().requires_grad_()
        terms = loss_of()(output, instances, classes)
        total_loss(terms).backward()
        assert torch.isfinite(output.grad).all()
        assert 0 <= terms["instance"] <= 2


@pytest.mark.parametrize("centre", ["learned", "centroid"])
def test_new_tensors_lie_where_the_output_lies(loss_of, centre):
    """Whatever device they go to by default: one that computes nothing would end it."""
    instances, classes = scene()
    output, loss = random_output(), loss_of(centre=centre)
    expected = loss(output, instances[None], classes[None])
    torch.set_default_device("meta")
    try:
        found = loss(output, instances[None], classes[None])
    finally:
        torch.set_default_device(None)
    assert {k: v.item() for k, v in found.items()} == {k: v.item() for k, v in expected.items()}


def test_total_weights_smoothness_ten_times():
    terms = {"instance": torch.tensor(1.0), "smoothness": torch.tensor(2.0), "seed": torch.tensor(3.0)}
    assert total_loss(terms).item() == 1 + 20 + 3
    assert total_loss(terms, TERM_WEIGHTS | {"seed": 0.0}).item() == 21


def test_half_precision_is_computed_in_float32(loss_of):
    instances, classes = scene()
    output = random_output().bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        terms = loss_of()(output, instances[None], classes[None])
    expected = loss_of()(output.float(), instances[None], classes[None])
    assert {t.dtype for t in terms.values()} == {torch.float32}
    for name in terms:
        torch.testing.assert_close(terms[name], expected[name])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda i, c: c.__setitem__((0, 0, 0), 3), r"image 0 .* class 3; expected .* 1\.\.2"),
        (lambda i, c: c.__setitem__((0, 0, 0), -2), "class -2; expected"),
        (lambda i, c: c.__setitem__((0, 5, 5), 2), r"instance 7 carries the classes \[1, 2\]; expected one"),
        (lambda i, c: i.__setitem__((0, 0, 3), 5), "row 0, column 3: instance 5 with class 0"),
        (lambda i, c: i.__setitem__((0, 5, 5), 0), "row 5, column 5: instance 0 with class 1"),
    ],
)
def test_bad_labels_are_named(loss_of, change, message):
    instances, classes = (label[None].clone() for label in scene())
    change(instances, classes)
    with pytest.raises(ValueError, match=message):
        loss_of()(random_output(), instances, classes)


def test_unknown_centre_is_named():
    # Called past the run-time type check, as a user's code would.
    loss = object.__new__(SpatialEmbeddingLoss)
    object.__setattr__(loss, "centre", "median")
    with pytest.raises(ValueError, match="centre is 'median'; expected"):
        loss.__post_init__()


def test_unknown_seed_target_is_named():
    loss = SpatialEmbeddingLoss()
    object.__setattr__(loss, "seed_target", "masks")
    with pytest.raises(ValueError, match="seed_target is 'masks'; expected"):
        loss.__post_init__()


@pytest.mark.cuda
def test_cuda_equals_cpu():
    instances, classes = (label[None] for label in scene())
    output = random_output()
    here = SpatialEmbeddingLoss()(output, instances, classes)
    there = SpatialEmbeddingLoss()(output.cuda(), instances.cuda(), classes.cuda())
    for name in here:
        torch.testing.assert_close(there[name].cpu(), here[name])


# --- What the paper argues against, in the instance term's place ---


def test_cross_entropy_in_the_instance_terms_place_is_that_of_the_membership():
    """Two instances: the mean of each one's mean over the pixels that are not void."""
    instances, classes = torch.tensor([[[1, 1, 0, 2, 0]]]), torch.tensor([[[1, 1, 0, 1, -1]]])
    output = random_output(1, 1, 1, 5)
    terms = SpatialEmbeddingLoss(1, "centroid", instance_loss="cross_entropy")(output, instances, classes)
    x = np.arange(5) / 1024 + np.tanh(output[0, 0, 0].numpy())
    y = np.tanh(output[0, 1, 0].numpy())
    expected = []
    for pixels in ([0, 1], [3]):
        kappa = np.exp(10 * output[0, 2, 0].numpy()[pixels].mean())
        phi = np.exp(-kappa * ((x - np.mean(pixels) / 1024) ** 2 + y**2))[:4]
        member = np.isin(np.arange(4), pixels)
        expected.append(-np.log(np.where(member, phi, 1 - phi)).mean())
    assert terms["instance"].item() == pytest.approx(np.mean(expected), rel=1e-6)


def test_the_hinge_costs_only_beyond_the_margin_and_teaches_the_bandwidth_nothing():
    """41 pixels in a row, at rest, margin 10.5 px: the outer ten on either side lie 0.5 to 9.5 px beyond."""
    instances = torch.ones(1, 1, 41, dtype=torch.int64)
    output = torch.zeros(1, 4, 1, 41, dtype=torch.float64)
    output[:, 2] = sigma_to_bandwidth(torch.tensor(10.5 / np.sqrt(2 * np.log(2)), dtype=torch.float64))
    output.requires_grad_()
    term = SpatialEmbeddingLoss(1, "centroid", instance_loss="hinge")(output, instances, instances)["instance"]
    assert term.item() == pytest.approx(2 * 50 / 41 / 10.5, rel=1e-6)
    term.backward()
    assert output.grad[:, 2].abs().max() == 0
    assert (output.grad[0, 0, 0] != 0).sum() == 20


def test_an_unknown_instance_loss_is_refused():
    loss = SpatialEmbeddingLoss()
    object.__setattr__(loss, "instance_loss", "dice")
    with pytest.raises(ValueError, match="instance_loss is 'dice'; expected"):
        loss.__post_init__()
