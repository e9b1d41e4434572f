"""Files in the place of a model: safetensors that are cut, changed or of something else, and pickles that would run."""

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from functools import cache

import torch
from safetensors import safe_open
from safetensors.torch import save

from lab.checkpoints import CARD
from lab.folders import data_folder
from tests.robustness.judging import Bomb
from tests.robustness.pictures import Builder, stored

Tensors = dict[str, torch.Tensor]
NAME = "m.safetensors"


@cache
def shipped() -> tuple[Tensors, dict]:
    """Tensors and card of the smallest model that ships."""
    with safe_open(data_folder() / "models" / "tiny.safetensors", "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, json.loads(file.metadata()[CARD])  # noqa: SIM118


def whole() -> bytes:
    return (data_folder() / "models" / "tiny.safetensors").read_bytes()


def with_card(change: Callable[[dict], object]) -> Builder:
    def content() -> bytes:
        tensors, card = shipped()
        card = json.loads(json.dumps(card))
        change(card)
        return save(tensors, {CARD: json.dumps(card)})

    return stored(NAME, content)


def with_tensors(change: Callable[[Tensors], object]) -> Builder:
    def content() -> bytes:
        tensors, card = shipped()
        tensors = dict(tensors)
        change(tensors)
        return save(tensors, {CARD: json.dumps(card)})

    return stored(NAME, content)


def with_text(text: str) -> Builder:
    return stored(NAME, lambda: save(shipped()[0], {CARD: text}))


def header(text: bytes, length: int | None = None, rest: bytes = b"") -> Builder:
    """A file whose header is this text."""
    return stored(NAME, struct.pack("<Q", len(text) if length is None else length) + text + rest)


def _put(key: str, value: object) -> Builder:
    return with_card(lambda card: card.__setitem__(key, value))


def _all(change: Callable[[torch.Tensor], torch.Tensor]) -> Builder:
    return with_tensors(
        lambda tensors: tensors.update({n: change(t) for n, t in tensors.items() if t.is_floating_point()})
    )


FIRST, LAST = "encoder.initial_block.conv.weight", "decoders.1.output_conv.bias"
VALUES = (None, "x", -1, 0, 1.5, 10**9, 10**30, float("nan"), float("inf"), True, [], [1], {})
FIELDS = (
    "bandwidth_channels",
    "num_classes",
    "class_names",
    "seed_threshold",
    "foreground_threshold",
    "min_pixels",
    "min_unassigned",
    "settings",
    "intensity",
)
CARDS: dict[str, Builder] = {
    **{f"card: {field} is {value!r}": _put(field, value) for field in FIELDS for value in VALUES},
    **{f"card without {field}": with_card(lambda card, f=field: card.pop(f)) for field in FIELDS},
    "card: bandwidth_channels is 2.0": _put("bandwidth_channels", 2.0),
    "card: num_classes is 1.0": _put("num_classes", 1.0),
    "card: names of two": _put("class_names", ["a", "b"]),
    "card: a name of numbers": _put("class_names", [5]),
    "card: a name of half a letter": _put("class_names", ["\ud83d"]),
    "card: an unknown field": _put("colour", "blue"),
    "card: empty": with_text(""),
    "card: a list": with_text("[]"),
    "card: null": with_text("null"),
    "card: half": with_text('{"bandwidth_channels": 2,'),
    "card: nested too deep": with_text("[" * 200_000),
    "card: a number of many digits": with_text("9" * 6000),
}
TENSORS: dict[str, Builder] = {
    "one tensor away": with_tensors(lambda tensors: tensors.pop(FIRST)),
    "last bias away": with_tensors(lambda tensors: tensors.pop(LAST)),
    "no tensors": with_tensors(lambda tensors: tensors.clear()),
    "one tensor more": with_tensors(lambda tensors: tensors.update(more=torch.ones(3))),
    "another shape": with_tensors(lambda tensors: tensors.update({FIRST: torch.ones(13, 3, 5, 5)})),
    "another number of classes": with_tensors(lambda tensors: tensors.update({LAST: torch.ones(7)})),
    "a scalar": with_tensors(lambda tensors: tensors.update({LAST: torch.tensor(1.0)})),
    "an empty tensor": with_tensors(lambda tensors: tensors.update({LAST: torch.ones(0)})),
    "names of another network": with_tensors(lambda t: [t.update({f"module.{n}": t.pop(n)}) for n in list(t)]),
    "NaN": _all(lambda tensor: tensor * float("nan")),
    "one NaN": with_tensors(lambda tensors: tensors.update({FIRST: tensors[FIRST] * float("nan")})),
    "infinite": _all(lambda tensor: tensor + float("inf")),
    "zeros": _all(torch.zeros_like),
    "huge": _all(lambda tensor: tensor.float() * 60000),
    "bfloat16": _all(lambda tensor: tensor.bfloat16()),
    "float64": _all(lambda tensor: tensor.double()),
    "whole numbers": _all(lambda tensor: tensor.to(torch.int32)),
    "bytes": _all(lambda tensor: tensor.to(torch.uint8)),
    "booleans": _all(lambda tensor: tensor > 0),
    "float8": _all(lambda tensor: tensor.to(torch.float8_e4m3fn)),
    "complex": _all(lambda tensor: tensor.to(torch.complex64)),
}

# What is sound, if odd.  All others must be refused.
USED = {
    "card: class_names is 'x'",
    *(f"card: {field} is {value}" for field in FIELDS[3:7] for value in (0, True)),
    "card: min_pixels is 1000000000",
    "card: settings is {}",
    "card without settings",
    "card without intensity",
    "card: an unknown field",
    *("zeros", "huge", "bfloat16", "float64", "float8"),
}


def _pickle() -> bytes:
    return pickle.dumps({"model_state_dict": Bomb()})


def _torch_file(content: object, new: bool = True) -> Callable[[], bytes]:
    def build() -> bytes:
        memory = io.BytesIO()
        torch.save(content, memory, _use_new_zipfile_serialization=new)
        return memory.getvalue()

    return build


def _zip(*members: tuple[str, bytes]) -> Callable[[], bytes]:
    def build() -> bytes:
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w") as file:
            for name, content in members:
                file.writestr(name, content)
        return memory.getvalue()

    return build


PICKLES: dict[str, Callable[[], bytes]] = {
    "a bare pickle": _pickle,
    "torch.save of an object": _torch_file({"model_state_dict": Bomb()}),
    "torch.save beside tensors": _torch_file({"model_state_dict": {"a": torch.ones(3)}, "optim_state_dict": Bomb()}),
    "torch.save in the old form": _torch_file({"model_state_dict": Bomb()}, new=False),
    "zip of a pickle": _zip(("archive/data.pkl", _pickle()), ("archive/version", b"3")),
    "protocol 0": lambda: pickle.dumps({"model_state_dict": Bomb()}, 0),
}


def _cut(share: float) -> Callable[[], bytes]:
    return lambda: whole()[: int(len(whole()) * share)]


FILES: dict[str, Builder] = {
    "nothing": stored(NAME, b""),
    "seven bytes": stored(NAME, b"\0" * 7),
    "eight bytes": stored(NAME, b"\0" * 8),
    "zeros": stored(NAME, bytes(4096)),
    "letters": stored(NAME, b"weights " * 500),
    **{f"cut at {share}": stored(NAME, _cut(share)) for share in (0.0001, 0.01, 0.5, 0.999)},
    "longer": stored(NAME, lambda: whole() + b"more"),
    "header of 2^63": header(b"{}", 2**63),
    "header of 2^40": header(b"{}", 2**40),
    "header longer than the file": header(b"{}", 5000),
    "header no JSON": header(b"{weights}"),
    "header nested too deep": header(b'{"a":' * 50_000),
    "header a list": header(b"[]"),
    "offsets beyond the end": header(b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'),
    "offsets backwards": header(b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}', rest=bytes(16)),
    "a shape of 2^62": header(
        b'{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,16]}}', rest=bytes(16)
    ),
    "an unknown dtype": header(b'{"a":{"dtype":"F99","shape":[4],"data_offsets":[0,16]}}', rest=bytes(16)),
    "without a card": stored(NAME, lambda: save(shipped()[0])),
    "an encoder": stored(NAME, lambda: save({"encoder.a": torch.ones(3)}, {"spatial_embedding_lab_encoder": "{}"})),
    "a PNG": stored(NAME, b"\x89PNG\r\n\x1a\n" + bytes(300)),
    "nowhere": lambda folder: folder / NAME,
    "a folder": lambda folder: (folder / NAME).mkdir() or folder / NAME,
    **{f"pickle: {name}": stored(NAME, content) for name, content in PICKLES.items()},
}
