"""Image files: odd ones are read, broken ones refused by name, whatever is wrong with them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.images import image_size, load_image, whole
from tests.robustness import pictures
from tests.robustness.judging import bounded_memory, call, command, listing, sample, trouble

MOST_MEMORY = 3 << 30  # Pillow opens up to 179 megapixels, if a file says so, before it finds that they are not there
SMALL = [name for name in pictures.ODD if not any(word in name for word in ("20000", "500", "text"))]


@pytest.mark.parametrize("name", sample(pictures.ODD, 2))
def test_an_odd_picture_is_read(name: str, tmp_path: Path):
    path = pictures.ODD[name](tmp_path)
    with bounded_memory():
        image, stretched = load_image(path), load_image(path, "percentile")
        assert image.shape == stretched.shape == (*image_size(path), 3)
    assert image.dtype == stretched.dtype == np.uint8


@pytest.mark.parametrize("name", sample(pictures.BROKEN, 3))
def test_a_broken_picture_is_read_or_refused_by_name(name: str, tmp_path: Path):
    path = pictures.BROKEN[name](tmp_path)
    with bounded_memory(MOST_MEMORY):
        for use in (load_image, lambda path: load_image(path, "percentile"), image_size, whole):
            assert (
                trouble(call(lambda use=use: use(path)), path.name, told=() if "too long" in name else ("found",)) == ""
            )


@given(st.data())
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_picture_is_read_or_refused_by_name(tmp_path: Path, data: st.DataObject):
    check_changed(tmp_path, data)


@pytest.mark.slow
@given(st.data())
@settings(max_examples=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_many_changed_pictures(tmp_path: Path, data: st.DataObject):
    check_changed(tmp_path, data)


def check_changed(folder: Path, data: st.DataObject) -> None:
    """Some bytes of a sound picture are others, most of them near its beginning, where its header is."""
    path = pictures.ODD[data.draw(st.sampled_from(SMALL))](folder)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, min(len(content), data.draw(st.sampled_from((60, 400, 10**6)))) - 1))
        new = data.draw(
            st.binary(min_size=1, max_size=6) | st.sampled_from((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"))
        )
        content[place : place + data.draw(st.sampled_from((0, len(new), len(new) + 3)))] = new
    path.write_bytes(content)
    with bounded_memory(MOST_MEMORY):
        assert trouble(call(lambda: load_image(path)), path.name) == ""
        assert trouble(call(lambda: image_size(path)), path.name) == ""


@pytest.mark.parametrize("every", [20, pytest.param(1, marks=pytest.mark.slow)])
def test_one_prediction_of_all_of_them(every: int, tmp_path: Path):
    """One command over pictures of which most are broken: the sound ones are predicted, the others said."""
    inputs, output = tmp_path / "in", tmp_path / "out"
    large = ("bomb", "99999", "100000", "too long", "below a file")
    broken = {name: build for name, build in pictures.BROKEN.items() if not any(word in name for word in large)}
    paths = []
    for number, build in enumerate([*(pictures.ODD[name] for name in SMALL[:2]), *[*broken.values()][::every]]):
        (inputs / str(number)).mkdir(parents=True)
        paths.append(build(inputs / str(number)))
    there = [path for path in paths if path.exists() and not path.is_dir()]
    outcome = command("predict", *there, "--model", "tiny", "--output", output)
    assert outcome.bare is None
    assert outcome.code == 1
    names = set(listing(output))
    done = {name.removesuffix("_labels.png") for name in names if name.endswith("_labels.png")}
    assert len(done) >= 2
    endings = ("labels.png", "overlay.png", "instances.csv")
    assert names == {"coco.json"} | {f"{name}_{end}" for name in done for end in endings}


def test_a_folder_with_a_loop_of_links(tmp_path: Path):
    """Path.resolve has a RuntimeError for one, and so no other picture of the folder would be predicted."""
    pictures.BROKEN["a loop of links"](tmp_path)
    pictures.stored("sound.png", pictures.rgb)(tmp_path)
    outcome = command("predict", tmp_path, "--model", "tiny", "--output", tmp_path / "out")
    assert trouble(outcome, "a.png", told=()) == ""
    assert (tmp_path / "out" / "sound_labels.png").is_file()
