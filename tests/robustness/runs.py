"""What trainings, comparisons, recordings and learners leave on disk, changed by something else."""

import io
import json
import pickle
import zipfile
from collections.abc import Callable

import numpy as np

from tests.robustness.judging import Bomb

# What may stand in the place of any JSON file.
JSON: dict[str, bytes] = {
    "nothing": b"",
    "half": b'{"models": {"a": [1, 2',
    "null": b"null",
    "a number": b"3",
    "a list": b"[]",
    "a list of lists": b"[[], []]",
    "an empty object": b"{}",
    "NaN": b'{"a": NaN}',
    "a word": b'"word"',
    "true": b"true",
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "bytes": bytes(range(256)) * 8,
    "nested too deep": b"[" * 200_000,
    "many digits": b'{"a": ' + b"9" * 6000 + b"}",
    "zeros": bytes(500),
    "a pickle": b"\x80\x04cos\nsystem\n(S'true'\ntR.",
}


def mutated(content: object, value: object, limit: int = 400) -> list[tuple[str, bytes]]:
    """The content with each of its values, one after the other, in turn another one; of lists the first entry."""
    found: list[tuple[str, bytes]] = []

    def walk(part: object, place: tuple) -> None:
        inner = part.items() if isinstance(part, dict) else enumerate(part[:1]) if isinstance(part, list) else ()
        for key, below in inner:
            if len(found) < limit:
                other = json.loads(json.dumps(content))
                at = other
                for step in place:
                    at = at[step]
                at[key] = value
                found.append((f"{'.'.join(map(str, (*place, key)))} is {value!r}", json.dumps(other).encode()))
                walk(below, (*place, key))

    walk(content, ())
    return found


def npz(**arrays: np.ndarray) -> bytes:
    memory = io.BytesIO()
    np.savez_compressed(memory, **arrays)
    return memory.getvalue()


def _npy(array: np.ndarray) -> bytes:
    memory = io.BytesIO()
    np.save(memory, array, allow_pickle=True)
    return memory.getvalue()


def _zip(name: str, content: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", method) as file:
        file.writestr(name, content)
    return memory.getvalue()


def _huge() -> bytes:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"
    header += b" " * (118 - len(header) - 1) + b"\n" if len(header) < 117 else b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header


def _broken(content: bytes, start: float, count: int = 40) -> bytes:
    at = int(len(content) * start)
    return content[:at] + bytes(255 - value for value in content[at : at + count]) + content[at + count :]


def arrays(sound: bytes) -> dict[str, Callable[[], bytes]]:
    """What may stand in the place of a .npz file; ``sound`` is a whole one."""
    return {
        "nothing": lambda: b"",
        "words": lambda: b"arrays " * 99,
        "zeros": lambda: bytes(2000),
        **{f"cut at {share}": lambda s=share: sound[: int(len(sound) * s)] for share in (0.01, 0.3, 0.7, 0.99)},
        **{
            f"changed at {start}": lambda s=start: _broken(sound, s)
            for start in (0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97)
        },
        "a bare array": lambda: _npy(np.ones(3)),
        "a pickled array": lambda: _npy(np.array([Bomb()], object)),
        "pickled inside": lambda: _zip("origin.npy", _npy(np.array([Bomb()], object))),
        "a bare pickle": lambda: pickle.dumps(Bomb()),
        "a shape of 8 terabytes": lambda: _zip("origin.npy", _huge()),
        "no arrays": lambda: npz(),
        "no array inside": lambda: _zip("origin.npy", b"words"),
        "another name": lambda: npz(other=np.ones(3)),
        "no numbers": lambda: npz(origin=np.array("no JSON"), state=np.array("x")),
        "origin null": lambda: npz(origin=np.array("null"), state=np.array("null")),
        "origin nested too deep": lambda: npz(origin=np.array("[" * 200_000)),
    }
