"""The living figures: what a page gets, what lies beside it, and the one script made of many modules."""

import base64
import json
import re
import zlib
from html.parser import HTMLParser

import numpy as np
import pytest

from lab.book.alive import bundle as bundling
from lab.book.alive import live_figures, write_static
from lab.book.alive.figures import KINDS
from lab.book.alive.samples import as_script, bench_sample, explorer_sample, strip_sample, wrap
from lab.datasets.sample import street
from lab.figures import style
from lab.widgets.bench.sample import load_sample
from lab.widgets.strip.pixels import PRESETS

FIGURES = {(f.name, f.notebook): f for f in live_figures()}


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.open = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.open += tag not in ("img", "link", "input")

    def handle_endtag(self, tag):
        self.open -= 1

    def of(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def static(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book") / "static"
    write_static(folder)
    return folder


def test_each_is_found_where_its_notebook_shows_it():
    assert set(FIGURES) == {
        ("explorer", "00_start_here"),
        ("bench", "02_gaussian_margin"),
        ("strip", "03_lovasz_hinge"),
    }


@pytest.mark.parametrize("name", KINDS)
def test_a_page_has_a_still_with_words_and_finds_its_files(name, static):
    figure = next(f for f in FIGURES.values() if f.name == name)
    elements = Elements(figure.html("../there"))
    assert elements.open == 0
    (still,) = elements.of("img")
    assert len(still["alt"]) > 60
    assert float(still["width"]) / float(still["height"]) > 1
    files = [still["src"], elements.of("link")[0]["href"], elements.of("script")[1]["src"]]
    assert all(file.startswith("../there/") for file in files)
    assert all((static / file.removeprefix("../there/")).stat().st_size > 500 for file in files)
    assert (static / f"{name}.sample.js").is_file()


@pytest.mark.parametrize("name", KINDS)
def test_controls_have_names_and_wait_until_the_figure_lives(name):
    elements = Elements(KINDS[name].controls())
    controls = [a for tag in ("input", "select", "button") for a in elements.of(tag)]
    assert all("data-control" in a and "disabled" in a for a in controls)
    assert len(elements.of("label")) == len(elements.of("input")) + len(elements.of("select"))


def test_bytes_travel_inside_of_anything():
    def unwrapped(packed: dict) -> bytes:
        return zlib.decompress(base64.b64decode(packed["zlib"]))

    packed = wrap({"a": [1, b"\x00\xff"], "b": (b"",), "c": None})
    assert packed["a"][0] == 1
    assert unwrapped(packed["a"][1]) == b"\x00\xff"
    assert unwrapped(packed["b"][0]) == b""
    name, _, value = as_script("x", {"β": 2.5}).partition(" = ")
    assert (name, value) == ('labAlive.samples["x"]', '{"β": 2.5};\n')


def test_the_strip_begins_where_the_notebook_does():
    presets = wrap(strip_sample())["presets"]
    assert list(presets) == list(PRESETS)
    assert tuple(presets["ties"]["logits"]) == PRESETS["ties"].logits


def test_the_bench_s_objects_arrive_whole():
    sample, packed = load_sample(), bench_sample()
    for index, each in enumerate(packed["objects"]):
        mask = np.unpackbits(np.frombuffer(each["mask"], np.uint8))[: sample.masks[index].numel()].astype(bool)
        assert np.array_equal(mask.reshape(sample.masks[index].shape), sample.masks[index].numpy())
        error = np.frombuffer(each["error"], "<f4").reshape(2, -1)
        assert np.array_equal(error, sample.error[index][:, sample.masks[index]].numpy())
    assert len(packed["image"]) == 3 * packed["width"] * packed["height"]


def test_every_module_comes_after_those_it_imports(static):
    script = (static / "alive.js").read_text()
    modules = json.loads(re.search(r"const modules = (\[.*\]); //", script)[1])
    names = [name for name, _ in modules]
    assert len(set(names)) == len(names)
    for n, (_, text) in enumerate(modules):
        assert 'from "."' not in text
        assert set(re.findall(r'"lab:([^"]+)"', text)) <= set(names[:n])
    assert json.loads(re.search(r"const fronts = (\{.*\}); //", script)[1]) == {n: k.front for n, k in KINDS.items()}


def test_nothing_is_asked_of_anybody_outside(static):
    for path in static.glob("*.*s"):
        addresses = set(re.findall(r"https?://[^\s\"'`)\\]+", path.read_text()))
        assert addresses <= {"http://www.w3.org/2000/svg"}, path.name


@pytest.mark.parametrize(
    ("files", "error", "words"),
    [
        ({"a.js": 'import { b } from "./b.js";', "b.js": 'import { a } from "./a.js";'}, ValueError, "a.js and b.js"),
        ({"a.js": 'import b from "./gone.js";'}, FileNotFoundError, "gone.js"),
    ],
)
def test_modules_that_cannot_be_joined(files, error, words, tmp_path, monkeypatch):
    monkeypatch.setattr(bundling, "LAB", tmp_path)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(error, match=re.escape(words)):
        bundling.collect("a.js", {}, ())


def test_imports_over_several_lines_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr(bundling, "LAB", tmp_path)
    (tmp_path / "a.js").write_text('import {\n  b,\n} from "./b.js";\nexport const words = "from \\"./c.js\\"";\n')
    (tmp_path / "b.js").write_text("export const b = 1;")
    modules: dict[str, str] = {}
    bundling.collect("a.js", modules, ())
    assert list(modules) == ["b.js", "a.js"]
    assert 'from "lab:b.js"' in modules["a.js"]


def test_a_narrow_page_is_one_width_in_styles_and_script():
    folder = bundling.LAB / "book/alive"
    px = float(re.search(r"const NARROW = (\d+);", (folder / "page.js").read_text())[1])
    assert f"@container (max-width: {px - 0.02:.2f}px) {{" in (folder / "alive.css").read_text()


def test_colours_mean_the_same_as_everywhere():
    colours = dict(re.findall(r'export const ([A-Z_]+) = "(#\w+)";', (bundling.LAB / "book/alive/plot.js").read_text()))
    assert len(colours) >= 6
    assert colours == {name: getattr(style, name) for name in colours}


def test_nothing_moves_by_itself(static):
    """So there is nothing to hold still for those who ask for less motion."""
    words = r"transition|animation|@keyframes|scroll-behavior|setInterval"
    assert not re.search(words, (static / "alive.css").read_text() + (static / "alive.js").read_text())


def test_samples_are_small(static):
    sizes = {name: (static / f"{name}.sample.js").stat().st_size for name in KINDS}
    assert sizes["strip"] < 3_000
    assert sizes["bench"] < 150_000
    assert sizes["explorer"] < 1_500_000


def test_the_explorer_arrives_whole_and_knows_that_nobody_answers():
    packed = explorer_sample()
    assert (packed["width"], packed["height"], packed["bits"], packed["kernel"]) == (512, 256, 8, False)
    assert packed["image"] == street().image.tobytes()
    json.dumps(wrap(packed))
