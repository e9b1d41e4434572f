"""The label doctor: every fault is found where it is put, none where labels are sound, and each can be shown."""

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from lab.datasets.label_doctor import KINDS, Finding, examine, examine_scene, split_components
from lab.datasets.label_doctor.pieces import find_pieces
from lab.datasets.label_doctor.rules import flatness, spoilt
from lab.datasets.nuclei import NucleiFolder
from lab.datasets.own import OwnFolder
from lab.datasets.sample import street
from lab.figures.label_findings import every_kind_in_turn, show_findings
from lab.figures.label_picture import picture
from tests import own
from tests.figures.checks import check_nothing_is_cut_off
from tests.street import write_street

ROWS, COLUMNS = np.indices(own.SIZE)


def jpeg(values: np.ndarray, quality: int = 90) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(values.astype(np.uint8)).save(buffer, "jpeg", quality=quality)
    return np.array(Image.open(buffer))


def resized(labels: np.ndarray, how: int = cv2.INTER_LINEAR) -> np.ndarray:
    """To twice the size, the numbers mixed, and back by nearest neighbour."""
    mixed = cv2.resize(labels.astype(np.float32), None, fx=2, fy=2, interpolation=how)
    return mixed.round().clip(0).astype(np.uint16)[::2, ::2]


def turn_by_exif(path: Path, turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    Image.open(path).save(path, exif=exif)


def joined(labels: np.ndarray) -> np.ndarray:
    return np.where(labels == 4, 2, labels)


def with_rim(labels: np.ndarray) -> np.ndarray:
    """Object 2 gets a rim with a number of its own, as a second outline leaves it."""
    around = cv2.dilate((labels == 2).astype(np.uint8), np.ones((5, 5))) > 0
    return np.where(around & (labels == 0), np.uint16(5), labels)


def with_sliver(labels: np.ndarray) -> np.ndarray:
    labels = labels.copy()
    labels[4:6, 25:40] = 5
    return labels


def with_crumb(labels: np.ndarray) -> np.ndarray:
    labels = labels.copy()
    labels[5:7, 30:34] = 5
    return labels


def with_ground(labels: np.ndarray) -> np.ndarray:
    return labels + 1


SPOILT_LABELS: dict[str, list[Callable[[np.ndarray], np.ndarray]]] = {
    "lossy": [lambda a: jpeg(a * 50), lambda a: jpeg(a * 255), lambda a: resized(a * 40), lambda a: resized(a * 9)],
    "binary": [lambda a: (a > 0).astype(np.uint8), lambda a: (a > 0).astype(np.uint16) * 255],
    "pieces": [joined],
    "small": [with_crumb],
    "sliver": [with_sliver],
    "rim": [with_rim],
    "background": [with_ground],
    "empty": [lambda a: a * 0],
    "size": [lambda a: a[:, :-4], lambda a: a.T, lambda a: np.repeat(a, 2, axis=0)],
    "unsound": [lambda a: np.dstack([a.astype(np.uint8)] * 3), lambda a: a.astype(np.float32)],
}
SPOILT_IMAGES: dict[str, list[Callable[[np.ndarray], np.ndarray]]] = {
    "own mask": [
        lambda a: a.astype(np.uint8) * 50,
        lambda a: np.random.default_rng(1).integers(0, 256, (5, 3)).astype(np.uint8)[a],
        lambda a: jpeg(np.minimum(a, 1) * 200, 95),
        lambda a: a * 9000,
    ],
    "blank": [lambda a: np.zeros(own.SIZE, np.uint8), lambda a: np.full((*own.SIZE, 3), 255, np.uint8)],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sound scenes."""
    own.write_discs(tmp_path / "train")
    return tmp_path


def spoil(folder: Path, part: str, values: np.ndarray) -> OwnFolder:
    """Put values in the place of the second scene's image or labels."""
    path = folder / "train" / part / "scene_1.png"
    if values.dtype == np.float32:
        path.unlink()
        path = path.with_suffix(".tif")
    Image.fromarray(values).save(path)
    return OwnFolder(folder, "train")


def check_findings(source: OwnFolder, kind: str) -> list[Finding]:
    """All findings are of this kind and of the second scene, and can be shown."""
    found = list(examine(source))
    assert {finding.kind for finding in found} == {kind}
    assert {(finding.scene, finding.index) for finding in found} == {("scene_1", 1)}
    for finding in found:
        assert len(finding.words) > 20
        assert finding.path.exists()
        shown = picture(finding, source)
        assert shown.dtype == np.uint8
        assert max(shown.shape[:2]) <= 400
    return found


class TestFaults:
    @pytest.mark.parametrize(
        ("kind", "fault"), [(k, f) for k, faults in SPOILT_LABELS.items() for f in faults], ids=lambda v: str(v)[:8]
    )
    def test_in_labels(self, folder: Path, kind: str, fault: Callable[[np.ndarray], np.ndarray]):
        found = check_findings(spoil(folder, "labels", fault(own.discs())), kind)
        assert found[0].path.stem == "scene_1"
        assert found[0].path.parent.name == "labels"

    @pytest.mark.parametrize(
        ("kind", "fault"), [(k, f) for k, faults in SPOILT_IMAGES.items() for f in faults], ids=lambda v: str(v)[:8]
    )
    def test_in_images(self, folder: Path, kind: str, fault: Callable[[np.ndarray], np.ndarray]):
        (finding,) = check_findings(spoil(folder, "images", fault(own.discs())), kind)
        assert finding.path == folder / "train" / "images" / "scene_1.png"

    def test_the_same_image_twice(self, folder: Path):
        first = np.array(Image.open(folder / "train" / "images" / "scene_0.png"))
        (finding,) = check_findings(spoil(folder, "images", first), "twice")
        assert f"those of {folder / 'train' / 'images' / 'scene_0.png'}" in finding.words

    @pytest.mark.parametrize("part", ["images", "labels"])
    def test_a_broken_file(self, folder: Path, part: str):
        path = folder / "train" / part / "scene_1.png"
        path.write_bytes(path.read_bytes()[:60])
        (finding,) = check_findings(OwnFolder(folder, "train"), "unsound")
        assert finding.path == path
        assert str(path) in finding.words

    def test_both_files_broken(self, folder: Path):
        for part in ("images", "labels"):
            (folder / "train" / part / "scene_1.png").write_bytes(b"")
        source = OwnFolder(folder, "train")
        found = list(examine(source))
        assert [finding.kind for finding in found] == ["unsound", "unsound"]
        assert all(picture(finding, source).shape for finding in found)

    def test_labels_kept_as_jpeg(self, folder: Path):
        path = folder / "train" / "labels" / "scene_1.png"
        Image.fromarray(own.discs().astype(np.uint8)).save(path.with_suffix(".jpg"))
        path.unlink()
        (finding,) = check_findings(OwnFolder(folder, "train"), "lossy")
        assert "JPEG" in finding.words

    @pytest.mark.parametrize("turn", [2, 3, 4])
    def test_an_image_turned_by_exif_with_labels_that_may_not_be(self, folder: Path, turn: int):
        turn_by_exif(folder / "train" / "images" / "scene_1.png", turn)
        (finding,) = check_findings(OwnFolder(folder, "train"), "turned")
        assert finding.path == folder / "train" / "images" / "scene_1.png"

    @pytest.mark.parametrize("turn", [5, 6, 7, 8])
    def test_on_its_side_only_the_size_tells(self, folder: Path, turn: int):
        path = folder / "train" / "images" / "scene_1.png"
        turn_by_exif(path, turn)
        (finding,) = check_findings(OwnFolder(folder, "train"), "size")
        assert "Its EXIF data turn it from its side" in finding.words
        Image.fromarray(own.discs().T).save(folder / "train" / "labels" / "scene_1.png")
        assert list(examine(OwnFolder(folder, "train"))) == [], "turned like the image"

    def test_a_square_image_on_its_side(self, folder: Path):
        for part in ("images", "labels"):
            path = folder / "train" / part / "scene_1.png"
            Image.open(path).crop((0, 0, 48, 48)).save(path)
        turn_by_exif(folder / "train" / "images" / "scene_1.png", 6)
        (finding,) = (f for f in examine(OwnFolder(folder, "train")) if f.kind == "turned")
        assert "turned by 90°" in finding.words

    def test_annotations_without_a_pixel(self, tmp_path: Path):
        places = [(500, 500), (5, 5), (70, 9), (9, -40)]
        rings = [[x, y, x + 20, y, x + 20, y + 20, x, y + 20] for x, y in places]
        notes = [
            {"id": 10 + k, "image_id": 0, "category_id": 10, "segmentation": [ring]} for k, ring in enumerate(rings)
        ]
        image = {"id": 0, "file_name": "a.png", "height": 48, "width": 64}
        own.write_own(tmp_path / "train", {"a": (own.picture(own.discs()), own.discs())})
        (tmp_path / "train" / "labels" / "a.png").unlink()
        (tmp_path / "train" / "labels").rmdir()
        own.write_coco(tmp_path / "train", [image], notes)
        source = OwnFolder(tmp_path, "train")
        (finding,) = examine(source)
        assert (finding.kind, finding.severity) == ("outside", "warning")
        assert "3 annotations without a pixel in the picture of 64x48 px: 10, 12, 13." in finding.words
        assert picture(finding, source).shape

    def test_what_only_the_source_can_check(self, tmp_path: Path):
        from lab.datasets.cityscapes import CityscapesFolder

        write_street(tmp_path, 1)
        path = next(tmp_path.rglob("*_labelIds.png"))
        Image.fromarray(np.where(np.array(Image.open(path)) == 26, 27, 7).astype(np.uint8)).save(path)
        source = CityscapesFolder(tmp_path, "train")
        (finding,) = (f for f in examine(source) if f.severity == "error")
        assert finding.kind == "unsound"
        assert "the instance 26001 with pixels of the classes [26, 27]" in finding.words


class TestSoundLabels:
    def test_discs(self, folder: Path):
        assert list(examine(OwnFolder(folder, "train"))) == []

    def test_a_real_street_has_nothing_that_is_an_error(self):
        scene = street()
        pieces = find_pieces(scene.instances)
        assert not spoilt(pieces)
        assert flatness(scene.image, scene.instances) > 0.1

    def test_objects_cut_by_the_edge_are_no_slivers(self, folder: Path):
        labels = own.discs()
        labels[20:40, :2] = 5
        assert list(examine(spoil(folder, "labels", labels))) == []

    def test_many_tiny_objects_are_small_but_no_lossy_file(self, folder: Path):
        grid = (ROWS % 6 < 2) & (COLUMNS % 6 < 2)
        labels = np.where(grid, 1 + ROWS // 6 * 11 + COLUMNS // 6, 0).astype(np.uint16)
        check_findings(spoil(folder, "labels", labels), "small")

    def test_objects_side_by_side_are_no_lossy_file(self, folder: Path):
        tiles = (1 + ROWS // 8 * 8 + COLUMNS // 8).astype(np.uint16)
        tiled = spoil(folder, "labels", tiles)
        assert list(examine(tiled)) == []

    def test_what_is_seen_through_a_grating_is_no_lossy_file(self, folder: Path):
        """As behind the spokes of a bicycle: crumbs of one object between lines of another."""
        labels = np.where((ROWS > 10) & (ROWS < 40) & (COLUMNS > 4), np.uint16(1), np.uint16(0))
        labels[10:40, 6:30:2] = 2
        labels[10:12, 6:30] = 2
        labels[2:9, 2:30] = 3
        kinds = [finding.kind for finding in examine(spoil(folder, "labels", labels))]
        assert sorted(kinds) == ["pieces", "rim"], "the grating's middle lies in what it hides"
        assert len(find_pieces(labels.astype(np.int32))) > 10

    def test_one_object_in_two_pieces_is_no_binary_mask(self, folder: Path):
        labels = np.isin(own.discs(), (1, 2)).astype(np.uint8)
        check_findings(spoil(folder, "labels", labels), "pieces")


class TestWhatIsSaid:
    def test_numbers_are_those_of_the_file(self, folder: Path):
        source = spoil(folder, "labels", np.array([0, 70, 1000, 71, 1000], np.uint16)[own.discs()])
        (finding,) = examine(source)
        assert finding.ids == (3,)
        assert np.isin(source.labels(1)[0], finding.ids).sum() == np.isin(own.discs(), (2, 4)).sum()
        assert "object 1000 lies in 2 pieces: 249 px at row 22, column 12; 109 px at row 33, column 45" in finding.words

    def test_the_place_is_around_all_pieces(self, folder: Path):
        (finding,) = examine(spoil(folder, "labels", joined(own.discs())))
        rows, columns = np.nonzero(np.isin(own.discs(), (2, 4)))
        assert finding.where == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)

    def test_the_minimal_size_is_the_callers(self, folder: Path):
        source = OwnFolder(folder, "train")
        sizes = np.bincount(own.discs().ravel())[1:]
        for least in (0, 98, 200):
            assert len(list(examine(source, min_pixels=least))) == 2 * (sizes < least).sum()

    def test_the_first_scenes_only(self, folder: Path):
        source = spoil(folder, "labels", own.discs() * 0)
        assert list(examine(source, limit=1)) == []
        assert len(list(examine(source, limit=9))) == 1

    def test_findings_come_while_scenes_are_read(self, folder: Path):
        Image.fromarray(own.discs() * 0).save(folder / "train" / "labels" / "scene_0.png")
        findings = examine(OwnFolder(folder, "train"))
        (folder / "train" / "labels" / "scene_1.png").unlink()
        assert next(findings).kind == "empty"
        assert next(findings).kind == "unsound"

    def test_errors_are_what_spoils_a_training(self):
        severity = {kind: Finding(kind, "a", 0, None, (), "", Path()).severity for kind in KINDS}
        assert {kind for kind, value in severity.items() if value == "error"} == {
            "unsound", "size", "lossy", "own mask", "binary",
        }  # fmt: skip


class TestPicture:
    def test_the_object_is_marked_and_others_are_not(self, folder: Path):
        source = spoil(folder, "labels", with_crumb(own.discs()))
        (finding,) = examine(source)
        shown = picture(finding, source).astype(int)
        blue = (np.abs(shown - (86, 180, 233)).sum(-1) < 30).mean()
        assert 0.002 < blue < 0.1
        assert not np.ptp(np.array(Image.open(source.image_path(1))).astype(int), axis=-1).any(), "the image is grey"

    def test_it_is_of_the_place(self, folder: Path):
        """A large scene's small fault is shown large."""
        labels = np.kron(own.discs(), np.ones((10, 10), np.uint16))
        labels[2:6, 300:303] = 5
        own.write_own(folder / "train", {"scene_1": (own.picture(labels), labels)})
        source = OwnFolder(folder, "train")
        (finding,) = examine(source)
        assert finding.where == (2, 300, 6, 303)
        shown = picture(finding, source)
        assert (np.abs(shown.astype(int) - (86, 180, 233)).sum(-1) < 30).mean() > 0.01

    @pytest.mark.parametrize("shape", [(1, 1), (1, 300), (700, 900)])
    def test_any_size(self, tmp_path: Path, shape: tuple[int, int]):
        labels = np.ones(shape, np.uint8)
        own.write_own(tmp_path / "train", {"a": (own.picture(labels), labels)})
        source = OwnFolder(tmp_path, "train")
        for finding in examine(source):
            assert max(picture(finding, source).shape[:2]) == 320


class TestSheet:
    def test_every_kind_is_shown(self, folder: Path):
        crumbs = own.discs()
        crumbs[5:7, 24:60:4] = np.arange(5, 14)
        Image.fromarray(crumbs).save(folder / "train" / "labels" / "scene_0.png")
        source = spoil(folder, "labels", own.discs()[:, :-4])
        findings = list(examine(source))
        shown = every_kind_in_turn(findings, 3)
        assert [finding.kind for finding in shown] == ["size", "small", "small"]
        still = show_findings(findings, source, most=4)
        check_nothing_is_cut_off(still)
        assert still.alt.startswith("4 of 10 findings")
        assert "object 5 has 2 px, expected 16 or more" in still.alt

    def test_scenes_take_turns_within_a_kind(self):
        findings = [
            Finding(kind, scene, 0, None, (k,), "", Path())
            for k, (kind, scene) in enumerate([("small", "a")] * 3 + [("small", "b"), ("rim", "b"), ("rim", "b")])
        ]
        shown = [(finding.kind, finding.ids[0]) for finding in every_kind_in_turn(findings, 4)]
        assert shown == [("small", 0), ("small", 3), ("rim", 4), ("rim", 5)]
        assert len(every_kind_in_turn(findings, 99)) == 6

    def test_one_and_none(self, folder: Path):
        source = spoil(folder, "labels", own.discs() * 0)
        check_nothing_is_cut_off(show_findings(list(examine(source)), source))
        with pytest.raises(ValueError, match="found none"):
            show_findings([], source)


LABELS = arrays.arrays(np.int32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 3))


class TestPieces:
    @given(LABELS)
    def test_split_components(self, labels: np.ndarray):
        parts = split_components(labels)
        assert ((parts > 0) == (labels > 0)).all()
        numbers = np.unique(parts[parts > 0])
        assert numbers.tolist() == list(range(1, len(numbers) + 1))
        assert all(len(np.unique(labels[parts == k])) == 1 for k in numbers)
        # Each part hangs together, and neighbours of one number are in one part.
        assert all(cv2.connectedComponents((parts == k).astype(np.uint8), connectivity=8)[0] == 2 for k in numbers)
        for down, right in ((0, 1), (1, 0), (1, 1)):
            one, other = (slice(0, s - d) for s, d in zip(labels.shape, (down, right), strict=True)), (down, right)
            first = tuple(one)
            second = tuple(slice(d, None) for d in other)
            same = (labels[first] == labels[second]) & (labels[first] > 0)
            assert (parts[first] == parts[second])[same].all()
        # From the top: each number is first met after the smaller ones.
        met = parts[parts > 0]
        assert [met.tolist().index(k) for k in numbers] == sorted(met.tolist().index(k) for k in numbers)

    @given(LABELS)
    def test_pieces_hold_all_pixels(self, labels: np.ndarray):
        pieces = find_pieces(labels)
        assert sum(piece.pixels for piece in pieces) == (labels > 0).sum()
        parts = split_components(labels)
        assert len(pieces) == parts.max()
        for piece in pieces:
            top, left, bottom, right = piece.box
            inside = (labels[top:bottom, left:right] == piece.id).sum()
            assert inside >= piece.pixels
            assert min(bottom - top, right - left) >= 1

    @given(LABELS)
    def test_thin_and_touching_by_brute_force(self, labels: np.ndarray):
        parts, padded = split_components(labels), np.pad(labels, 1)
        of_box = {(p.id, p.pixels, p.box): p for p in find_pieces(labels)}
        for k in range(1, parts.max() + 1):
            rows, columns = np.nonzero(parts == k)
            id = int(labels[rows[0], columns[0]])
            around = [padded[r : r + 3, c : c + 3] for r, c in zip(rows, columns, strict=True)]
            piece = of_box[id, len(rows), (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)]
            if sum((p.id, p.pixels, p.box) == (piece.id, piece.pixels, piece.box) for p in find_pieces(labels)) > 1:
                continue  # two pieces that interlock in one box are not told apart here
            assert piece.thin == (not any((window == id).all() for window in around))
            assert piece.touching == any(((window != id) & (window > 0)).any() for window in around)


class TestRealNuclei:
    def test_one_image_with_doubled_outlines(self, nuclei: Path):
        source = NucleiFolder(nuclei, "train")
        index = next(i for i in range(len(source)) if source.name(i) == "693bc6458127")
        kinds = [finding.kind for finding in examine_scene(source, index)]
        assert set(kinds) == {"rim"}
        assert len(kinds) == 8

    @pytest.mark.slow
    def test_all_are_found_as_they_were_looked_at(self, nuclei: Path):
        """Every one of them was looked at; none is an error."""
        kinds = [f.kind for split in ("train", "val", "test") for f in examine(NucleiFolder(nuclei, split))]
        assert {kind: kinds.count(kind) for kind in set(kinds)} == {"rim": 30, "sliver": 4, "pieces": 1}

    @pytest.mark.slow
    def test_spoilt_copies_are_told_from_sound_ones(self, nuclei: Path):
        source = NucleiFolder(nuclei, "val")
        for index in range(0, len(source), 10):
            labels = source.labels(index)[0]
            assert not spoilt(find_pieces(labels))
            if labels.max() > 3:
                assert spoilt(find_pieces(resized(labels).astype(np.int32)))
                assert spoilt(find_pieces(jpeg(labels % 256, 95).astype(np.int32)))
