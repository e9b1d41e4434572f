"""The fast clustering against the readable one: every bit of every field, and the whole trace."""

import dataclasses
import errno
import itertools
import math
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lab.fast.clustering as fast
import lab.fast.clustering_parts as parts
from lab.clustering import Instances, Thresholds, cluster, cluster_to_regions
from lab.embedding import split
from lab.fast.choice import ReadableInstead
from lab.fast.clustering_rounds import cluster_in_rounds
from lab.regions import regions_of
from lab.speed.cases import make_case
from tests.ideal import ideal_output

FLOATS = {"float32": torch.float32, "float64": torch.float64}


def check_same(found: Instances, expected: Instances) -> None:
    assert found.trace == expected.trace
    for field in dataclasses.fields(Instances):
        if field.name != "trace":
            a, b = getattr(found, field.name), getattr(expected, field.name)
            assert (a.dtype, a.shape, a.device) == (b.dtype, b.shape, b.device), field.name
            assert torch.equal(a, b), field.name


def check_all(output, bandwidth_channels=2, **thresholds) -> Instances:
    """Both fast versions give what the readable one gives."""
    expected = cluster(output, bandwidth_channels, **thresholds, implementation="readable")
    check_same(cluster(output, bandwidth_channels, **thresholds, implementation="fast"), expected)
    rounds = cluster_in_rounds(fast.at_least_float32(output.detach()), bandwidth_channels, Thresholds(**thresholds))
    check_same(rounds, expected)
    return expected


def noise(seed, size, bandwidths, classes, spread, mean_bandwidth, levels=None):
    """Random output: offsets of ``spread`` units; values on so many ``levels`` a unit, for ties, or any."""
    generator = torch.Generator().manual_seed(seed)
    output = torch.randn(2 + bandwidths + classes, *size, generator=generator, dtype=torch.float64)
    output[2 + bandwidths :] *= 2
    if levels:
        output = (output * levels).round() / levels
    output[:2] *= spread
    output[2 : 2 + bandwidths] = mean_bandwidth + 0.1 * output[2 : 2 + bandwidths]
    return output


SIZES = st.one_of(
    st.tuples(st.integers(1, 24), st.integers(1, 40)),
    st.tuples(st.integers(1, 3), st.sampled_from([64, 128, 192])),  # whole granules
)


RANDOM_OUTPUTS = given(
    seed=st.integers(0, 2**31),
    size=SIZES,
    bandwidths=st.integers(1, 2),
    classes=st.integers(1, 3),
    spread=st.sampled_from([0.0, 1e-4, 0.004, 0.02, 1.0]),
    mean_bandwidth=st.sampled_from([-9.0, 0.0, 0.7, 0.95, 1.2, 9.0]),  # reaches from everything to nothing
    levels=st.sampled_from([None, 1, 4]),
    dtype=st.sampled_from([torch.float32, torch.float32, torch.float64, torch.float16, torch.bfloat16]),
    seed_threshold=st.sampled_from([0.0, 0.5, 0.7, 0.9, 1.0]),
    foreground_threshold=st.sampled_from([0.0, 0.5, 0.5, 0.6, 1.0]),
    min_pixels=st.sampled_from([0, 1, 5, 20]),
    min_unassigned=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
)


def check_random(seed, size, bandwidths, classes, spread, mean_bandwidth, levels, dtype, **thresholds):
    check_all(
        noise(seed, size, bandwidths, classes, spread, mean_bandwidth, levels).to(dtype), bandwidths, **thresholds
    )


@settings(max_examples=6)
@RANDOM_OUTPUTS
def test_random_outputs(**drawn):
    check_random(**drawn)


@pytest.mark.slow
@settings(max_examples=100)
@RANDOM_OUTPUTS
def test_many_random_outputs(**drawn):
    check_random(**drawn)


@pytest.mark.parametrize("kind", ["trained", "random"])
@pytest.mark.parametrize("bandwidths", [1, 2])
def test_made_up_predictions(kind, bandwidths):
    for size in ((96, 128), (101, 131)):
        output = make_case(kind, 24, *size, num_classes=3, bandwidth_channels=bandwidths).output[0]
        found = check_all(output, bandwidths, min_pixels=4)
        assert len(found) == 24 or kind == "random"


@pytest.mark.parametrize("dtype", FLOATS.values(), ids=FLOATS)
def test_pixels_a_last_bit_from_the_margin(dtype):
    """Seeds of random margins, and 4,000 pixels each that point to their very edge: some exactly, some a bit beyond."""
    limit, width, decided = parts.largest_inside(dtype), 4001, set()
    for turn in range(6):
        generator = torch.Generator().manual_seed(turn)
        output = torch.zeros(5, 1, width, dtype=dtype)
        output[2:4] = torch.rand(2, 1, 1, generator=generator, dtype=dtype) * 0.5 + 0.4
        kappa = split(output[None], 2).sharpness[0, :, 0, 0].double()
        angle = torch.rand(width, generator=generator, dtype=torch.float64) * 2 * math.pi
        edge = torch.stack([angle.cos(), angle.sin()]) * (limit / kappa).sqrt()[:, None]
        edge[:, 0] = 0
        edge[0] -= torch.arange(width, dtype=torch.float64) / 1024
        output[:2, 0] = torch.atanh(edge.clamp(-0.999, 0.999)).to(dtype)
        output[4], output[4, 0, 0] = 1, 5
        found = check_all(output, min_pixels=3)
        embedding = split(output[None], 2).embedding[0, :, 0]
        distance = (kappa.to(dtype)[:, None] * (embedding - embedding[:, :1]).square()).sum(0)
        next_one = torch.nextafter(torch.tensor(limit, dtype=dtype), torch.tensor(1.0, dtype=dtype))
        decided |= {"exactly"} if (distance == limit).any() else set()
        decided |= {"a bit beyond"} if (distance == next_one).any() else set()
        assert 100 < found.trace[0].proposal_pixels < width - 100
    assert decided == {"exactly", "a bit beyond"}


@pytest.mark.parametrize("dtype", FLOATS.values(), ids=FLOATS)
def test_cells_leave_no_member_out(dtype):
    for mean_bandwidth, proposals in ((0.75, 11), (0.95, 70)):
        output = noise(3, (32, 64), 2, 1, 0.01, mean_bandwidth).to(dtype)
        found = check_all(output, seed_threshold=0.6, min_pixels=2, min_unassigned=0.1)
        assert len(found.trace) > proposals  # more than those that look at all


def test_a_box_holds_what_rounding_lets_in():
    """Members on the very edge of a cell, inside the margin after rounding and outside of it before."""
    from lab.fast import clustering_kernels as kernels
    from lab.fast.clustering_cpu import Cells

    columns, rows = np.meshgrid(np.arange(17), np.arange(17))
    place = np.concatenate([np.stack([columns.ravel(), rows.ravel()]) / 16, np.full((2, 1024 - 17 * 17), 0.77)], 1)
    x, y = place.astype(np.float32)
    cells, every = kernels.sort_into_cells(x, y), kernels.one_cell(x, y)
    assert (Cells(*cells).per_unit, Cells(*cells).left) == (16, 0)  # the 17 x 17 lie on edges
    limit, out = np.float32(parts.largest_inside(torch.float32)), np.empty(2 * 1024 + 1, np.int32)
    rounded_in = 0
    for steps in range(1, 17):
        square = np.float32((steps / 16) ** 2)
        kappa = limit / square
        rounded_in += kappa * square <= limit and float(limit) < float(kappa) * float(square)
        for centre in (0, 5 * 17 + 5, 16 * 17 + 16):
            n = kernels.find_members(every, x[centre], y[centre], kappa, kappa, limit, out, 0)
            m = kernels.find_members(cells, x[centre], y[centre], kappa, kappa, limit, out, n)
            assert set(out[:n]) == set(out[n:m])
    assert rounded_in > 3


def test_margins_of_whole_pixels():
    """Whole pixels point to whole pixels, and margins are of whole pixels, or a last bit less or more."""
    output = torch.zeros(5, 16, 64)
    output[4] = 1
    output[4, ::3, ::3] = 3
    for radius in (2.0, 5.0):
        exact = math.log(parts.largest_inside(torch.float32) / (radius / 1024) ** 2) / 10
        for b in (exact - 1e-6, exact, exact + 1e-6):
            output[2:4] = b
            assert len(check_all(output, min_pixels=2, min_unassigned=0.2).trace) > 9


@pytest.mark.parametrize("min_unassigned", [0.0, 0.25, 0.5])
def test_shares_exactly_at_the_limit(min_unassigned):
    """Rows of equal pixels whose margins overlap by half: 'more than' and not 'at least'."""
    output = torch.zeros(4, 8, 64)
    output[3] = 2.5 + torch.linspace(0, 1, 64)  # rising along x, equal along y
    for reach in (2.2, 4.2):
        output[2] = math.log(math.log(2) / (reach / 1024) ** 2) / 10
        found = check_all(output, 1, min_pixels=1, min_unassigned=min_unassigned)
        assert {step.accepted for step in found.trace} == {True, False} or min_unassigned == 0


def test_ties_everywhere():
    """One score and one embedding for all, in every class: the first pixel opens, the number accepted first is seen."""
    output = torch.zeros(6, 16, 64)
    output[:2] = -torch.atanh(torch.stack(torch.meshgrid(torch.arange(64), torch.arange(16), indexing="xy")) / 1024)
    output[2], output[3:] = 0.9, 3.0
    found = check_all(output, 1)
    assert [step.row + step.column for step in found.trace] == [0, 0, 0]
    assert (found.labels == 1).all()


def test_three_hundred_instances_in_a_class():
    rows, columns = np.mgrid[:90, :120]
    instances = (rows // 6) * 20 + columns // 6 + 1
    assert len(check_all(ideal_output(instances, np.ones_like(instances), 1, noise=0.3), min_pixels=9)) > 200


def test_nothing_and_one_pixel_and_a_full_image():
    empty = torch.full((5, 3, 7), -20.0)
    assert len(check_all(empty, 2)) == 0
    assert len(check_all(torch.zeros(4, 1, 1) + 3, 1, min_pixels=0).trace) == 1
    full = torch.zeros(5, 40, 64)
    full[4] = 4
    assert check_all(full).masks.all()


@pytest.mark.parametrize("layout", ["channels last", "a view of a view", "with a gradient", "half under autocast"])
def test_any_layout(layout):
    output = noise(0, (32, 64), 2, 4, 0.01, 1.0)[None].float()
    if layout == "channels last":
        output = output.to(memory_format=torch.channels_last)
    if layout == "a view of a view":
        output = torch.cat([output, output], 3)[:, :, :, ::2].transpose(2, 3)[:, :, 3:]
    if layout == "with a gradient":
        output = output.requires_grad_()
    if layout == "half under autocast":
        with torch.autocast("cpu", dtype=torch.bfloat16):
            check_all(output[0].half(), min_pixels=4)
    assert len(check_all(output[0], seed_threshold=0.5, min_pixels=1).trace) > 300  # so many scores are compared


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 8, 16])
def test_last_bits_do_not_depend_on_where_a_value_stands(count, threads):
    """Of sigmoid in whole granules, if `granules_keep_bits` says so; of tanh and exp always: each proved by trying."""
    from lab.fast.clustering_cpu import GRANULE, TOGETHER, granules_keep_bits

    threads(count)
    sizes = ((3, 64 * 1024), (1, 64 * 1024), (1, 100_003), (5, 64 * 512), (1, 256 * 320))
    for dtype, (classes, pixels) in itertools.product(FLOATS.values(), sizes):
        values = 3 * torch.randn(classes, pixels, dtype=dtype)
        some = torch.randint(pixels, (1001,))
        for function in (torch.tanh, torch.exp):
            assert torch.equal(function(values[-1, some]), function(values)[-1, some])
        if granules_keep_bits(classes, pixels, count):
            parts = values.view(-1, GRANULE).split(TOGETHER)
            assert torch.equal(
                torch.cat([torch.sigmoid(part) for part in parts]).view_as(values), torch.sigmoid(values)
            )


@pytest.mark.parametrize("count", [2, 3])
def test_any_number_of_threads(count, threads):
    threads(count)
    check_all(make_case("random", 3, 131, 257, num_classes=2).output[0], seed_threshold=0.95)
    check_all(make_case("trained", 8, 128, 512, num_classes=2).output[0])


@pytest.mark.parametrize("count", [4, 8, 16])
def test_equal_logits_on_both_sides_of_the_end_of_a_share(count, threads):
    """Of 256x320 values torch makes 3 shares with 4 threads or more: the last ones of the first take another path."""
    threads(count)
    end, rest = 27307, 11  # ceil(81,920 / 3), of which 11 are less than a step of any vectorised loop
    logits = torch.full((256 * 320,), -9.0)
    for _ in range(300):  # a few in a hundred values round differently
        values = 2 + 3 * torch.rand(rest)
        logits[end - rest : end] = logits[end : end + rest] = values
        scores = torch.sigmoid(logits)
        less = scores[end - rest : end] < scores[end : end + rest]
        if less.any():
            break
    else:
        pytest.skip("this processor's two paths of sigmoid round alike")
    logits[end - rest : end + rest] = 1
    logits[end - 1 : end + 1] = values[less][0]
    output = torch.zeros(5, 256, 320)
    output[2:4], output[4] = 0.9, logits.view(256, 320)
    first = check_all(output, min_pixels=2).trace[0]
    assert first.row * 320 + first.column == end


def test_tensors_lie_where_the_output_lies():
    """Whatever device new tensors go to by default: one that computes nothing would end it."""
    outputs = (make_case("trained", 4, 48, 64, num_classes=2).output[0], torch.full((5, 3, 7), -20.0))
    expected = [cluster(output, min_pixels=4, implementation="readable") for output in outputs]
    torch.set_default_device("meta")
    try:
        for output, right in zip(outputs, expected, strict=True):
            check_same(cluster(output, min_pixels=4, implementation="fast"), right)
            check_same(cluster_in_rounds(output, 2, Thresholds(min_pixels=4)), right)
    finally:
        torch.set_default_device(None)


def test_other_devices_are_left_to_the_readable_version():
    assert fast._way(torch.device("cuda")) is cluster_in_rounds
    with pytest.raises(parts.CannotServe, match=r'is on "mps"; the fast clustering is written for "cpu" and "cuda"'):
        fast._way(torch.device("mps"))


def test_no_candidate_lies_under_the_bound_of_the_logits():
    for threshold in (0.0, 1e-30, 1e-4, 0.3, 0.5, 0.9, 0.999, 1 - 1e-7, 1.0):
        bound = parts.logit_bound(threshold)
        for dtype in FLOATS.values():
            logits = torch.tensor(bound, dtype=dtype).nan_to_num() - torch.linspace(0, 3, 2000, dtype=dtype)
            assert bound == -math.inf or (torch.sigmoid(logits) <= threshold).all()
    assert parts.logit_bound(0.5) > -0.01  # and it spares nearly all the rest


def test_seeds_are_sorted_as_by_a_stable_sort():
    from lab.fast.clustering_cpu import by_falling_score

    for dtype in (np.float32, np.float64):
        score = np.random.default_rng(0).integers(0, 50, 3000).astype(dtype) / 50
        expected = [j for j in np.argsort(-score, kind="stable") if score[j] >= dtype(0.3)]
        assert by_falling_score(score, dtype(0.3)).tolist() == expected
        assert len(by_falling_score(score, dtype(1.5))) == 0


@pytest.mark.parametrize("dtype", FLOATS.values(), ids=FLOATS)
def test_the_largest_distance_inside_is_the_last(dtype):
    limit = torch.tensor(parts.largest_inside(dtype), dtype=dtype)
    beyond = torch.nextafter(limit, torch.tensor(1.0, dtype=dtype))
    assert [bool(torch.exp(-d) > 0.5) for d in (limit, beyond)] == [True, False]


def test_an_exp_that_flickers_is_left_to_the_readable_version(monkeypatch):
    monkeypatch.setattr(parts.torch, "exp", lambda x: 0.5 + 1e-3 * (torch.arange(x.numel()) % 2).view(x.shape))
    with pytest.raises(parts.CannotServe, match="does not fall steadily"):
        parts.largest_inside(torch.float32)


def test_without_a_compiler_the_readable_version_runs_and_says_so(monkeypatch):
    output = make_case("trained", 4, 48, 64, num_classes=2).output[0]
    expected = cluster(output, min_pixels=4)
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.warns(ReadableInstead, match=r"numba cannot be imported.*The readable clustering runs\. The result is"):
        check_same(cluster(output, min_pixels=4), expected)
    with pytest.raises(ValueError, match="numba cannot be imported"):
        cluster(output, min_pixels=4, implementation="fast")


def test_without_a_compiler_readable_regions_are_found_and_it_is_said(monkeypatch):
    output, thresholds = make_case("trained", 4, 48, 64, num_classes=2).output[0], Thresholds(min_pixels=4)
    expected = cluster_to_regions(output, 2, thresholds)
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.warns(ReadableInstead, match=r"numba cannot be imported.*The readable clustering runs\. The result is"):
        assert cluster_to_regions(output, 2, thresholds).trace == expected.trace
    with pytest.raises(ValueError, match="numba cannot be imported"):
        cluster_to_regions(output, 2, thresholds, "fast")


def test_which_regions_are_found(monkeypatch):
    """The default are the fast ones, and "readable" does not come near them."""
    monkeypatch.setattr(fast, "fast_regions", lambda *_: regions_of([], [], (7, 7)))
    output = torch.zeros(4, 1, 8)
    sizes = {of: cluster_to_regions(output, 1, Thresholds(), of).labels.shape for of in ("auto", "fast", "readable")}
    assert sizes == {"auto": (7, 7), "fast": (7, 7), "readable": (1, 8)}


def message(*args, **options) -> str:
    with pytest.raises(ValueError) as raised:  # noqa: PT011  the messages are compared
        cluster(*args, **options)
    return str(raised.value)


def test_errors_are_the_same():
    output = torch.zeros(5, 4, 6)
    strange = output.clone()
    strange[1, 2, 3], strange[4, 3, 5] = math.inf, -math.inf
    nan = output.clone()
    nan[4, 3, 5] = math.nan
    for wrong in ((strange, 2), (nan, 2), (output, 3), (output[:4], 2), (nan, 3), (nan.half(), 2)):
        assert message(*wrong, implementation="fast") == message(*wrong, implementation="readable")
    huge = torch.full((5, 8, 64), 1e38)  # finite, though their sum is not
    check_all(huge)


def test_zero_pages_are_zeros_that_can_be_written():
    assert parts.zero_pages((0, 3, 4)).shape == (0, 3, 4)
    pages = parts.zero_pages((5, 33, 77))
    assert not pages.any()
    pages[2, 3] = True
    assert pages.sum() == 77
    assert torch.equal(pages.clone(), pages)


def test_masks_without_room_are_said_in_words(monkeypatch):
    def refused(*_, **__):
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(parts.mmap, "mmap", refused)
    with pytest.raises(MemoryError, match=r"300 x 1024 x 2048 px of masks, 0\.586 GiB: the system refuses"):
        parts.zero_pages((300, 1024, 2048))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["toyscapes", "nuclei", "tiny"])
def test_shipped_models_on_the_shipped_scene(name):
    from lab.checkpoints import shipped_model
    from lab.datasets.sample import street
    from lab.evaluation.predict import network_output, thresholds_of

    model, scene = shipped_model(name), street()
    output = network_output(model, scene.image)
    thresholds = vars(thresholds_of(model.card))
    found = check_all(output, model.card.bandwidth_channels, **thresholds)
    loose = {**thresholds, "seed_threshold": 0.5, "min_pixels": 3}
    assert len(check_all(output, model.card.bandwidth_channels, **loose)) >= len(found)


@pytest.mark.cuda
@pytest.mark.parametrize("kind", ["trained", "random"])
def test_cuda_equals_the_readable_version_on_the_same_device(kind):
    output = make_case(kind, 40, 256, 512).output[0].cuda()
    expected = cluster(output, min_pixels=8, implementation="readable")
    check_same(cluster(output, min_pixels=8, implementation="fast"), expected)
