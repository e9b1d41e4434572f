import pytest
import torch

from lab.erfnet import BranchedERFNet
from lab.losses import SpatialEmbeddingLoss
from lab.training.recentre import recentre


def batch():
    instances = torch.zeros(1, 32, 32, dtype=torch.int64)
    instances[0, 4:14, 3:15], instances[0, 16:30, 10:30] = 1, 2
    return {"image": torch.randint(0, 255, (1, 3, 32, 32), dtype=torch.uint8), "instances": instances}


def shifted_network(x: float, y: float) -> BranchedERFNet:
    network = BranchedERFNet(2, 1).eval()
    torch.nn.init.normal_(network.decoders[0].output_conv.weight[:, :2], std=1e-3)
    with torch.no_grad():
        network.decoders[0].output_conv.bias[:2] = torch.tensor([x, y])
    return network


def test_the_mean_offset_over_objects_becomes_zero():
    network, sample = shifted_network(0.15, -0.05), batch()
    shift = recentre(network, [sample, sample])
    assert shift.tolist() == pytest.approx([152, -51], abs=5)  # 1024 tanh(0.15), 1024 tanh(-0.05)
    with torch.no_grad():
        output = network(sample["image"].float() / 255)
    assert output[0, :2][:, sample["instances"][0] > 0].mean(1).tolist() == pytest.approx([0, 0], abs=1e-6)


def test_a_common_shift_leaves_the_loss_with_learned_centres_alone_and_not_the_one_with_centroids():
    """Why there is a shift to take out, and why only with learned centres."""
    network, sample = shifted_network(0.02, -0.01), batch()
    classes = (sample["instances"] > 0).long()

    def instance_term(centre):
        with torch.no_grad():
            output = network(sample["image"].float() / 255)
        return SpatialEmbeddingLoss(centre=centre)(output, sample["instances"], classes)["instance"].item()

    learned, centroid = instance_term("learned"), instance_term("centroid")
    recentre(network, [sample])
    assert instance_term("learned") == pytest.approx(learned, abs=1e-3)
    assert instance_term("centroid") < centroid - 0.1


def test_without_objects_nothing_moves():
    network, sample = shifted_network(0.1, 0.1), batch()
    sample["instances"].zero_()
    assert recentre(network, [sample]).tolist() == [0, 0]
    assert network.decoders[0].output_conv.bias[:2].tolist() == pytest.approx([0.1, 0.1])
