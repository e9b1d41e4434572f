"""COCO files that lie: a sound one, changed in one place."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.own import write_coco

Change = Callable[[dict], object]
RING = [4.0, 4.0, 20.0, 4.0, 20.0, 20.0, 4.0, 20.0]


def sound() -> dict:
    """Two images of 48x64, three objects."""
    return {
        "images": [{"id": k, "file_name": f"scene_{k}.png", "height": 48, "width": 64} for k in (1, 2)],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 10, "iscrowd": 0, "segmentation": [RING]},
            {"id": 2, "image_id": 1, "category_id": 20, "iscrowd": 0, "segmentation": [[v + 20 for v in RING]]},
            {
                "id": 3,
                "image_id": 2,
                "category_id": 10,
                "iscrowd": 1,
                "segmentation": {"size": [48, 64], "counts": [96, 480, 2496]},
            },
        ],
        "categories": [{"id": 10, "name": "cell"}, {"id": 20, "name": "speck"}],
    }


def folder(root: Path, content: str | bytes | dict) -> Path:
    """A data set with the two pictures and this file."""
    whole = sound()
    write_coco(root, whole["images"], whole["annotations"], ("cell", "speck"))
    if isinstance(content, dict):
        content = json.dumps(content)
    (root / "annotations.json").write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def changed(change: Change) -> dict:
    content = sound()
    change(content)
    return content


def _put(part: str, key: str, value: object) -> Change:
    return lambda content: content[part][0].__setitem__(key, value)


def _outline(value: object) -> Change:
    return _put("annotations", "segmentation", value)


def _rle(counts: object, size: object = (48, 64)) -> Change:
    return _outline({"size": list(size) if isinstance(size, tuple) else size, "counts": counts})


ODD_VALUES = (None, "", "x", -1, 0, 1.5, float("nan"), float("inf"), 10**30, True, [], [1], {}, {"a": 1})
TEXTS: dict[str, str | bytes] = {
    "nothing": "",
    "half": json.dumps(sound())[:150],
    "a list": "[]",
    "a number": "3",
    "null": "null",
    "no JSON": "images: none",
    "two objects": "{}{}",
    "not UTF-8": b'{"images": "\xff\xfe"}',
    "UTF-16": json.dumps(sound()).encode("utf-16"),
    "with a mark in front": b"\xef\xbb\xbf" + json.dumps(sound()).encode(),
    "nested too deep": "[" * 200_000,
    "nested too deep inside": '{"images": ' + '{"a":' * 100_000,
    "a number of many digits": '{"images": ' + "9" * 5000 + "}",
    "bytes": bytes(range(256)) * 40,
    "a pickle": b"\x80\x04cos\nsystem\n(S'true'\ntR.",
}
PARTS = {
    "images": ("id", "file_name", "height", "width"),
    "annotations": ("id", "image_id", "category_id", "iscrowd", "segmentation"),
    "categories": ("id", "name"),
}
CHANGES: dict[str, Change] = {
    **{
        f"{part} is {value!r}": (lambda c, p=part, v=value: c.__setitem__(p, v))
        for part in PARTS
        for value in (None, {}, "x", [1], [None], [[]])
    },
    **{f"{part} away": (lambda c, p=part: c.pop(p)) for part in PARTS},
    **{
        f"{part} without {key}": (lambda c, p=part, k=key: c[p][0].pop(k))
        for part, keys in PARTS.items()
        for key in keys
    },
    **{
        f"{part}.{key} is {value!r}": _put(part, key, value)
        for part, keys in PARTS.items()
        for key in keys
        for value in ODD_VALUES
    },
    "an image twice": lambda c: c["images"].append(c["images"][0]),
    "a category twice": lambda c: c["categories"].append(c["categories"][0]),
    "an annotation twice": lambda c: c["annotations"].append(c["annotations"][0]),
    "one file for two images": lambda c: c["images"][1].__setitem__("file_name", "scene_1.png"),
    "a file outside": _put("images", "file_name", "../outside.png"),
    "an absolute file": _put("images", "file_name", "/etc/hostname"),
    "a file with a zero byte": _put("images", "file_name", "a\0b.png"),
    "a name of half a letter": _put("categories", "name", "\ud83d"),
    "a name of a line break": _put("categories", "name", "a\nb"),
    "huge": lambda c: c["images"][0].update(height=10**9, width=10**9),
    "huge one way": lambda c: c["images"][0].update(height=10**9),
    "large": lambda c: c["images"][0].update(height=10**6, width=10**6),
    "sizes as words": lambda c: c["images"][0].update(height="48", width="64"),
    "a ring of two numbers": _outline([[1, 2]]),
    "a ring of a point": _outline([[5, 5, 5, 5, 5, 5]]),
    "a ring of five numbers": _outline([[1, 2, 3, 4, 5]]),
    "a ring of seven": _outline([[1, 2, 3, 4, 5, 6, 7]]),
    "a ring of words": _outline([["1", "2", "3", "4", "5", "6"]]),
    "a ring of nothing": _outline([[None] * 6]),
    "a ring of NaN": _outline([[float("nan")] * 6]),
    "a ring of infinity": _outline([[float("inf")] * 6]),
    "a ring far outside": _outline([[1e9, 1e9, -1e9, 5, 3, 1e12]]),
    "a ring of huge whole numbers": _outline([[10**400, 1, 2, 3, 4, 5]]),
    "a ring outside": _outline([[500, 500, 600, 500, 600, 600]]),
    "a ring in a ring": _outline([[RING]]),
    "a ring that is no list": _outline([5, 6, 7, 8, 9, 10]),
    "a ring of pairs": _outline([[[1, 2], [3, 4], [5, 6]]]),
    "a box": _outline([4, 4, 20, 20]),
    "two rings, one broken": _outline([RING, [1, 2, 3]]),
    "counts too many": _rle([0, 100_000_000]),
    "counts too few": _rle([2, 3]),
    "counts of nothing": _rle([]),
    "counts negative": _rle([2, -3, 3073]),
    "counts of fractions": _rle([2.5, 3069.5]),
    "counts of words": _rle(["a", 3]),
    "counts of NaN": _rle([float("nan")]),
    "counts of 2^40": _rle([2**40]),
    "counts that overflow": _rle([2**32 - 1, 3073]),
    "counts is null": _rle(None),
    "counts is a number": _rle(5),
    "packed counts of letters": _rle("zzzzzzzzzzzz"),
    "packed counts of nothing": _rle(""),
    "packed counts that promise more": _rle("Q"),
    "packed counts whose last promises more": _rle("PP0Q"),
    "packed counts without end": _rle("o" * 5000),
    "packed counts of another size": _rle("P`0P1"),
    "packed counts of others": _rle("\u00e9\u00ff\u4e2d"),
    "packed counts too short": _rle("01"),
    "size too short": _rle([3072], (48,)),
    "size of words": _rle([3072], ("48", "64")),
    "size is a number": _rle([3072], 48),
    "size is null": _rle([3072], None),
    "size turned": _rle([3072], (64, 48)),
    "size huge": _rle([3072], (10**9, 10**9)),
    "an image unknown": _put("annotations", "image_id", 99),
    "a category unknown": _put("annotations", "category_id", 99),
    "ids of two kinds": lambda c: (c["categories"][0].__setitem__("id", "10"), c["annotations"].clear()),
    "images of two kinds": lambda c: c["images"][0].__setitem__("id", "1"),
    "names of two kinds": lambda c: c["images"][0].__setitem__("file_name", 5),
    "no annotations": lambda c: c["annotations"].clear(),
    "no images": lambda c: c["images"].clear(),
    "no categories": lambda c: c["categories"].clear(),
    "all crowds": lambda c: [entry.update(iscrowd=1) for entry in c["annotations"]],
}
# What is sound, if odd.  All others must be refused.
USED = {
    "annotations without id",
    "annotations without iscrowd",
    "annotations.id is -1",
    "annotations.id is 0",
    "annotations.iscrowd is None",
    "annotations.iscrowd is 0",
    "annotations.iscrowd is True",
    "categories.name is 'x'",
    "an annotation twice",
    "a name of a line break",
    "a ring of a point",
    "a ring outside",
}
