"""A network that needs no training: it recognises a scene's image and puts out what its labels ask for."""

import torch

from lab.checkpoints import ModelCard
from lab.datasets.cityscapes import INSTANCE_CLASSES
from tests.ideal import ideal_output

CARD = ModelCard(2, 8, tuple(INSTANCE_CLASSES), 0.5, 0.5, 8, 0.5)


class KnowsByHeart(torch.nn.Module):
    """A network that recognises an image and puts out what its labels ask for."""

    def __init__(self, scenes, noise: float = 0.0):
        super().__init__()
        self.nowhere = torch.nn.Parameter(torch.zeros(()))
        self.known = {
            scene.image.tobytes(): ideal_output(scene.instances, scene.classes, 8, noise=noise) for scene in scenes
        }

    def forward(self, image):
        pixels = (image[0] * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
        return self.known[pixels.tobytes()][None]
