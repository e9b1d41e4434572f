"""Which cases are timed."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

Subject = Literal["loss", "clustering", "network"]
SUBJECTS = get_args(Subject)
KINDS = ("trained", "random")
INSTANCES = (5, 20, 60, 200)
# Height, width, batch: notebooks and crops of stage 1; a whole street of Cityscapes.
LOSS_SIZES = ((512, 512, 2), (1024, 2048, 1))
NETWORK_SIZES = ((256, 512), (512, 512), (1024, 2048))
FEW = 60  # instances that the readable versions can take in a short run
FULL_AREA, FULL_MIN_PIXELS = 1024 * 2048, 128  # the authors' least size of an instance, scaled by area


@dataclass(frozen=True)
class Setting:
    """One case: of which subject, and what `lab.speed.cases.make_case` is asked for.

    Attributes:
        kind, instances: None for the network, whose time does not depend on what is to be seen.
        batch: images at once; the clustering takes one.
    """

    subject: str
    height: int
    width: int
    kind: str | None = None
    instances: int | None = None
    batch: int = 1
    num_classes: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        if self.subject not in SUBJECTS:
            raise ValueError(f"subject is {self.subject!r}; expected one of {', '.join(SUBJECTS)}.")
        if (self.subject == "network") != (self.kind is None) or (self.kind is None) != (self.instances is None):
            raise ValueError(
                f"found {self.subject} with kind {self.kind} and {self.instances} instances; expected both for loss "
                "and clustering, and neither for the network."
            )

    @property
    def min_pixels(self) -> int:
        """Of the clustering, for this size."""
        return max(1, round(FULL_MIN_PIXELS * self.height * self.width / FULL_AREA))

    @property
    def name(self) -> str:
        """In words, without the subject, width x height: "20 instances, trained, 2048x1024, 8 classes"."""
        size = f"{f'{self.batch} x ' if self.batch > 1 else ''}{self.width}x{self.height}"
        objects = f"{self.instances} instances, {self.kind}, " if self.kind else ""
        return f"{objects}{size}, {self.num_classes} class{'es' if self.num_classes > 1 else ''}"

    def smaller(self, factor: int) -> "Setting":
        """The same with sides ``factor`` times shorter."""
        return replace(self, height=max(1, self.height // factor), width=max(1, self.width // factor))

    def entry(self) -> dict[str, Any]:
        """For a file of results: by these values a case is known again."""
        return asdict(self)


def all_settings(subject: str) -> tuple[Setting, ...]:
    """The whole table of a subject."""
    if subject == "network":
        return tuple(Setting(subject, height, width) for height, width in NETWORK_SIZES)
    batches = {size: size[2] if subject == "loss" else 1 for size in LOSS_SIZES}
    table = tuple(
        Setting(subject, height, width, kind, instances, batches[height, width, batch])
        for kind in KINDS
        for height, width, batch in LOSS_SIZES
        for instances in INSTANCES
    )
    # All candidates in one class are the most for the readable clustering.
    crowded = tuple(Setting(subject, 1024, 2048, "trained", instances, num_classes=1) for instances in (20, 100, 200))
    return table + (crowded if subject == "clustering" else ())


def short_settings(subject: str) -> tuple[Setting, ...]:
    """Those of the smaller size that take seconds: for `make bench`."""
    return tuple(s for s in all_settings(subject) if s.height <= 512 and (s.instances or 0) <= FEW)
