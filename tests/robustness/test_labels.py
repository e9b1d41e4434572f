"""Label files of every layout, and the table of a folder of nuclei: used, or refused by name."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lab.datasets.objects import index_objects
from lab.datasets.sources import open_source
from tests.own import discs, picture, write_discs
from tests.robustness.judging import bounded_memory, call, sample, trouble
from tests.robustness.labels import LABELS
from tests.street import write_scene

HEAD = "name,id,width,height,instances,group,split\n"
ROW = "scene_0,a,64,48,4,g,train\n"
VALUES = ("", " ", "-1", "1.5", "x", "9" * 5000, "\0", '"', "a/b", "..", "é", "nan")


def _changed(place: int, value: str) -> str:
    cells = ROW.strip().split(",")
    return ",".join((*cells[:place], value, *cells[place + 1 :])) + "\n"


TABLES: dict[str, str | bytes] = {
    "nothing": "",
    "no rows": HEAD,
    "no head": ROW,
    "other columns": "a,b\n1,2\n",
    "tabs": (HEAD + ROW).replace(",", "\t"),
    "semicolons": (HEAD + ROW).replace(",", ";"),
    "a row too short": HEAD + "scene_0,a,64\n",
    "a row too long": HEAD + ROW.strip() + ",more\n",
    "a row twice": HEAD + ROW + ROW,
    "two splits": HEAD + ROW + "scene_1,b,64,48,4,g,val\n",
    "a picture that is not there": HEAD + ROW + "scene_9,b,64,48,4,,train\n",
    "an open quote": HEAD + '"scene_0,a,64,48,4,g,train\n',
    "a line without end": HEAD + "x" * 200_000,
    "not UTF-8": (HEAD + ROW).encode() + b"\xff\xfe,,,,,,\n",
    "UTF-16": (HEAD + ROW).encode("utf-16"),
    "zeros": bytes(500),
    "bytes": bytes(range(256)),
    "a mark in front": b"\xef\xbb\xbf" + (HEAD + ROW).encode(),
    "lines of Windows": (HEAD + ROW).replace("\n", "\r\n"),
    **{
        f"{column} is {value[:9]!r}": HEAD + _changed(place, value)
        for place, column in enumerate(HEAD.strip().split(","))
        for value in VALUES
    },
}


def own(root: Path) -> Path:
    write_discs(root / "train", 1)
    return root / "train" / "labels" / "scene_0.png"


def nuclei(root: Path) -> Path:
    for part, values in (("images", picture(discs())), ("masks", discs())):
        (root / part).mkdir(parents=True)
        Image.fromarray(values).save(root / part / "scene_0.png")
    (root / "manifest.csv").write_text(HEAD + ROW)
    return root / "masks" / "scene_0.png"


def street(root: Path) -> Path:
    ids = np.where(discs() > 0, 26_000 + discs(), 7)
    write_scene(root, "train", "aachen_0_0", picture(discs()), ids)
    return root / "gtFine" / "train" / "aachen" / "aachen_0_0_gtFine_instanceIds.png"


# Labels that are sound, if odd, in each layout.  All others must be refused.
COUNTED = {"sound", "32 bits", "numbers with gaps", "65535"}
USED = {
    own: COUNTED
    | {"8 bits", "65536", "the largest number", "full", "each pixel an object", "palette"}
    | {"a class of none", "class 34", "an object of a wall", "a car"},
    nuclei: COUNTED | {"pages"},
    street: {"a car"},
}


def use(root: Path) -> None:
    """All that a training and an evaluation ask of a data set."""
    source = open_source(root, "train")
    source.checked_labels(0)
    scene = source[0]
    assert scene.classes.shape == scene.instances.shape == scene.image.shape[:2]
    assert scene.classes.max(initial=0) <= len(source.class_names)
    assert len(source.stored_ids(0)) == scene.instances.max(initial=0) if hasattr(source, "stored_ids") else True
    index_objects(source, progress=False)


@pytest.mark.parametrize("layout", [own, nuclei, street])
@pytest.mark.parametrize("name", sample(LABELS, 4))
def test_labels_are_used_or_refused_by_name(layout: Callable[[Path], Path], name: str, tmp_path: Path):
    place = layout(tmp_path / "data")
    (tmp_path / "new").mkdir()
    made = LABELS[name](tmp_path / "new")
    place.unlink()
    if os.path.lexists(made):
        os.rename(made, place)
    with bounded_memory():
        outcome = call(lambda: use(tmp_path / "data"))
    assert trouble(outcome, "scene_0", "aachen_0_0") == ""
    assert outcome.code == 1 or name in USED[layout]


@pytest.mark.parametrize("name", sample(TABLES, 4))
def test_a_table_is_used_or_refused_by_name(name: str, tmp_path: Path):
    nuclei(tmp_path)
    content = TABLES[name]
    (tmp_path / "manifest.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    outcome = call(lambda: use(tmp_path))
    assert trouble(outcome, "manifest.csv", "scene_0") == ""
    # Of ids and groups it matters only which are equal.
    assert (
        outcome.code == 1 or name.startswith(("id is", "group is")) or name in ("a mark in front", "lines of Windows")
    )
