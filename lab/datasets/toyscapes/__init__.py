"""ToyScapes: synthetic street scenes in the form of Cityscapes."""

from lab.datasets.toyscapes.scene import Picture, render_picture, render_scene
from lab.datasets.toyscapes.write import write_toyscapes

__all__ = ["Picture", "render_picture", "render_scene", "write_toyscapes"]
