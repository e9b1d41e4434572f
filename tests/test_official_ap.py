"""AP equals cityscapesscripts' on random submissions with all that its rules are about."""

import numpy as np
import pytest
from cityscapesscripts.helpers.labels import labels as official_labels
from PIL import Image

from lab.evaluation.ground_truth import UNJUDGED_LABEL_IDS, read_truth
from lab.evaluation.official import official_score
from lab.evaluation.submission import write_submission
from lab.metrics import average_precision, record_image

NAMES = ("person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle")
LABEL_IDS = (24, 25, 26, 27, 28, 31, 32, 33)
HEIGHT, WIDTH = 24, 40
MIN_REGION = 12
# Few values, so that scores tie within an image and between images.
SCORES = (0.5, 0.75, 0.9, 0.95, 0.999999)


def random_box(rng: np.random.Generator) -> np.ndarray:
    top, left = rng.integers(0, HEIGHT - 2), rng.integers(0, WIDTH - 2)
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[top : top + rng.integers(1, 12), left : left + rng.integers(1, 12)] = True
    return mask


def random_truth(rng: np.random.Generator) -> np.ndarray:
    """Instances, groups, small regions, void, a single caravan (not void), stuff; any may hide another."""
    present = rng.choice(LABEL_IDS, rng.integers(1, 4), replace=False)
    ids = np.full((HEIGHT, WIDTH), 7, dtype=np.int32)
    for number in range(rng.integers(0, 14)):
        label = rng.choice(present)
        other = rng.choice([0, 4, 11, 29, 29001, 30])
        ids[random_box(rng)] = rng.choice([label * 1000 + number, label, other], p=[0.7, 0.15, 0.15])
    return ids


def random_detections(rng: np.random.Generator, ids: np.ndarray):
    """Masks near the truth, some twice, some over two regions, some in void, some anywhere, some empty."""
    masks, classes = [], []
    for value in np.unique(ids):
        label = value // 1000 if value >= 1000 else value
        for _ in range(rng.choice([0, 1, 2, 3], p=[0.2, 0.5, 0.2, 0.1])):
            mask = (ids == value) ^ (random_box(rng) & (rng.random((HEIGHT, WIDTH)) < rng.choice([0, 0.3, 1])))
            masks.append(mask | random_box(rng) if rng.random() < 0.1 else mask)
            right = label in LABEL_IDS and rng.random() < 0.85
            classes.append(LABEL_IDS.index(label) + 1 if right else rng.integers(1, len(NAMES) + 1))
    masks += [random_box(rng), np.zeros((HEIGHT, WIDTH), bool)]
    classes += list(rng.integers(1, len(NAMES) + 1, 2))
    return np.array(masks), rng.choice(SCORES, len(masks)), np.array(classes, dtype=int)


def both_ways(folder, images):
    """(own, official) AP of (ids, masks, scores, classes) per image, by way of real files."""
    truths, records = [], []
    for index, (ids, masks, scores, classes) in enumerate(images):
        name = f"town_{index:06d}_000019"
        truths.append(folder / f"{name}_gtFine_instanceIds.png")
        Image.fromarray(ids.astype(np.uint16)).save(truths[-1])
        write_submission(folder / "submission", name, masks, scores, classes, LABEL_IDS)
        records.append(record_image(masks, scores, classes, read_truth(truths[-1], LABEL_IDS)))
    own = average_precision(records, len(NAMES), min_region=MIN_REGION)
    return own, official_score(folder / "submission", truths, NAMES, MIN_REGION)


def random_submission(seed: int):
    rng = np.random.default_rng(seed)
    truths = [random_truth(rng) for _ in range(rng.integers(1, 5))]
    return [(ids, *random_detections(rng, ids)) for ids in truths]


@pytest.mark.parametrize("seed", range(60))
def test_equals_cityscapesscripts(seed, tmp_path):
    own, official = both_ways(tmp_path, random_submission(seed))
    np.testing.assert_allclose(own.table, official.table, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(own.counts, official.counts)
    assert own.thresholds == official.thresholds


def test_the_random_submissions_reach_every_rule():
    """The seeds above are worth little if, say, no double detection is among them."""
    seen = dict.fromkeys(("double", "group", "tiny", "tiny group", "void", "absent class", "tie"), False)
    for seed in range(60):
        for ids, masks, scores, _ in random_submission(seed):
            values, sizes = np.unique(ids, return_counts=True)
            things = values >= 24000
            small = sizes < MIN_REGION
            seen["tiny"] |= (things & small).any()
            seen["group"] |= np.isin(values, LABEL_IDS).any()
            seen["tiny group"] |= (np.isin(values, LABEL_IDS) & small).any()
            seen["void"] |= (masks & np.isin(ids, UNJUDGED_LABEL_IDS)).any()
            seen["absent class"] |= len({value // 1000 for value in values[things]}) < len(NAMES)
            seen["tie"] |= len(set(scores)) < len(scores)
            hits = [[(m & (ids == v)).sum() > 0.5 * (m | (ids == v)).sum() for v in values[things]] for m in masks]
            seen["double"] |= (np.sum(hits, axis=0) > 1).any()
    assert all(seen.values()), seen


def test_where_all_is_forgiven_the_official_code_stumbles_and_zero_is_given(tmp_path):
    ids = np.full((HEIGHT, WIDTH), 7)
    ids[:10, :10], ids[12:, :] = 26001, 26  # a car, and a group of cars in which the only detection lies
    own, official = both_ways(tmp_path, [(ids, (ids == 26)[None], np.array([0.9]), np.array([3]))])
    assert own.mean == official.mean == 0


def test_official_score_equals_the_official_driver(tmp_path, monkeypatch):
    """The parts called one by one give what the package's own driver gives."""
    from cityscapesscripts.evaluation import evalInstanceLevelSemanticLabeling as driver

    _, official = both_ways(tmp_path, random_submission(3))
    monkeypatch.setattr(np, "in1d", np.isin, raising=False)
    monkeypatch.setattr(driver, "writeDict2JSON", lambda *_: None)
    for name, value in {
        "predictionPath": str(tmp_path / "submission"),
        "minRegionSizes": np.array([MIN_REGION, 1000, 1000]),
        "gtInstancesFile": str(tmp_path / "none.json"),
        "JSONOutput": False,
        "quiet": True,
    }.items():
        monkeypatch.setattr(driver.args, name, value)
    truths = sorted(tmp_path.glob("*_instanceIds.png"))
    predictions = [str(tmp_path / "submission" / f"{t.name[:18]}.txt") for t in truths]
    result = driver.evaluateImgLists(predictions, [str(t) for t in truths], driver.args)
    rows = [driver.args.instLabels.index(name) for name in NAMES]
    np.testing.assert_array_equal(np.array(result["resultApMatrix"])[0][rows], official.table)
    assert result["averages"]["allAp"] == pytest.approx(official.mean, abs=1e-12)
    assert result["averages"]["allAp50%"] == pytest.approx(official.mean_50, abs=1e-12)


def test_numpy_is_left_as_it_was(tmp_path):
    before = hasattr(np, "in1d")
    both_ways(tmp_path, random_submission(0))
    assert hasattr(np, "in1d") == before


def test_void_labels_are_cityscapes_own():
    assert set(UNJUDGED_LABEL_IDS) == {label.id for label in official_labels if label.ignoreInEval and label.id >= 0}


class TestRefusals:
    def test_no_ground_truth(self, tmp_path):
        with pytest.raises(ValueError, match="found no ground truth"):
            official_score(tmp_path, [], NAMES)

    def test_an_image_without_prediction(self, tmp_path):
        truth = tmp_path / "town_000000_000019_gtFine_instanceIds.png"
        Image.fromarray(np.zeros((4, 4), np.uint16)).save(truth)
        with pytest.raises(ValueError, match=r"town_000000_000019\.txt: found no file"):
            official_score(tmp_path, [truth], NAMES)

    def test_a_class_that_cityscapes_does_not_know(self, tmp_path):
        with pytest.raises(ValueError, match=r"\['nucleus'\]"):
            official_score(tmp_path, [], ("nucleus",))

    def test_names_with_white_space(self, tmp_path):
        with pytest.raises(ValueError, match="'my street'"):
            write_submission(tmp_path, "my street", np.zeros((0, 4, 4), bool), np.ones(0), np.ones(0, int), (26,))

    def test_a_class_out_of_range(self, tmp_path):
        with pytest.raises(ValueError, match=r"classes \[2\], expected 1\.\.1"):
            write_submission(tmp_path, "a", np.zeros((1, 4, 4), bool), np.ones(1), np.array([2]), (26,))

    def test_unreadable_truth(self, tmp_path):
        path = tmp_path / "broken.png"
        path.write_bytes(b"not an image")
        with pytest.raises(ValueError, match=r"broken\.png: found a file that cannot be read"):
            read_truth(path, LABEL_IDS)
