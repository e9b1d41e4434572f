"""ToyScapes: the same number gives the same street, and the files are Cityscapes'."""

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from lab.__main__ import app
from lab.datasets.toyscapes import Picture, labels, render_picture, render_scene, write_toyscapes
from lab.datasets.toyscapes.mesh import ball, limb, normals
from lab.datasets.toyscapes.scene import MIN_PIXELS
from lab.datasets.toyscapes.write import FIRST_INDEX, Job, write_scene
from lab.images import whole

COUNTS = {"train": 16, "val": 2}
SIZE = (128, 256)
PATIENCE = 300.0  # seconds until something is taken to hang
STEM = "toyville/toyville_000000_"


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Path:
    """A small data set, written by two processes of their own (which run without this run's type checks)."""
    return write_toyscapes(tmp_path_factory.mktemp("town"), *SIZE, COUNTS, workers=2)


@pytest.fixture(scope="module")
def drawn() -> Picture:
    """Scene 1, rendered in this process."""
    return render_picture(0, 1, *SIZE)


def load(town: Path, number: int, split: str = "train") -> Picture:
    """A scene's three files."""
    stem = f"{split}/{STEM}{number:06d}"
    kinds = ("leftImg8bit.png", "gtFine_labelIds.png", "gtFine_instanceIds.png")
    folders = ("leftImg8bit", "gtFine", "gtFine")
    image, label_ids, instance_ids = (
        cv2.imread(str(town / f / f"{stem}_{k}"), cv2.IMREAD_UNCHANGED) for f, k in zip(folders, kinds, strict=True)
    )
    assert (image.dtype, label_ids.dtype, instance_ids.dtype) == (np.uint8, np.uint8, np.uint16)
    return Picture(image[..., ::-1], label_ids, instance_ids.astype(np.int32))


@pytest.fixture(scope="module")
def pictures(town) -> list[Picture]:
    """All training scenes."""
    return [load(town, i) for i in range(COUNTS["train"])]


def files(root: Path) -> dict[str, bytes]:
    """Every file under `root` by its relative path."""
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def numbered(picture: Picture) -> tuple[np.ndarray, np.ndarray]:
    """Instance ids and their pixel counts."""
    return np.unique(picture.instance_ids[picture.instance_ids >= 1000], return_counts=True)


def test_another_process_draws_the_same_pixels(drawn, pictures):
    assert np.array_equal(drawn.image, pictures[1].image)
    assert np.array_equal(drawn.label_ids, pictures[1].label_ids)
    assert np.array_equal(drawn.instance_ids, pictures[1].instance_ids)


def test_no_two_scenes_are_alike(town, pictures):
    images = [p.image for p in pictures] + [load(town, i, "val").image for i in range(COUNTS["val"])]
    assert len({i.tobytes() for i in images}) == len(images)


def test_label_and_instance_files_agree(pictures):
    for picture in pictures:
        ids, kinds = picture.instance_ids, picture.label_ids
        single = ids >= labels.INSTANCE_FACTOR
        assert np.array_equal(np.where(single, ids // labels.INSTANCE_FACTOR, ids), kinds)
        found, pixels = numbered(picture)
        assert set(found // 1000) <= set(labels.INSTANCE_LABELS)
        assert pixels.min() >= MIN_PIXELS


def test_numbers_of_a_class_count_from_zero(pictures):
    for picture in pictures:
        ids, _ = numbered(picture)
        for label in labels.INSTANCE_LABELS:
            numbers = ids[ids // 1000 == label] % 1000
            assert numbers.tolist() == list(range(len(numbers)))


def test_slivers_lose_their_number(pictures):
    """Some scene has a speck of an instance class that is not counted: it is there, as a group."""
    groups = [(p.label_ids >= labels.PERSON) & (p.instance_ids < 1000) for p in pictures]
    assert any(g.any() for g in groups)
    assert max(g.mean() for g in groups) < 0.02


def test_twice_the_resolution_shows_the_same_street(drawn):
    large = render_picture(0, 1, 256, 512)
    # A label is sampled a quarter pixel off the centre: the nearest of the four large pixels is the last.
    halved = large.instance_ids[1::2, 1::2]
    assert np.mean(large.label_ids[1::2, 1::2] == drawn.label_ids) > 0.96
    ids, pixels = numbered(drawn)
    big = ids[pixels >= 400]
    assert len(big) >= 2
    for identity in big:
        mask = drawn.instance_ids == identity
        twin = halved == np.bincount(halved[mask]).argmax()
        assert (mask & twin).sum() / (mask | twin).sum() > 0.9


def test_colour_and_label_edges_coincide(pictures):
    """Along the outlines of big instances the colour changes more than a few pixels outside."""
    ratios = []
    for picture in pictures:
        ids, pixels = numbered(picture)
        mask = (picture.instance_ids == ids[pixels.argmax()]).astype(np.uint8)
        gradient = cv2.morphologyEx(picture.image, cv2.MORPH_GRADIENT, np.ones((3, 3))).mean(axis=2)
        outline = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3))) > 0
        beyond = (cv2.dilate(mask, np.ones((15, 15))) - cv2.dilate(mask, np.ones((9, 9)))) > 0
        ratios.append(gradient[outline].mean() / gradient[beyond].mean())
    assert np.median(ratios) > 1.5


def test_every_class_is_there_and_sizes_span_twenty_to_one(pictures):
    areas: dict[int, list[int]] = {label: [] for label in labels.INSTANCE_LABELS}
    heights: dict[int, list[int]] = {label: [] for label in labels.INSTANCE_LABELS}
    for picture in pictures:
        for identity, pixels in zip(*numbered(picture), strict=True):
            areas[identity // 1000].append(pixels)
            heights[identity // 1000].append((picture.instance_ids == identity).any(axis=1).sum())
    assert all(areas.values())
    assert max(heights[labels.CAR]) >= 20 * min(heights[labels.CAR])
    assert max(areas[labels.PERSON]) >= 20 * min(areas[labels.PERSON])
    assert sum(len(a) for a in areas.values()) > 8 * len(pictures)


def test_riders_sit_on_two_wheelers(pictures):
    near = []
    for picture in pictures:
        wheels = cv2.dilate(
            np.isin(picture.label_ids, (labels.BICYCLE, labels.MOTORCYCLE)).astype(np.uint8), np.ones((3, 3))
        )
        for identity, pixels in zip(*numbered(picture), strict=True):
            if identity // 1000 == labels.RIDER and pixels >= 80:
                near.append((wheels[picture.instance_ids == identity] > 0).sum())
    assert len(near) >= 4
    assert np.mean(np.array(near) >= 3) > 0.7  # the others' wheels are hidden or out of the picture


def test_scene_form_and_no_use_of_global_random_state(drawn):
    np.random.seed(1)  # noqa: NPY002 - the very thing that must not matter
    scene = render_scene(0, 1, *SIZE)
    assert np.array_equal(scene.image, drawn.image)
    assert np.array_equal(scene.instances > 0, drawn.instance_ids >= 1000)
    assert np.unique(scene.instances).tolist() == list(range(scene.instances.max() + 1))
    for index, label in enumerate(labels.INSTANCE_LABELS, start=1):
        assert np.array_equal(scene.classes == index, drawn.instance_ids // 1000 == label)
    groups = (drawn.label_ids >= labels.PERSON) & (drawn.instance_ids < 1000)
    assert np.array_equal(scene.classes == -1, groups)


@pytest.mark.parametrize(
    "shape", [limb((0, 0, 0), (1, 0.2, 0), (0.2, 0.1), 0.1, (0, 0, 0), 8), ball((1, 2, 3), (1, 2, 1), (0, 0, 0))]
)
def test_solids_are_wound_outwards(shape):
    away = shape.faces.mean(axis=1) - shape.faces.mean(axis=(0, 1))
    assert ((away * normals(shape.faces)).sum(axis=1) > 0).all()


def test_names_and_sizes(town):
    names = set(files(town))
    assert len(names) == 3 * sum(COUNTS.values()) + 1
    assert f"gtFine/val/{STEM}000001_gtFine_instanceIds.png" in names
    assert load(town, 0).image.shape == (*SIZE, 3)
    assert FIRST_INDEX["val"] - FIRST_INDEX["train"] >= 1_000_000


def test_cityscapesscripts_reads_the_files(town):
    from cityscapesscripts.evaluation.instance import Instance
    from cityscapesscripts.helpers.csHelpers import getCsFileInfo
    from cityscapesscripts.helpers.labels import id2label

    path = town / f"gtFine/val/{STEM}000000_gtFine_instanceIds.png"
    info = getCsFileInfo(str(path))
    assert (info.city, info.sequenceNb, info.frameNb, info.type2) == ("toyville", "000000", "000000", "instanceIds")
    ids = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    for identity in np.unique(ids):
        instance = Instance(ids, int(identity))
        assert id2label[instance.labelID].hasInstances or identity < 1000
        assert instance.pixelCount == (ids == identity).sum()


def test_missing_and_cut_files_are_redone(town):
    before = files(town)
    stem = f"train/{STEM}00000"
    (town / f"gtFine/{stem}0_gtFine_instanceIds.png").unlink()
    cut = town / f"leftImg8bit/{stem}1_leftImg8bit.png"
    cut.write_bytes(cut.read_bytes()[:-40])
    left_behind = cut.with_name(f".{cut.name}.1.tmp")
    left_behind.write_bytes(b"half")
    assert not whole(cut)
    write_toyscapes(town, *SIZE, COUNTS, workers=1)
    left_behind.unlink()
    assert files(town) == before


def test_whole_scenes_are_left_alone_and_counts_only_grow(town):
    paths = sorted(town.rglob("*.png"))
    before, card = [p.stat().st_mtime_ns for p in paths], (town / "toyscapes.json").read_bytes()
    write_toyscapes(town, *SIZE, {"train": 1}, workers=1)
    assert [p.stat().st_mtime_ns for p in paths] == before
    assert (town / "toyscapes.json").read_bytes() == card


def test_what_a_killed_process_left_is_removed_and_nothing_of_others(town):
    """The folder may be one in which a person, or another program, keeps other things."""
    left, others = (town / folder / ".x.png.abcdefgh.part" for folder in ("leftImg8bit/train/toyville", "photographs"))
    others.parent.mkdir()
    for path in (left, others):
        path.write_bytes(b"half")
    with pytest.raises(ValueError, match="'seed': 0"):  # of another town
        write_toyscapes(town, *SIZE, {"train": 1}, seed=1)
    assert left.exists()
    write_toyscapes(town, *SIZE, {"train": 1}, workers=1)
    assert not left.exists()
    assert others.read_bytes() == b"half"
    others.unlink()
    others.parent.rmdir()


def test_a_failed_save_is_named_and_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match=r"could not save .*_leftImg8bit.png: No space left.*free some space"):
        write_scene(Job(str(tmp_path), "train", 0, 0, *SIZE))
    assert files(tmp_path) == {}


@pytest.mark.parametrize("raises", [True, False])
def test_a_failed_encoding_names_the_file_and_leaves_nothing(tmp_path, monkeypatch, raises):
    def failing(*_):
        if raises:
            raise cv2.error("out of memory")
        return False, None

    monkeypatch.setattr("cv2.imencode", failing)
    with pytest.raises(OSError, match=r"_leftImg8bit.png: OpenCV could not .*run the same command again"):
        write_scene(Job(str(tmp_path), "train", 0, 0, *SIZE))
    assert files(tmp_path) == {}


@pytest.mark.parametrize("later", [0.0, 0.05, 0.5])
def test_a_worker_that_is_killed_is_told_in_one_message(tmp_path, later):
    """Also while others are being started, when Python's own pool would wait for ever."""

    def kill_workers() -> None:
        while not multiprocessing.active_children():
            time.sleep(0.001)
        time.sleep(later)
        for process in multiprocessing.active_children():
            os.kill(process.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_workers, daemon=True)
    killer.start()
    with pytest.raises(OSError, match=r"ended from outside.*run the same command again.*--workers 1"):
        write_toyscapes(tmp_path, *SIZE, {"train": 40}, workers=2)
    killer.join(PATIENCE)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.usefixtures("hears_ctrl_c")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_a_stopped_parent(tmp_path, number):
    words = "download toyscapes --height 128 --train 500 --workers 2 --folder"
    command = [sys.executable, "-m", "lab", *words.split(), str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as parent:
        try:
            wait_for(lambda: parent.poll() is not None or list(tmp_path.rglob("*.png")))
            workers = children(parent.pid)
            assert len(workers) == 2
            parent.send_signal(number)
            # One that was killed is not waited for: as by who first reads what it says to the end.
            wait_for(lambda: not any(is_running(pid) for pid in workers))
            if number == signal.SIGINT:
                parent.wait(PATIENCE)
        finally:
            parent.kill()
    if number == signal.SIGINT:
        assert all(p.name.endswith((".png", ".json")) for p in tmp_path.rglob("*") if p.is_file())


def wait_for(happened):
    """However long a busy machine takes: the time only ends what hangs."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children(parent: int) -> list[int]:
    """Its workers, and none of those that tidy up behind them."""
    tasks = Path(f"/proc/{parent}/task").iterdir()
    pids = [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    return [pid for pid in pids if b"popen_loky" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_other_settings_in_the_same_folder(town):
    with pytest.raises(ValueError, match=r"toyscapes.json: found .*'height': 128.*expected .*256.*delete") as error:
        write_toyscapes(town, 256, 512, {"train": 1})
    assert str(town) in str(error.value)
    with pytest.raises(ValueError, match="'seed': 0"):
        write_toyscapes(town, *SIZE, {"train": 1}, seed=1)


@pytest.mark.parametrize(("height", "width"), [(127, 256), (1025, 2048), (256, 255), (256, 2049)])
def test_sizes_out_of_range(tmp_path, height, width):
    with pytest.raises(ValueError, match="128x256 to 1024x2048"):
        write_toyscapes(tmp_path / "new", height, width)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("counts", "message"), [({"trian": 1}, "train, val"), ({"train": -1}, "0 to 1000000")])
def test_impossible_counts(tmp_path, counts, message):
    with pytest.raises(ValueError, match=message):
        write_toyscapes(tmp_path / "new", *SIZE, counts)
    assert not (tmp_path / "new").exists()


def test_download_says_what_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr("lab.datasets.toyscapes.write._write", lambda jobs, *_: None)  # as where all are there
    for number in range(3):
        file = Job(str(tmp_path), "train", 0, number, *SIZE).paths()["instances"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    ask = ["download", "toyscapes", "--folder", str(tmp_path), "--height", "128", "--val", "0", "--train"]
    assert CliRunner().invoke(app, [*ask, "3"]).output.endswith("3 scenes to train on, 0 to evaluate on, 256x128 px.\n")
    assert (
        "3 scenes to train on, 0 to evaluate on, 256x128 px. More than" in CliRunner().invoke(app, [*ask, "1"]).output
    )


@pytest.mark.parametrize("workers", ["0", "-3"])
def test_an_impossible_number_of_processes(tmp_path, workers):
    result = CliRunner().invoke(app, ["download", "toyscapes", "--folder", str(tmp_path / "new"), "--workers", workers])
    assert result.exit_code == 2
    assert "--workers" in result.output
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 1}'])
def test_a_broken_record_says_so(tmp_path, text):
    (tmp_path / "toyscapes.json").write_text(text)
    with pytest.raises(ValueError, match=rf"toyscapes.json: not a record .*delete {tmp_path} to make it anew"):
        write_toyscapes(tmp_path, *SIZE, {"train": 1})


def test_negative_numbers():
    with pytest.raises(ValueError, match="from 0 upwards"):
        render_picture(-1, 0, *SIZE)
