"""Notebook 09's exercises: right answers however written, wrong ones with their own words."""

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate
from torchvision import tv_tensors
from torchvision.transforms.v2 import functional

from lab.datasets.cityscapes import INSTANCE_CLASSES, VOID_LABEL_IDS, CityscapesFolder, decode_instance_ids, read_ids
from lab.datasets.crops import cut, window_start
from lab.datasets.label_doctor import examine
from lab.datasets.objects import index_objects
from lab.datasets.sample import street
from lab.datasets.scene import Scene
from lab.datasets.sources import open_source
from lab.exercises.data_and_labels import EXERCISES, cutting, decoding, faults, joint, solution
from lab.exercises.data_and_labels.practice import spoilt_copies, write_nuclei, write_own
from lab.exercises.reference import data_and_labels as reference
from lab.folders import data_folder
from tests.exercises.learners import rewritten
from tests.notebooks.exercises import read, stub_cells

BY_NAME = {exercise.name: exercise for exercise in EXERCISES}
LABELS = {24: 1, 25: 2, 26: 3, 27: 4, 28: 5, 31: 6, 32: 7, 33: 8}


def decode_by_loops(ids):
    instances, classes, known, count = np.zeros(ids.shape, int), np.zeros(ids.shape, int), {}, 0
    for value in sorted(set(ids.flatten().tolist())):
        label = value // 1000 or value
        if value >= 1000 and label in LABELS:
            count += 1
            known[value] = (count, LABELS[label])
        elif label in LABELS or label in (0, 1, 2, 3, 29, 30):
            known[value] = (0, -1)
    for place in np.ndindex(*ids.shape):
        instances[place], classes[place] = known.get(int(ids[place]), (0, 0))
    return instances, classes


def decode_by_the_library(ids):
    return decode_instance_ids(ids.numpy().astype(np.uint16))


def cut_by_padding(classes, row, column, size):
    height, width = classes.shape
    padded = torch.nn.functional.pad(classes, (size,) * 4, value=-1)
    top = min(max(row - size // 2, 0), height - size) if size <= height else (height - size) // 2
    left = min(max(column - size // 2, 0), width - size) if size <= width else (width - size) // 2
    return padded[top + size : top + 2 * size, left + size : left + 2 * size]


def cut_by_the_library(classes, row, column, size):
    none = np.zeros(classes.shape, np.int32)
    scene = Scene("", np.zeros((*classes.shape, 3), np.uint8), none, classes.numpy().astype(np.int16))
    height, width = classes.shape
    return cut(scene, window_start(row, size, height), window_start(column, size, width), size, size).classes


def transform_by_repeating(image, labels, factor, flip):
    image = interpolate(image[None], scale_factor=factor, mode="bilinear")[0]
    labels = labels.repeat_interleave(factor, 0).repeat_interleave(factor, 1)
    return (torch.flip(image, [-1]), torch.flip(labels, [-1])) if flip else (image, labels)


def transform_by_torchvision(image, labels, factor, flip):
    size = [factor * side for side in labels.shape]
    pair = tv_tensors.Image(image), tv_tensors.Mask(labels[None])
    image, labels = (functional.resize(one, size, antialias=False) for one in pair)
    return (functional.hflip(image), functional.hflip(labels)[0]) if flip else (image, labels[0])


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("decode_ids", decode_by_loops),
        ("decode_ids", decode_by_the_library),
        ("cut_window", cut_by_padding),
        ("cut_window", cut_by_the_library),
        ("missed_by_windows", 0.32),
        ("missed_by_windows", torch.tensor(103 / 321)),
        ("joint_transform", transform_by_repeating),
        ("joint_transform", transform_by_torchvision),
        ("name_the_fault", ("Lossy", "pieces", "sound ", "mirrored", "binary", "shifted")),
    ],
)
def test_right_however_written(name, answer):
    verdict = BY_NAME[name].judge(answer)
    assert verdict.state == "right", verdict.words


def test_numbers_that_need_a_background_are_told():
    def decode(ids):
        instances, classes = decode_by_loops(ids)
        objects = np.where(instances > 0, ids.numpy(), 0)
        return np.searchsorted(np.unique(objects), objects), classes

    verdict = BY_NAME["decode_ids"].judge(decode)
    assert verdict.state == "wrong"
    assert "no pixel is without an object" in verdict.words


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("decode_ids", [("groups | torch", "torch")], "persons of whom there is none"),
        ("decode_ids", [("(ids >= 1000) & (classes > 0)", "classes > 0")], "yet it has an instance number"),
        (
            "decode_ids",
            [("(ids >= 1000) & (classes > 0)", "(ids >= 1000) & (ids % 1000 > 0) & (classes > 0)")],
            "k counts from 0",
        ),
        ("decode_ids", [("] = number", "] = int(value) % 1000 + 1")], "the same number in yours"),
        ("decode_ids", [("] = number", "] = value")], "keep the file's ids"),
        ("decode_ids", [("] = place", "] = label_id")], "label ids, 24 to 33"),
        ("decode_ids", [("] = place", "] = label_id - 23")], "There is a gap"),
        ("decode_ids", [(" | torch.isin(label, torch.tensor(VOID_LABELS))", "")], "nothing is there"),
        ("decode_ids", [("isin(label,", "isin(ids,")], "with a number, too"),
        ("cut_window", [("VOID)", "0)")], "nothing is there"),
        ("cut_window", [("window_start(row,", "(lambda c, s, e: c - s // 2)(row,")], ""),
        ("cut_window", [("window_start(row, size, height)", "window_start(column, size, height)")], ""),
        ("joint_transform", [("labels.flip(1)", "labels")], "lie where nobody is"),
        ("joint_transform", [("labels.flip(1)", "labels.flip(0)")], "upside down"),
        ("joint_transform", [('"nearest-exact"', '"bilinear"')], "still mixed"),
        ("joint_transform", [('"nearest-exact")[0, 0].', '"bilinear")[0, 0].round().')], "rounding makes"),
        ("joint_transform", [("if flip:", "if True:")], "also where flip is False"),
        ("joint_transform", [('mode="bilinear"', 'mode="nearest"')], "becomes blocks"),
        ("joint_transform", [("image.flip(2)", "image")], "the image is not"),
    ],
)
def test_wrong_in_words(name, changes, words):
    verdict = BY_NAME[name].judge(rewritten(BY_NAME[name].solution, *changes))
    assert verdict.state == "wrong"
    assert words in verdict.words


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("decode_ids", lambda ids: ids, "should have the shape (2, 5, 8)"),
        ("decode_ids", lambda ids: ids.nothing, "AttributeError"),
        ("cut_window", lambda c, row, column, size: c, "should have the shape"),
        ("missed_by_windows", 0.679, "that show him"),
        ("missed_by_windows", 0.2, "cannot begin at 512"),
        ("missed_by_windows", 0.5, "not it"),
        ("name_the_fault", ["sound"] * 6, "1 of 6 are right. Look at A"),
        ("name_the_fault", ["lossy", "pieces", "sound", "shifted", "binary", "mirrored"], "Look at D again"),
        ("name_the_fault", ["lossy", "nonsense", "sound", "shifted", "binary", "mirrored"], "not among the words"),
        ("name_the_fault", ["lossy"], "six words"),
        ("name_the_fault", 3, "six words"),
    ],
)
def test_other_wrong_answers(name, answer, words):
    verdict = BY_NAME[name].judge(answer)
    assert verdict.state == "wrong"
    assert words in verdict.words


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_untried(exercise):
    assert exercise.judge(...).state == "not tried yet"
    if exercise.kind == "implement":
        assert exercise.judge(lambda *_: ...).state == "not tried yet"


def test_every_letter_has_a_word_of_its_own():
    assert len(set(faults.LOOK.values())) == len(faults.NAMES) == len(set(faults.NAMES.values()))
    assert set(faults.NAMES.values()) < set(faults.WORDS)


def test_spoilt_labels_have_the_fault_that_they_are_named_for():
    instances = street().instances
    spoilt = {faults.NAMES[letter]: labels for letter, labels in faults.spoil(instances).items()}
    assert (spoilt["sound"] == instances).all()
    assert np.unique(spoilt["binary"]).tolist() == [0, 1]
    assert len(np.unique(spoilt["lossy"])) > 21
    assert not {1, 2} & set(np.unique(spoilt["pieces"]).tolist())
    assert (spoilt["mirrored"][:, ::-1] == instances).all()
    assert (spoilt["shifted"][:, faults.SHIFT :] == instances[:, : -faults.SHIFT]).all()


def test_nuclei_for_practice_are_a_data_set(tmp_path):
    write_nuclei(tmp_path)
    scene = open_source(tmp_path, "train")[0]
    assert scene.image.shape == (512, 512, 3)
    assert np.unique(scene.instances).tolist() == list(range(126))
    assert len(index_objects(open_source(tmp_path, "train"), progress=False).scenes) == 125


def test_the_doctor_finds_what_was_spoilt_and_no_error_in_what_is_sound(tmp_path):
    for name, (image, labels) in spoilt_copies(street()).items():
        write_own(tmp_path, name, image, labels)
    found = {(f.scene, f.kind) for f in examine(open_source(tmp_path, "train")) if f.severity == "error"}
    assert found == {
        ("binary", "binary"),
        ("half the size", "size"),
        ("its own mask", "own mask"),
        ("JPEG", "lossy"),
    }


def test_ids_of_the_exercise_are_the_librarys():
    assert tuple(INSTANCE_CLASSES.values()) == solution.CLASSES == reference.CLASSES
    assert set(solution.VOID_LABELS) == set(reference.VOID) == VOID_LABEL_IDS


def test_what_the_official_evaluation_excuses_besides():
    from cityscapesscripts.helpers.labels import labels

    ignored = {label.id for label in labels if label.ignoreInEval and label.id >= 0}
    assert ignored == {*decoding.EXCUSED, *VOID_LABEL_IDS}


def test_solution_decodes_the_street():
    folder = CityscapesFolder(data_folder() / "scenes", "val")
    ids = torch.from_numpy(read_ids(folder.label_path(0)).astype(np.int64))
    for ours, theirs in zip(solution.decode(ids), folder.labels(0), strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs)


def test_share_is_counted_on_the_street():
    from lab.widgets.crops.coverage import seen

    assert 1 - seen(street(), 192, "anywhere")[6] == pytest.approx(103 / 321)


def test_reference_enlarges_as_torch_does():
    image = torch.rand(3, 3, 4, dtype=torch.float64)
    expected = interpolate(image[None], scale_factor=2, mode="bilinear")[0]
    np.testing.assert_allclose(reference.enlarge_smoothly(image.numpy(), 2), expected.numpy())


def test_the_notebook_s_transform_is_not_tried_yet():
    names = {"interpolate": interpolate, "torch": torch}
    exec(stub_cells(read(9))["joint_transform"].source, names)
    verdict = joint.judge_transform(names["mended"])
    assert (verdict.state, verdict.words) == ("not tried yet", joint.AS_IT_WAS)


def test_start_of_a_window_is_the_librarys():
    for size in range(1, 12):
        for extent in range(1, 12):
            for centre in range(extent):
                expected = window_start(centre, size, extent)
                assert cutting.inward(centre, size, extent) == reference.first_pixel(centre, size, extent) == expected
