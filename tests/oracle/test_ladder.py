"""The ladder over a data set: streamed, scored on every rung, told in JSON, table and bars."""

import json

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from lab.__main__ import app
from lab.checkpoints import Model, ModelCard
from lab.clustering import Thresholds
from lab.datasets.cityscapes import CityscapesFolder
from lab.datasets.scene import Scene
from lab.evaluation import commands, evaluate, thresholds_of
from lab.evaluation.run import EvaluationSettings
from lab.figures.oracle import show_ladder
from lab.metrics import Truth
from lab.oracle import NAMES
from lab.oracle.ladder import RUNGS, climb, labels_of
from lab.oracle.report import report, table, words
from tests.heart import CARD, KnowsByHeart
from tests.ideal import street
from tests.sources import InMemory
from tests.street import write_street


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_street(tmp_path_factory.mktemp("street"), scenes=3, split="val")


@pytest.fixture(scope="module")
def model(root):
    """One that knows the streets, with errors."""
    source = CityscapesFolder(root, "val")
    return Model(KnowsByHeart((source[index] for index in range(3)), noise=0.4).eval(), CARD)


@pytest.fixture(scope="module")
def ladder(root, model):
    return climb(model, CityscapesFolder(root, "val"), thresholds_of(CARD), min_region=20)


def test_rungs_are_nothing_each_alone_and_more_and_more():
    assert RUNGS[:6] == ((), ("foreground",), ("seeds",), ("centre",), ("sigma",), ("offsets",))
    assert RUNGS[6:] == tuple(NAMES[:count] for count in (2, 3, 4, 5))


def test_the_first_rung_is_the_evaluation_and_the_last_is_perfect(ladder, root, model, tmp_path):
    settings = EvaluationSettings(min_region=20, scorer="own")
    plain = evaluate(model, CityscapesFolder(root, "val"), tmp_path, thresholds_of(CARD), settings)
    np.testing.assert_array_equal(ladder.rungs[0].score.table, plain.score.table)
    assert 0 < ladder.rungs[0].score.mean < 0.95
    assert ladder.rungs[-1].truth == NAMES
    assert ladder.rungs[-1].score.mean == 1
    assert ladder.images == 3


def test_truth_with_groups_and_void():
    regions = np.array([[0, 1, 2, 3], [0, 1, 2, 3]])
    void = np.array([[True, True, False, False], [False] * 4])
    truth = Truth(regions, np.array([2, 1, 3]), np.array([False, True, False]), void)
    instances, classes = labels_of(truth)
    assert instances.tolist() == [[0, 1, 0, 3], [0, 1, 0, 3]]
    assert classes.tolist() == [[-1, 2, -1, 3], [0, 2, -1, 3]]


def test_nuclei_get_their_score_too():
    image, instances, classes = street(64, 128)
    scene = Scene("cells", image, instances, (classes > 0).astype(np.int16))
    network = KnowsByHeart([scene], noise=0.5)
    network.known = {key: output[:5] for key, output in network.known.items()}
    card = ModelCard(2, 1, ("nucleus",), 0.5, 0.5, 8, 0.5)
    result = report(climb(Model(network.eval(), card), InMemory(scene), Thresholds(0.5, 0.5, 8)))
    assert result["min_region_pixels"] == 0
    assert result["rungs"][-1]["nuclei_score"] == 1
    assert result["rungs"][0]["nuclei_score"] < 1
    assert "nuclei score" in table(result)


def test_an_image_s_error_names_its_file():
    image, instances, classes = street(64, 128)
    scene = Scene("cells", image, instances, (classes > 0).astype(np.int16))
    network = KnowsByHeart([scene])
    network.known = {key: torch.full_like(output[:5], torch.nan) for key, output in network.known.items()}
    card = ModelCard(2, 1, ("nucleus",), 0.5, 0.5, 8, 0.5)
    with pytest.raises(ValueError, match=r"cells\.png: the prediction holds"):
        climb(Model(network.eval(), card), InMemory(scene), Thresholds())


def test_report_is_plain_and_the_table_says_it(ladder):
    result = json.loads(json.dumps(report(ladder), allow_nan=False))
    assert [tuple(rung["truth"]) for rung in result["rungs"]] == list(RUNGS)
    assert result["rungs"][-1]["ap"] == result["rungs"][-1]["ap50"] == 1
    assert result["rungs"][0]["nuclei_score"] is None
    assert result["rungs"][0]["classes"]["train"] == {"ap": None, "ap50": None}
    assert result["instances"]["car"] == 3
    assert result["ground_truth_seeds"]["truth"] == ["one proposal per instance"]
    told = table(result)
    gain = 100 * (1 - result["rungs"][0]["ap"])
    assert f"{words(NAMES):<43}  100.0{gain:>+7.1f}  100.0" in told
    assert "3 images; thresholds are the model's own. AP ignores true instances under 20 px." in told


def test_bars_of_a_ladder(ladder):
    result = report(ladder) | {"data": "street", "split": "val"}
    still = show_ladder(result)
    assert "3 images of street (val)" in still.alt
    assert still.pixels.std() > 20
    result["rungs"][0]["ap"], result["rungs"][3]["ap"] = 0.5, 0.3  # a truth may harm
    harmed = show_ladder(result)
    assert (harmed.pixels != still.pixels).any()
    assert "centre 30.0" in harmed.alt


class TestCommand:
    @pytest.fixture(autouse=True)
    def by_heart(self, model, monkeypatch):
        monkeypatch.setattr(commands, "shipped_model", lambda: model)

    def test_table_json_and_picture(self, root, tmp_path):
        out = tmp_path / "new" / "out"
        code, said = lab("oracle", "--data", root, "--limit", 2, "--output", out, "--min-region", 20)
        assert code == 0, said
        assert "2 images" in said
        content = json.loads((out / "oracle.json").read_text())
        assert {"device", "versions", "commit", "time", "thresholds", "rungs"} <= content.keys()
        assert (content["model"], content["data"], content["split"]) == ("shipped", root.name, "val")
        assert str(root.parent) not in (out / "oracle.json").read_text()
        assert (out / "oracle.png").read_bytes().startswith(b"\x89PNG")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (("--split", "test"), "found no images"),
            (("--model", "gone"), "--model: found neither a shipped model 'gone' nor"),
            (("--device", "tpu"), "found the device 'tpu'"),
        ],
    )
    def test_bad_input_is_one_clear_line(self, options, message, root, tmp_path):
        code, said = lab("oracle", "--data", root, "--output", tmp_path / "out", *options)
        assert code == 1
        assert message in said
        assert not (tmp_path / "out").exists()


def lab(*typed) -> tuple[int, str]:
    """Exit code and all that was said, on one line."""
    result = CliRunner().invoke(app, [str(word) for word in typed])
    return result.exit_code, " ".join(result.output.split())
