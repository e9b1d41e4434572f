"""The curves for TensorBoard: the numbers of log.csv and validation.csv again."""

from pathlib import Path

FOLDER = "tensorboard"


class Board:
    """Writes scalars into RUN/tensorboard; look at them with ``tensorboard --logdir RUNS``.

    Args:
        folder: of the run.
        done: steps over all stages that the training goes on from; what a killed run wrote beyond is hidden.
    """

    def __init__(self, folder: Path, done: int):
        from torch.utils.tensorboard import SummaryWriter  # here, for it takes seconds

        self._writer = SummaryWriter(str(folder / FOLDER), purge_step=done + 1)

    def training(self, step: int, terms: dict[str, float], rate: float) -> None:
        """A row of log.csv; ``step`` counts over both stages."""
        self._add("training", step, terms)
        self._writer.add_scalar("learning rate", rate, step)

    def validation(self, step: int, terms: dict[str, float]) -> None:
        """A row of validation.csv."""
        self._add("validation", step, terms)

    def close(self) -> None:
        """Write what waits."""
        self._writer.close()

    def _add(self, group: str, step: int, terms: dict[str, float]) -> None:
        for name, value in terms.items():
            self._writer.add_scalar(f"{name}/{group}", value, step)
