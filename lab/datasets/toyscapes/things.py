"""What stands on the street: meshes with their labels, and the ground they take."""

from dataclasses import dataclass, field

import numpy as np

from lab.datasets.toyscapes.mesh import Mesh


@dataclass(frozen=True)
class Thing:
    """One labelled part of the scene.

    Attributes:
        mesh: in world coordinates.
        label: Cityscapes label id.
        counted: is it an instance of its own? If not, it is stuff or part of a group.
        solid: does it block the sun for what stands in its shadow (houses, trees)?
    """

    mesh: Mesh
    label: int
    counted: bool = False
    solid: bool = False


@dataclass
class Plot:
    """Ground taken so far, as discs; people and cyclists are put where nobody is."""

    discs: list[tuple[float, float, float]] = field(default_factory=list)

    def take(self, x: float, z: float, radius: float) -> bool:
        """Take the disc if it is free. -> was it?"""
        taken = np.asarray(self.discs).reshape(-1, 3)
        if np.any(np.hypot(taken[:, 0] - x, taken[:, 1] - z) < taken[:, 2] + radius):
            return False
        self.discs.append((x, z, radius))
        return True

    def block(self, x: float, z: float, length: float, width: float) -> None:
        """Take a box along z, by a row of discs."""
        count = max(1, int(np.ceil(length / width)))
        for offset in (np.arange(count) + 0.5) / count - 0.5:
            self.discs.append((x, z + offset * length, 0.55 * width))
