"""COCO files: what is drawn, in which order, and what is said of files that are not sound."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from pycocotools import mask as drawing

from lab.datasets.own import OwnFolder
from lab.datasets.own.coco_checks import unpacked
from tests.own import SIZE, discs, write_coco

IMAGE = {"id": 5, "file_name": "a.png", "height": SIZE[0], "width": SIZE[1]}


def rle(mask: np.ndarray) -> dict:
    """Packed as COCO files hold it."""
    packed = drawing.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": list(mask.shape), "counts": packed["counts"].decode()}


def plain_rle(mask: np.ndarray) -> dict:
    """Run lengths by columns, zeros first, as numbers."""
    flat = np.concatenate([[0], mask.ravel(order="F").astype(int), [2]])
    return {"size": list(mask.shape), "counts": np.diff(np.flatnonzero(np.diff(flat)), prepend=0).tolist()}


def rectangle(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[top:bottom, left:right] = True
    return mask


def polygon(top: int, left: int, bottom: int, right: int) -> list[list[int]]:
    return [[left, top, right, top, right, bottom, left, bottom]]


def annotation(outline: object, category: int = 10, **more: object) -> dict:
    return {"image_id": 5, "category_id": category, "segmentation": outline, **more}


def source(folder: Path, annotations: list[dict], names: tuple[str, ...] = ("cell",)) -> OwnFolder:
    return OwnFolder(write_coco(folder / "train", [IMAGE], annotations, names).parent, "train")


@pytest.mark.parametrize("pack", [rle, plain_rle])
def test_masks_come_back_as_they_went_in(tmp_path: Path, pack):
    masks = [discs() == k for k in (3, 1, 4, 2)]
    ours = source(tmp_path, [annotation(pack(mask), id=100 + k) for k, mask in enumerate(masks)])
    scene = ours[0]
    assert (len(ours), ours.class_names, scene.name) == (1, ("cell",), "a")
    for number, mask in enumerate(masks, start=1):
        np.testing.assert_array_equal(scene.instances == number, mask)
    np.testing.assert_array_equal(scene.classes, discs() > 0)
    assert ours.stored_ids(0) == [100, 101, 102, 103]
    np.testing.assert_array_equal(ours.checked_labels(0)[0], scene.instances)


@given(arrays(bool, st.tuples(st.integers(1, 30), st.integers(1, 30))))
def test_packed_counts_are_read_as_they_were_packed(mask: np.ndarray):
    assert unpacked(rle(mask)["counts"]) == plain_rle(mask)["counts"]


@given(st.text(st.characters(min_codepoint=48, max_codepoint=111), min_size=1), st.sampled_from("PQ_`o"))
def test_packed_counts_that_promise_more_are_none(begin: str, last: str):
    """Behind the end of such a text pycocotools reads on, and writes what it finds behind its own memory."""
    assert unpacked(begin + last) is None


@pytest.mark.parametrize("text", ["/", "p", "é", "0 0", "o" * 20 + "0"])
def test_letters_that_are_none_of_packed_counts(text: str):
    assert unpacked(text) is None


def test_polygons_of_several_parts(tmp_path: Path):
    both = polygon(2, 3, 10, 20) + polygon(30, 3, 40, 20)
    instances, _ = source(tmp_path, [annotation(both)]).labels(0)
    np.testing.assert_array_equal(instances, rectangle(2, 3, 10, 20) | rectangle(30, 3, 40, 20))


def test_several_classes_in_the_order_of_their_ids(tmp_path: Path):
    marks = [annotation(polygon(0, 0, 9, 9), 30), annotation(polygon(20, 20, 29, 29), 10)]
    ours = source(tmp_path, marks, ("cat", "dog", "bird"))
    instances, classes = ours.labels(0)
    assert ours.class_names == ("cat", "dog", "bird")
    assert [int(classes[instances == k][0]) for k in (1, 2)] == [3, 1]


@pytest.mark.parametrize("small_first", [True, False])
def test_the_smaller_lies_on_top(tmp_path: Path, small_first: bool):
    small, large = annotation(polygon(10, 10, 20, 20)), annotation(polygon(5, 5, 40, 40), 20)
    instances, classes = source(
        tmp_path, [small, large] if small_first else [large, small], ("nucleus", "cell")
    ).labels(0)
    number = 1 if small_first else 2
    np.testing.assert_array_equal(instances == number, rectangle(10, 10, 20, 20))
    np.testing.assert_array_equal(classes == 1, rectangle(10, 10, 20, 20))
    np.testing.assert_array_equal(classes == 2, rectangle(5, 5, 40, 40) & ~rectangle(10, 10, 20, 20))


def test_crowds_are_void_but_where_objects_lie(tmp_path: Path):
    crowd = annotation(rle(rectangle(0, 0, 30, 30)), iscrowd=1)
    for marks in ([crowd, annotation(polygon(5, 5, 10, 10))], [annotation(polygon(5, 5, 10, 10)), crowd]):
        instances, classes = source(tmp_path, marks).labels(0)
        np.testing.assert_array_equal(instances, rectangle(5, 5, 10, 10))
        np.testing.assert_array_equal(classes == -1, rectangle(0, 0, 30, 30) & ~rectangle(5, 5, 10, 10))


def test_what_is_wholly_covered_has_no_number(tmp_path: Path):
    marks = [annotation(polygon(5, 5, 9, 9), id=k) for k in (1, 2)] + [annotation(polygon(20, 20, 30, 30), id=3)]
    ours = source(tmp_path, marks)
    assert np.unique(ours.labels(0)[0]).tolist() == [0, 1, 2]
    assert ours.stored_ids(0) == [2, 3]


def test_an_image_without_annotations(tmp_path: Path):
    instances, classes = source(tmp_path, []).labels(0)
    assert instances.shape == SIZE
    assert not instances.any()
    assert not classes.any()


def test_one_file_is_parted_by_names(tmp_path: Path):
    images = [{**IMAGE, "id": k, "file_name": f"day {k % 2}/{k}.png"} for k in range(20)]
    for day in (0, 1):
        (tmp_path / "images" / f"day {day}").mkdir(parents=True)
    write_coco(tmp_path, images, [])
    names = [name for split in ("train", "val", "test") for name in OwnFolder(tmp_path, split).names]
    assert sorted(names) == sorted(f"day {k % 2}_{k}" for k in range(20))


def test_a_picture_of_another_size(tmp_path: Path):
    folder = tmp_path / "train"
    write_coco(folder, [IMAGE], [])
    write_coco(folder, [{**IMAGE, "width": 60}], [])
    with pytest.raises(ValueError, match=r"annotations\.json: found labels of 60x48 px, expected 64x48 px .*a\.png"):
        OwnFolder(tmp_path, "train").checked_labels(0)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"image_id": 6}, "annotation 1 for image 6, expected an image of the file"),
        ({"category_id": 11}, r"annotation 1 of category 11, expected one of \[10\]"),
        ({"segmentation": []}, r"segmentation \[\].*Boxes do not do"),
        ({"segmentation": [[1, 2, 3, 4]]}, "of three points or more"),
        ({"segmentation": [[1, 2, 3, 4, 5, 6, 7]]}, "of three points or more"),
        ({"segmentation": "no"}, "expected polygons or RLE"),
        ({"segmentation": {"counts": [1]}}, "expected polygons or RLE"),
        ({"segmentation": None}, "expected polygons or RLE"),
    ],
)
def test_annotations_that_are_not_sound(tmp_path: Path, wrong: dict, words: str):
    with pytest.raises(ValueError, match=rf"annotations\.json: found .*{words}"):
        source(tmp_path, [{**annotation(polygon(0, 0, 9, 9)), **wrong}])


def test_all_annotations_that_are_not_sound_are_counted(tmp_path: Path):
    sound, boxes = polygon(0, 0, 9, 9), [{"id": 70 + k, **annotation([])} for k in range(7)]
    many = [annotation(sound, id=1), *boxes, annotation(sound, id=2)]
    with pytest.raises(ValueError, match=r"annotation 70 with .* 7 of 9 annotations; the others are 71, .*, 75, …\.$"):
        source(tmp_path, many)
    with pytest.raises(ValueError, match=r"annotation 70 with .* 1 of 3 annotations; all others are sound\.$"):
        source(tmp_path, [*many[:2], many[-1]])


def test_a_number_and_a_word_are_two_ids(tmp_path: Path):
    with pytest.raises(ValueError, match=r"for image '5', expected an image of the file \(one has the id 5\)"):
        source(tmp_path, [{**annotation(polygon(0, 0, 9, 9)), "image_id": "5"}])


def test_an_entry_is_named_by_its_id(tmp_path: Path):
    with pytest.raises(ValueError, match=r"annotations\[0\] \(id 17\) without segmentation"):
        source(tmp_path, [{"id": 17, "image_id": 5, "category_id": 10}])


def test_an_rle_of_another_size_or_that_is_none(tmp_path: Path):
    with pytest.raises(ValueError, match=r"an RLE of the size \[9, 9\], expected \[48, 64\] like its image"):
        source(tmp_path, [annotation({"size": [9, 9], "counts": [81]})]).labels(0)
    with pytest.raises(ValueError, match=r"annotation 1 with the segmentation .* counts that sum up"):
        source(tmp_path, [annotation({"size": list(SIZE), "counts": 5.5})]).labels(0)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "cannot be read"),
        ('{"images": [', "cannot be read"),
        ("[]", "found a list, expected an object with images"),
        ("{}", "no list 'images'"),
        ({"annotations": None}, "no list 'annotations'"),
        ({"images": [{"id": 1, "file_name": "a.png"}]}, r"images\[0\] \(id 1\) without width, height"),
        ({"images": [3]}, r"images\[0\] without id"),
        ({"images": [IMAGE, IMAGE]}, "the id 5 more than once in 'images'"),
        ({"categories": []}, "no categories"),
    ],
)
def test_files_that_are_not_sound(tmp_path: Path, content: object, words: str):
    folder = write_coco(tmp_path / "train", [IMAGE], [])
    path = folder / "annotations.json"
    whole = json.loads(path.read_text())
    path.write_text(content if isinstance(content, str) else json.dumps({**whole, **content}))
    with pytest.raises(ValueError, match=rf"annotations\.json: found .*{words.removeprefix('found ')}"):
        OwnFolder(tmp_path, "train")


@pytest.mark.parametrize(
    "name",
    ["../secret.png", "/tmp/secret.png", "x/../../secret.png", r"..\secret.png", r"C:\secret.png", r"\\host\s.png"],
)
def test_names_that_lead_out_of_the_folder_are_refused(tmp_path: Path, name: str):
    write_coco(tmp_path / "train", [IMAGE], [])
    path = tmp_path / "train" / "annotations.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "images": [{**IMAGE, "file_name": name}]}))
    Image.new("L", SIZE[::-1]).save(tmp_path / "secret.png")
    with pytest.raises(ValueError, match=r"annotations\.json: found the file_name .* expected every one below"):
        OwnFolder(tmp_path, "train")


def test_pictures_that_are_not_there(tmp_path: Path):
    folder = write_coco(tmp_path / "train", [IMAGE], [])
    (folder / "images" / "a.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"found 1 images in it, 1 of them not on disk, the first .*a\.png"):
        OwnFolder(tmp_path, "train")


def test_names_that_differ_by_their_suffix_only(tmp_path: Path):
    write_coco(tmp_path / "train", [IMAGE, {**IMAGE, "id": 6, "file_name": "a.jpg"}], [])
    with pytest.raises(ValueError, match="differs by its suffix only"):
        OwnFolder(tmp_path, "train")
