"""The pinhole camera."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

NEAR = 0.4  # metres; nothing nearer is drawn, so no division by a depth near zero


@dataclass(frozen=True)
class Camera:
    """A pinhole camera above the road, looking along +z.

    Attributes:
        x, height: position in metres (z is 0).
        yaw, pitch: radians, to the right and upwards.
        focal: in units of the picture's width, so that a scene is the same at every resolution.
    """

    x: float
    height: float
    yaw: float
    pitch: float
    focal: float

    def turn(self) -> Float[np.ndarray, "3 3"]:
        """Rows are the camera's right, up and forward in world coordinates."""
        cy, sy, cp, sp = np.cos(self.yaw), np.sin(self.yaw), np.cos(self.pitch), np.sin(self.pitch)
        return np.array([[cy, 0, -sy], [-sp * sy, cp, -sp * cy], [cp * sy, sp, cp * cy]])

    def view(self, points: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
        """World to camera coordinates (right, up, forward), metres."""
        return (points - np.array([self.x, self.height, 0.0])) @ self.turn().T

    def rays(self, height: int, width: int) -> Float[np.ndarray, "H W 3"]:
        """World directions through the pixels' centres, of depth 1 along the camera's axis."""
        right, up, forward = self.turn().astype(np.float32)
        u = ((np.arange(width, dtype=np.float32) + 0.5 - width / 2) / (self.focal * width)).astype(np.float32)
        v = ((height / 2 - np.arange(height, dtype=np.float32) - 0.5) / (self.focal * width)).astype(np.float32)
        return u[None, :, None] * right + (v[:, None, None] * up + forward)


def draw_camera(rng: np.random.Generator, lane: float) -> Camera:
    """A camera on a car's bonnet or roof in the lane whose middle lies at x = `lane`."""
    return Camera(
        x=lane + rng.uniform(-0.5, 0.5),
        height=rng.uniform(1.25, 2.1),
        yaw=np.radians(rng.normal(0, 3.0)),
        pitch=np.radians(rng.uniform(-3.5, 1.0)),
        focal=rng.uniform(0.78, 1.08),
    )
