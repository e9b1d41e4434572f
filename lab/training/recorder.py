"""The recorder: what the network made of one picture, the probe, at about forty moments of a training.

The first steps change most, so the moments lie evenly on a logarithmic scale.  Each channel of each moment is kept in
8 bits with a scale of its own: offsets between -60 and 60 px are known to half a pixel.  RUN/record.npz stays under
3 MB and is written whole at every moment, so a training that is killed keeps what it has.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32, Int, UInt8
from torch import Tensor, nn

from lab.checkpoints import THRESHOLDS, ModelCard
from lab.datasets.crops import cut
from lab.datasets.scene import Scene
from lab.embedding import PIXELS_PER_UNIT
from lab.origin import origin_of
from lab.recordings import read_recording, write_arrays

MOMENTS = 40
PIXELS = (128, 256)  # of a frame, at most
RECIPE = "python -m lab train"
COLUMNS = ("step", "stage", "instance", "smoothness", "seed", "total", "learning_rate")


def moments(stage_steps: tuple[int, ...], count: int = MOMENTS) -> tuple[int, ...]:
    """Steps (over all stages, 0 before the first) at which a frame is taken: 0, log-spaced ones, the ends of stages."""
    total = sum(stage_steps)
    spaced = np.geomspace(1, total, max(count - 1 - len(stage_steps), 2)).tolist() if total else []
    ends = np.cumsum(stage_steps).tolist()
    return tuple(sorted({0, *(round(step) for step in spaced), *ends}))


@dataclass(frozen=True)
class Probe:
    """The part of a scene that is watched; every ``stride``-th pixel of what the network makes of it is kept."""

    scene: Scene
    stride: int


def make_probe(scene: Scene) -> Probe:
    """The middle of a scene, at the scene's own resolution: as much as fits a frame, with stride 2 where it is larger.

    Not the whole scene made small: the network knows objects of the size that it is trained on.
    """
    height, width = scene.classes.shape
    stride = 2 if height >= 2 * PIXELS[0] and width >= 2 * PIXELS[1] else 1
    size = [min(side, stride * most) for side, most in zip((height, width), PIXELS, strict=True)]
    top, left = (height - size[0]) // 2, (width - size[1]) // 2
    return Probe(cut(scene, top, left, *size), stride)


def readable(output: Float[Tensor, "C H W"], bandwidth_channels: int) -> Float32[np.ndarray, "C H W"]:
    """Raw output as offsets in px, raw b, and seed maps from 0 to 1."""
    offset, bandwidth, seed = output.float().split([2, bandwidth_channels, output.shape[0] - 2 - bandwidth_channels])
    return torch.cat([offset.tanh() * PIXELS_PER_UNIT, bandwidth, seed.sigmoid()]).cpu().numpy()


@dataclass(frozen=True)
class Quantiser:
    """8-bit codes of a frame: value = low + code * step, with a low and a step for each channel of each frame.

    Not all 256 codes are used, for 3 MB must hold forty frames: 128 for offsets and b, 32 for seed maps.  The lowest
    and highest value are at least ``least_spans`` apart: finer steps than can be seen would only store noise.
    """

    bandwidth_channels: int
    num_classes: int

    @property
    def most_codes(self) -> Float32[np.ndarray, " C"]:
        """Codes that a channel uses."""
        return np.array([128.0] * (2 + self.bandwidth_channels) + [32.0] * self.num_classes, np.float32)

    @property
    def least_spans(self) -> Float32[np.ndarray, " C"]:
        """Of offsets 50 px, of b 0.5, of seed maps all of 0..1."""
        return np.array([50.0] * 2 + [0.5] * self.bandwidth_channels + [1.0] * self.num_classes, np.float32)

    def encode(
        self, frame: Float32[np.ndarray, "C H W"]
    ) -> tuple[UInt8[np.ndarray, "C H W"], Float32[np.ndarray, "C 2"]]:
        """Codes, and low and step of each channel."""
        flat = frame.reshape(len(frame), -1)
        low = flat.min(1)
        step = np.maximum(flat.max(1) - low, self.least_spans) / (self.most_codes - 1)
        codes = np.rint((frame - low[:, None, None]) / step[:, None, None]).astype(np.uint8)
        return codes, np.stack([low, step], 1)


def decode(
    codes: UInt8[np.ndarray, "*T C H W"], scales: Float32[np.ndarray, "*T C 2"]
) -> Float32[np.ndarray, "*T C H W"]:
    """Values of the codes, each right to half a step of its channel."""
    low, step = scales[..., 0, None, None], scales[..., 1, None, None]
    return low + codes.astype(np.float32) * step


def _differences(codes: UInt8[np.ndarray, "*T H W"]) -> UInt8[np.ndarray, "*T H W"]:
    """Each pixel less its left neighbour, modulo 256: smooth maps become small numbers, which pack well."""
    return np.diff(codes, axis=-1, prepend=np.uint8(0))


def _sums(differences: UInt8[np.ndarray, "*T H W"]) -> UInt8[np.ndarray, "*T H W"]:
    return np.cumsum(differences, axis=-1, dtype=np.uint8)


class Recorder:
    """Takes the frames of one run into its file; goes on with the file of a run that was stopped.

    Args:
        path: RUN/record.npz.
        probe: what is watched.
        stage_steps: steps of each stage.
        card: the model's, for whoever reads the record alone.
        done: steps over all stages that the training goes on from; frames beyond are dropped.
    """

    def __init__(
        self,
        path: Path,
        probe: Probe,
        stage_steps: tuple[int, ...],
        card: ModelCard,
        done: int = 0,
    ):
        self.path, self.probe, self.card = path, probe, card
        self.about = {"stage_steps": list(stage_steps), "stride": probe.stride, "probe": probe.scene.name}
        self.moments = frozenset(moments(stage_steps))
        self.frames = _kept(path, done) if done else {}

    def is_due(self, step: int) -> bool:
        """Whether the state after ``step`` steps over all stages is to be kept, and is not yet."""
        return step in self.moments and step not in self.frames

    @torch.no_grad()
    def take(self, step: int, network: nn.Module) -> None:
        """Keep what the network makes of the probe.  Leaves it in evaluation mode: put it back as it was.

        Raises:
            OSError: the file could not be written; the old one stays.
        """
        network.eval()
        channels, device = self.card.bandwidth_channels, next(network.parameters()).device
        image = torch.from_numpy(self.probe.scene.image).to(device).permute(2, 0, 1)[None].float() / 255
        output = network(image)[0][:, :: self.probe.stride, :: self.probe.stride]
        self.frames[step] = Quantiser(channels, self.card.num_classes).encode(readable(output, channels))
        self._write(device)

    def _write(self, device: torch.device) -> None:
        steps = sorted(self.frames)
        scene, stride = self.probe.scene, self.probe.stride
        arrays = {
            "steps": np.array(steps, np.int32),
            "codes": _differences(np.stack([self.frames[step][0] for step in steps])),
            "scales": np.stack([self.frames[step][1] for step in steps]),
            "image": _differences(np.ascontiguousarray(scene.image.transpose(2, 0, 1))),
            "instances": scene.instances[::stride, ::stride],
            "classes": scene.classes[::stride, ::stride],
        }
        about = {"recipe": RECIPE, **self.about, "card": asdict(self.card)}
        write_arrays(self.path, about | origin_of(device), arrays)


def _kept(path: Path, done: int) -> dict[int, tuple[UInt8[np.ndarray, "C H W"], Float32[np.ndarray, "C 2"]]]:
    """Frames of a stopped run up to step ``done``; none where there is no record: nothing depends on it."""
    try:
        arrays, _ = read_recording(path, RECIPE)
        codes = _sums(arrays["codes"])
        return {int(step): (codes[t], arrays["scales"][t]) for t, step in enumerate(arrays["steps"]) if step <= done}
    except (FileNotFoundError, ValueError, KeyError):
        return {}


@dataclass(frozen=True)
class Record:
    """A run as it was recorded.

    Attributes:
        steps: of the frames, over all stages; 0 is the untrained network.
        stage: of each frame, 0 or 1; a frame at the end of a stage belongs to that stage.
        codes, scales: the frames in 8 bits, see `frame`.
        stride: pixel (row, column) of a frame lies at (row * stride, column * stride) of ``image``.
        image, instances, classes: the probe; labels at the frames' resolution.
        terms: rows of the run's log: `COLUMNS`, steps over all stages.
        class_names, bandwidth_channels, thresholds: as on the model's card.
        origin: recipe, settings, device, versions, commit.
    """

    steps: Int[np.ndarray, " T"]
    stage: Int[np.ndarray, " T"]
    codes: UInt8[np.ndarray, "T C h w"]
    scales: Float32[np.ndarray, "T C 2"]
    stride: int
    image: UInt8[np.ndarray, "H W 3"]
    instances: Int[np.ndarray, "h w"]
    classes: Int[np.ndarray, "h w"]
    terms: Float32[np.ndarray, "L 7"]
    class_names: tuple[str, ...]
    bandwidth_channels: int
    thresholds: dict[str, float]
    origin: dict[str, object]

    def frame(self, t: int) -> Float32[np.ndarray, "C h w"]:
        """Frame ``t``: offset x and y in px, raw b (S channels), seed maps from 0 to 1 (N channels)."""
        return decode(self.codes[t], self.scales[t])


def read_record(path: Path) -> Record:
    """Read RUN/record.npz and the log beside it; a record that ships holds its log itself.

    Raises:
        FileNotFoundError: there is none.
        ValueError: the file is no record of a run.
    """
    arrays, origin = read_recording(path, RECIPE)
    try:
        ends = np.cumsum(origin["stage_steps"])
        steps, card = arrays["steps"], origin["card"]
        return Record(
            steps,
            np.searchsorted(ends, steps, side="left").clip(max=len(ends) - 1),
            _sums(arrays["codes"]),
            arrays["scales"],
            origin["stride"],
            np.ascontiguousarray(_sums(arrays["image"]).transpose(1, 2, 0)),
            arrays["instances"],
            arrays["classes"],
            arrays["terms"] if "terms" in arrays else read_terms(path.with_name("log.csv"), origin["stage_steps"]),
            tuple(card["class_names"]),
            card["bandwidth_channels"],
            {name: card[name] for name in THRESHOLDS},
            origin,
        )
    except KeyError as error:
        raise ValueError(
            f"{path}: found a recording without {error}, expected the record of a training (record.npz). "
            "Train again, or name another run."
        ) from error


def read_terms(path: Path, stage_steps: list[int]) -> Float32[np.ndarray, "L 7"]:
    """Rows of a run's log.csv as `COLUMNS`, steps counted over all stages; none where there is no log."""
    from lab.training.runs import read_log

    firsts = np.cumsum([0, *stage_steps])
    rows = [[firsts[int(stage)] + step, stage, *numbers] for stage, step, *numbers in read_log(path)]
    return np.array(rows, np.float32).reshape(-1, len(COLUMNS))


def pack(run: Path, target: Path, **origin: object) -> None:
    """Make one file of a run's record and its log, to ship.

    Raises:
        As `read_record`; OSError if the file could not be written.
    """
    arrays, found = read_recording(run / "record.npz", RECIPE)
    arrays["terms"] = read_terms(run / "log.csv", found["stage_steps"])
    write_arrays(target, found | origin, arrays)
