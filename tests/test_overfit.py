"""The parts together: a network that sees one scene over and over must find its instances again."""

import torch

from lab.clustering import cluster
from lab.erfnet import BranchedERFNet
from lab.losses import SpatialEmbeddingLoss, total_loss
from lab.metrics import iou_matrix


def scene():
    """Discs of two classes on 64x64, two of them touching, one large and one small: no fixed margin fits all."""
    rows, columns = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    instances, classes = torch.zeros(64, 64, dtype=torch.int64), torch.zeros(64, 64, dtype=torch.int64)
    discs = [(20, 18, 14, 1), (20, 41, 9, 1), (50, 14, 5, 2), (48, 44, 12, 2)]
    for k, (row, column, radius, class_index) in enumerate(discs, start=1):
        mask = (rows - row) ** 2 + (columns - column) ** 2 <= radius**2
        instances[mask], classes[mask] = k, class_index
    image = torch.rand(3, 64, 64) * 0.2
    image += 0.2 * instances.float() * torch.tensor([0.9, 0.5, 0.3])[:, None, None]
    return image, instances, classes


def overlaps(network, image, instances):
    """Best IoU of every true instance, and the classes of the instances found."""
    network.eval()
    with torch.inference_mode():
        found = cluster(network(image[None])[0], min_pixels=20, seed_threshold=0.5)
    network.train()
    truth = torch.stack([instances == k for k in (1, 2, 3, 4)])
    best = iou_matrix(found.masks.numpy(), truth.numpy()).max(0, initial=0)
    return best, sorted(found.classes.tolist())


def test_overfits_one_scene_to_a_mean_iou_above_95_percent():
    """Within 300 steps, whichever: at a learning rate that stays, and with dropout, the smallest IoU comes and goes.

    After exactly 150 the mean was 0.94 to 0.99, over five seeds with either version of the loss: a last bit, from the
    order of ties or the number of threads, decided on which side of a threshold it fell.
    """
    image, instances, classes = scene()
    network, loss = BranchedERFNet(2, num_classes=2), SpatialEmbeddingLoss()
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    seen = []
    for step in range(1, 301):
        terms = loss(network(image[None]), instances[None], classes[None])
        optimiser.zero_grad()
        total_loss(terms).backward()
        optimiser.step()
        if step % 50 == 0:
            best, kinds = overlaps(network, image, instances)
            seen.append((step, best, kinds))
            if best.mean() > 0.95 and kinds == [1, 1, 2, 2]:
                return
    raise AssertionError(seen)
