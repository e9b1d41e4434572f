"""The crop sampler of notebook 09: which windows a training takes from the street, and what it makes of them."""

from lab.widgets.crops.shell import CropSampler

__all__ = ["CropSampler"]
