"""The card of a freshly trained model: settings, thresholds, and where it comes from."""

from dataclasses import asdict

from lab.checkpoints import ModelCard
from lab.origin import origin_of
from lab.training.settings import TrainingSettings


def make_card(settings: TrainingSettings, class_names: tuple[str, ...], device: str, seconds: float) -> ModelCard:
    """The card; ``seconds`` is the time of training."""
    return ModelCard(
        bandwidth_channels=settings.bandwidth_channels,
        num_classes=len(class_names),
        class_names=tuple(class_names),
        seed_threshold=settings.seed_threshold,
        foreground_threshold=settings.foreground_threshold,
        min_pixels=settings.min_pixels,
        min_unassigned=settings.min_unassigned,
        intensity=settings.intensity,
        settings=asdict(settings),
        origin=origin_of(device) | {"minutes": round(seconds / 60, 1)},
    )
