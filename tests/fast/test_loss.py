"""The fast loss against the readable one: values and the gradient of every term, by numba and in plain torch."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lab.fast.loss
from lab.embedding import coordinate_grid
from lab.fast.choice import ReadableInstead
from lab.fast.loss_parts import portions
from lab.fast.loss_reach import reaches
from lab.losses import TERM_WEIGHTS, SpatialEmbeddingLoss, total_loss
from lab.lovasz import lovasz_hinge
from lab.speed.cases import make_case

BACKENDS = ("numba", "torch")
VALUE, GRADIENT = 1e-6, 1e-5  # in float64: absolute; relative, of the L2 norm


@pytest.fixture(params=BACKENDS)
def backend(request, monkeypatch):
    use(request.param, monkeypatch)
    return request.param


def use(backend, monkeypatch):
    if backend == "torch":
        monkeypatch.setitem(sys.modules, "numba", None)
    warnings.simplefilter("ignore", ReadableInstead)


def scene(height, width, count, batch=1, classes=2, void=0.1, seed=0):
    """Random labels: every pixel a lottery among ``count`` instances, background and void."""
    random = np.random.default_rng(seed)
    instances = random.integers(0, count + 1, (batch, height, width))
    kind = np.where(instances > 0, (instances - 1) % classes + 1, 0)
    kind[random.random(kind.shape) < void] = -1
    return torch.tensor(instances), torch.tensor(kind)


def ones(height, width):
    return (torch.ones(1, height, width, dtype=torch.int64),) * 2


def output_of(height, width, bandwidths=2, batch=1, classes=2, offset=0.005, b=0.8, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    output = torch.randn(batch, 2 + bandwidths + classes, height, width, generator=generator, dtype=torch.float64)
    output[:, :2] *= offset
    output[:, 2 : 2 + bandwidths] = b + 0.1 * output[:, 2 : 2 + bandwidths]
    return output.to(dtype)


def evaluate(implementation, output, instances, classes, **settings):
    """The terms, and the gradient of each by the output."""
    output = output.clone().requires_grad_()
    terms = SpatialEmbeddingLoss(**settings, implementation=implementation)(output, instances, classes)
    slopes = {name: torch.autograd.grad(term, output, retain_graph=True)[0] for name, term in terms.items()}
    return {name: term.item() for name, term in terms.items()}, slopes


def check_equal(output, instances, classes, value=VALUE, gradient=GRADIENT, **settings):
    """Against the readable version in float64, whatever the output's dtype."""
    fast, slopes = evaluate("fast", output, instances, classes, **settings)
    readable, expected = evaluate("readable", output.double(), instances, classes, **settings)
    assert fast == pytest.approx(readable, abs=value)
    for name in TERM_WEIGHTS:
        away = (slopes[name].double() - expected[name]).norm()
        assert away <= gradient * expected[name].norm() + 1e-12, name


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_equals_the_readable_one_on_random_input(data):
    height, width, batch = (data.draw(st.integers(1, most)) for most in (13, 17, 3))
    count, classes, seed = (data.draw(st.integers(*ends)) for ends in ((0, 9), (1, 4), (0, 10**6)))
    labels = scene(height, width, count, batch, classes, data.draw(st.sampled_from([0, 0.1, 0.6])), seed)
    offset, b = (
        data.draw(st.sampled_from([1e-3, 5e-3, 0.1, 2.0])),
        data.draw(st.sampled_from([-0.3, 0.0, 0.5, 1.0, 1.3])),
    )
    choices = {"bandwidth_channels": data.draw(st.sampled_from([1, 2])), "foreground_weight": 3.0}
    choices["centre"] = data.draw(st.sampled_from(["learned", "centroid"]))
    output = output_of(height, width, choices["bandwidth_channels"], batch, classes, offset, b, seed)
    for backend in BACKENDS:
        with pytest.MonkeyPatch.context() as patch:
            use(backend, patch)
            check_equal(output, *labels, **choices)


@pytest.mark.parametrize("kind", ["trained", "random"])
@pytest.mark.parametrize("centre", ["learned", "centroid"])
def test_float32_is_within_the_bounds_of_the_readable_one_in_float64(backend, kind, centre):
    """Also without the smoothness and seed terms, and each kind of channel by itself."""
    case = make_case(kind, 9, 64, 80, num_classes=3, batch=2)
    check_equal(*case, value=1e-4, gradient=1e-3, centre=centre)
    fast, readable = (
        evaluate(which, output, case.instances, case.classes, centre=centre)[1]["instance"]
        for which, output in (("fast", case.output), ("readable", case.output.double()))
    )
    for channels in (slice(0, 2), slice(2, 4)):
        assert (fast[:, channels] - readable[:, channels]).norm() < 1e-3 * readable[:, channels].norm()


HARD = {
    "no instances": lambda: (output_of(9, 11), *scene(9, 11, 0, void=0.2)),
    "void everywhere": lambda: (output_of(9, 11), *scene(9, 11, 3, void=2)),
    "one pixel": lambda: (output_of(1, 1), *ones(1, 1)),
    "an image of one object": lambda: (output_of(12, 9), *ones(12, 9)),
    "300 instances": lambda: (output_of(33, 41, b=0.5), *scene(33, 41, 300)),
    "everything in reach": lambda: (output_of(24, 31, offset=0.02, b=0.0), *scene(24, 31, 5)),
    "κ at its upper limit": lambda: (output_of(9, 11, b=9.0), *scene(9, 11, 3)),
    "κ at its lower limit": lambda: (output_of(9, 11, b=-9.0), *scene(9, 11, 3)),
    "offsets as large as they come": lambda: (output_of(9, 11, offset=30.0, b=0.1), *scene(9, 11, 3)),
}


@pytest.mark.parametrize("name", HARD)
def test_hard_cases(backend, name):
    check_equal(*HARD[name]())


def test_beyond_its_limit_the_sharpness_does_not_move(backend):
    """One pixel, so near its centre that even the sharpest Gaussian is neither 0 nor 1 there."""
    output, labels = torch.zeros(1, 5, 1, 2, dtype=torch.float64), torch.tensor([[[1, 0]]])
    output[0, :2, 0, 0], output[0, 2:4] = 1e-17, 9.0
    _, slopes = evaluate("fast", output, labels, labels, centre="centroid")
    assert slopes["instance"][0, 0, 0, 0] > 0
    assert (slopes["instance"][:, 2:4] == 0).all()
    check_equal(output, labels, labels, centre="centroid")


def pointing_at(height, width, x, y):
    """An output in which all pixels have the same embedding, in pixels, as nearly as the dtype allows."""
    output = output_of(height, width)
    output[:, :2] = torch.atanh(torch.tensor([x, y]).view(2, 1, 1) / 1024 - coordinate_grid(height, width).double())
    return output


def along(output, direction, labels, step=1e-7, **settings):
    """Slope of the readable instance term in one direction, by a one-sided difference; where errors tie it is bent."""
    loss = SpatialEmbeddingLoss(implementation="readable", **settings)
    there, here = (loss(x, *labels)["instance"].item() for x in (output + step * direction, output))
    return (there - here) / step


@pytest.mark.parametrize("centre", ["learned", "centroid"])
def test_ties_leave_the_value_alone_and_give_a_subgradient(backend, centre):
    """The hinge is convex in the errors: a subgradient lies between the slopes to both sides, in every direction."""
    labels = scene(12, 14, 4)
    on_the_grid = output_of(12, 14, offset=0.0)
    on_the_grid[:, 2:4] = 1.0  # every distance four or eight times over
    for output in (pointing_at(12, 14, 5.0, 6.0), on_the_grid):
        fast, slopes = evaluate("fast", output, *labels, centre=centre)
        readable, expected = evaluate("readable", output, *labels, centre=centre)
        assert fast == pytest.approx(readable, abs=VALUE)
        for name in ("smoothness", "seed"):  # which no order enters
            torch.testing.assert_close(slopes[name], expected[name], rtol=1e-6, atol=1e-9)
        for seed in (1, 2, 3):
            direction = output_of(12, 14, b=0.0, offset=0.1, seed=seed)
            slope = (slopes["instance"] * direction).sum().item()
            up, down = (along(output, sign * direction, labels, centre=centre) for sign in (1, -1))
            assert -down - 1e-3 <= slope <= up + 1e-3, (slope, -down, up)


def test_gradcheck_of_plain_torch(monkeypatch):
    """(What numba compiled is checked in tests/test_losses.py, as the default.)"""
    use("torch", monkeypatch)
    instances = torch.tensor([[[0, 1, 1], [0, 1, 2], [3, 0, 2]]])
    classes = torch.tensor([[[0, 1, 1], [-1, 1, 2], [2, 0, 2]]])
    output = output_of(3, 3, b=1.2).requires_grad_()
    loss = SpatialEmbeddingLoss(implementation="fast")
    assert torch.autograd.gradcheck(
        lambda x: loss(x, instances, classes)["instance"], output, atol=1e-4, fast_mode=True
    )


def on_threads(counts, *arguments):
    """What `evaluate` of the fast loss gives on so many threads, one run after the other."""
    before, found = torch.get_num_threads(), []
    try:
        for threads in counts:
            torch.set_num_threads(threads)
            found.append(evaluate("fast", *arguments))
    finally:
        torch.set_num_threads(before)
    return found


def test_the_same_bits_in_every_run(backend):
    (values, slopes), again = on_threads((2, 2), *make_case("trained", 12, 101, 131, batch=3))
    assert again[0] == values
    assert all(torch.equal(again[1][name], slopes[name]) for name in slopes)


def test_one_thread_gives_what_two_give(backend):
    """To the last bits of torch's tanh and sigmoid, which threads that share out odd sizes compute otherwise."""
    (values, slopes), two = on_threads((1, 2), *make_case("trained", 12, 101, 131, batch=3))
    assert two[0] == pytest.approx(values, rel=1e-6)
    for name in slopes:
        assert (two[1][name] - slopes[name]).norm() <= 1e-5 * slopes[name].norm()


def test_strides_and_integer_types_do_not_matter(backend):
    output, (instances, classes) = output_of(9, 11, batch=2), scene(9, 11, 4, batch=2)
    expected = evaluate("fast", output, instances, classes)
    strided = output.contiguous(memory_format=torch.channels_last)
    turned = instances.mT.contiguous().mT
    for labels in ((turned, classes), (instances.int(), classes.to(torch.int8)), (instances.short(), classes)):
        values, slopes = evaluate("fast", strided, *labels)
        assert values == pytest.approx(expected[0], rel=1e-14)
        for name in TERM_WEIGHTS:  # but for torch's sigmoid, whose last bit depends on the layout, to the bit
            torch.testing.assert_close(slopes[name], expected[1][name], rtol=1e-14 if name == "seed" else 0, atol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32_also_its_gradients(backend, dtype):
    output, labels = output_of(9, 11, dtype=dtype), scene(9, 11, 4)
    values, slopes = evaluate("fast", output, *labels)
    expected = evaluate("fast", output.float(), *labels)
    assert values == expected[0]
    for name in TERM_WEIGHTS:
        assert slopes[name].dtype == dtype
        assert torch.equal(slopes[name], expected[1][name].to(dtype))


@pytest.mark.parametrize("names", [{1: -7, 2: 2**62, 3: -(2**62), 4: 10**9}, {1: 26001, 2: 24000, 3: 5, 4: 33000}])
def test_ids_may_be_any_numbers(backend, names):
    output, (instances, classes) = output_of(9, 11), scene(9, 11, 4)
    renamed = instances.clone()
    for old, new in names.items():
        renamed[instances == old] = new
    check_equal(output, renamed, classes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda i, c: c.__setitem__((1, 0, 0), 3), r"image 1 .* class 3; expected .* 1\.\.2"),
        (lambda i, c: c.__setitem__((1, 0, 0), -2), "class -2; expected"),
        (lambda i, c: c.__setitem__((1, 0, 1), 2), r"image 1 .* instance 1 carries the classes \[1, 2\]"),
        (lambda i, c: i.__setitem__((1, 0, 2), 5), "row 0, column 2: instance 5 with class 0"),
        (lambda i, c: i.__setitem__((1, 0, 0), 0), "row 0, column 0: instance 0 with class 1"),
    ],
)
def test_bad_labels_are_named_as_by_the_readable_one(backend, change, message):
    instances, classes = (torch.tensor([[[1, 1, 0, 0]]] * 2).contiguous() for _ in range(2))
    change(instances, classes)
    for implementation in ("fast", "readable"):
        with pytest.raises(ValueError, match=message):
            SpatialEmbeddingLoss(implementation=implementation)(output_of(1, 4, batch=2), instances, classes)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_none_is_not_hidden(backend, number):
    """Anywhere, every term says so as the readable version's do: training stops on terms, before it spoils weights."""
    labels = scene(9, 11, 2, void=0)
    places = {"background": (0, 0), "void": (-1, 0), "instance": (1, 1)}
    for class_index, instance in places.values():
        labels[0][0, 4, 5], labels[1][0, 4, 5] = instance, class_index
        for channel in (0, 3, 5):  # an offset, a bandwidth, a seed map
            output = output_of(9, 11)
            output[0, channel, 4, 5] = number
            for implementation in ("fast", "readable"):
                terms = SpatialEmbeddingLoss(implementation=implementation)(output, *labels)
                assert all(term.isnan() for term in terms.values()), (class_index, channel, implementation)


def test_huge_numbers_whose_sum_overflows_are_numbers(backend):
    output = output_of(9, 11, dtype=torch.float32)
    output[:, 4:] = 1e38
    assert all(
        term.isfinite() for term in SpatialEmbeddingLoss(implementation="fast")(output, *scene(9, 11, 2)).values()
    )


def test_a_second_derivative_is_refused_and_not_dropped(backend):
    output, labels = output_of(9, 11).requires_grad_(), scene(9, 11, 3)
    total = total_loss(SpatialEmbeddingLoss()(output, *labels))
    with pytest.raises(RuntimeError, match=r'differentiated once.*create_graph=True.*implementation="readable"'):
        torch.autograd.grad(total, output, create_graph=True)
    torch.autograd.grad(total, output)
    readable = total_loss(SpatialEmbeddingLoss(implementation="readable")(output, *labels))
    (slope,) = torch.autograd.grad(readable, output, create_graph=True)
    assert torch.autograd.grad(slope.square().sum(), output)[0].any()


def test_the_device_is_the_output_s_and_not_the_default_one(backend):
    output, labels = output_of(9, 11), scene(9, 11, 3)
    expected, slopes = evaluate("fast", output, *labels)
    torch.set_default_device("meta")
    try:
        found = evaluate("fast", output, *labels)
    finally:
        torch.set_default_device(None)
    assert found[0] == expected
    assert all(torch.equal(found[1][name], slopes[name]) for name in slopes)


def test_on_another_device_fast_says_no():
    output, labels = output_of(9, 11).to("meta"), scene(9, 11, 3)
    with pytest.raises(
        ValueError, match=r'"fast" with an output on meta; expected one on cpu or cuda, or "auto" or "readable"\.$'
    ):
        SpatialEmbeddingLoss(implementation="fast")(output, *labels)


def test_the_fast_one_serves_processor_and_cuda():
    served = [SpatialEmbeddingLoss()._runs_fast(torch.device(name)) for name in ("cpu", "cuda", "meta")]
    assert served == [True, True, False]


@pytest.mark.parametrize("size", [(0, 9, 11), (1, 0, 11), (1, 9, 0)])
def test_an_output_without_a_pixel_is_refused_by_both(backend, size):
    batch, height, width = size
    labels = (torch.zeros(size, dtype=torch.int64),) * 2
    for implementation in ("fast", "readable"):
        with pytest.raises(
            ValueError, match=rf"shape \[{batch}, 6, {height}, {width}\], which holds no number; expected"
        ):
            SpatialEmbeddingLoss(implementation=implementation)(torch.zeros(batch, 6, height, width), *labels)


@pytest.mark.parametrize("k", [-(2**62), 2**62, -(2**63), 2**63 - 1])
def test_two_classes_of_an_instance_are_named_whatever_its_id(backend, k):
    instances, classes = torch.tensor([[[k, k, 0, 0]]]), torch.tensor([[[1, 2, 0, 0]]])
    for implementation in ("fast", "readable"):
        with pytest.raises(ValueError, match=rf"image 0 .* instance {k} carries the classes \[1, 2\]"):
            SpatialEmbeddingLoss(implementation=implementation)(output_of(1, 4), instances, classes)


def test_backward_only_scales_and_can_be_asked_again(backend):
    output, labels = output_of(9, 11).requires_grad_(), scene(9, 11, 3)
    terms = SpatialEmbeddingLoss()(output, *labels)
    total = total_loss(terms)
    once, again = (torch.autograd.grad(total, output, retain_graph=True)[0] for _ in range(2))
    parts = [torch.autograd.grad(terms[name], output, retain_graph=True)[0] * w for name, w in TERM_WEIGHTS.items()]
    assert torch.equal(once, again)
    torch.testing.assert_close(once, sum(parts))
    with torch.no_grad():
        assert not any(term.requires_grad for term in SpatialEmbeddingLoss()(output, *labels).values())


def test_without_numba_it_says_so_and_gives_the_same(monkeypatch):
    output, labels = output_of(9, 11), scene(9, 11, 3)
    expected, _ = evaluate("fast", output, *labels)
    monkeypatch.setitem(sys.modules, "numba", None)  # what importing it then says: ModuleNotFoundError
    with pytest.warns(ReadableInstead, match="numba cannot be imported"):
        found, _ = evaluate("auto", output, *labels)
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("setting", [{"instance_loss": "hinge"}, {"seed_target": "mask"}])
def test_what_only_the_readable_one_knows(setting):
    ((name, value),) = setting.items()
    with pytest.raises(ValueError, match=rf'"fast" with {name} "{value}".*; expected "auto" or "readable"\.$'):
        SpatialEmbeddingLoss(**setting, implementation="fast")
    output, labels = output_of(9, 11), scene(9, 11, 3)
    assert evaluate("auto", output, *labels, **setting)[0] == evaluate("readable", output, *labels, **setting)[0]


def test_which_one_runs(monkeypatch):
    """The default is the fast one, and "readable" does not come near it."""
    called = []
    monkeypatch.setattr(lab.fast.loss, "fast_terms", lambda *_: called.append(True) or {})
    for implementation, expected in (("auto", [True]), ("fast", [True]), ("readable", [])):
        SpatialEmbeddingLoss(implementation=implementation)(output_of(9, 11), *scene(9, 11, 3))
        assert called == expected
        called.clear()


def test_an_output_of_too_few_channels_is_named(backend):
    with pytest.raises(ValueError, match="the output has 4 channels; expected at least 5"):
        SpatialEmbeddingLoss()(output_of(3, 3)[:, :4], *scene(3, 3, 1))


def test_beyond_the_reach_no_pixel_matters():
    """A background pixel just inside the reach still costs; just outside it, nothing."""
    nearest = np.array([0.3])
    edge = reaches(nearest)[0]
    own = torch.tensor([2 * np.exp(-0.3) - 1, -0.9], dtype=torch.float64)
    for factor, matters in ((0.999, True), (1.001, False)):
        far = torch.tensor([2 * np.exp(-edge * factor) - 1], dtype=torch.float64, requires_grad=True)
        lovasz_hinge(torch.cat([own, far]), torch.tensor([True, True, False])).backward()
        assert (far.grad != 0).item() == matters
    assert reaches(np.zeros(1, np.float32))[0] == pytest.approx(26 * np.log(2))  # 2φ - 1 rounds to -1 from here on
    assert torch.tensor(2 * np.exp(-26 * np.log(2) - 1e-3), dtype=torch.float32) - 1 == -1


def test_portions_hold_what_fits_or_one():
    assert list(portions([3, 3, 3, 9, 1, 1], 6)) == [(0, 2), (2, 3), (3, 4), (4, 6)]
    assert list(portions([0, 0], 6)) == [(0, 2)]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_instances():
    """Every pixel in reach of every instance: the pairs of all would take 400 MB more for 200 than for 4."""
    peaks = {}
    for count in (4, 200):
        code = f"import tests.fast.test_loss as t; t.tell_peak({count})"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        peaks[count] = int(run.stdout)
    assert peaks[200] - peaks[4] < 40, peaks


def tell_peak(count):
    """Print the peak of memory in MB over one loss, and see that importing it had not imported numba."""
    import resource

    assert "numba" not in sys.modules
    case = make_case("random", count, 512, 512, num_classes=2)
    total_loss(SpatialEmbeddingLoss()(case.output.requires_grad_(), case.instances, case.classes)).backward()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


@pytest.mark.cuda
def test_cuda_equals_the_readable_one_on_the_processor():
    for kind in ("trained", "random"):
        case = make_case(kind, 20, 128, 160, batch=2)
        readable, expected = evaluate("readable", case.output.double(), case.instances, case.classes)
        first, again = (evaluate("fast", *case.to("cuda")) for _ in range(2))
        assert first[0] == pytest.approx(readable, abs=1e-4)
        for name in TERM_WEIGHTS:
            assert torch.equal(first[1][name], again[1][name])
            assert (first[1][name].cpu().double() - expected[name]).norm() <= 1e-3 * expected[name].norm()


@pytest.mark.cuda
def test_cuda_waits_three_times_however_many_instances():
    loss = SpatialEmbeddingLoss(implementation="fast")
    waits = {}
    for count in (5, 60):
        output, *labels = make_case("trained", count, 128, 160, batch=2).to("cuda")
        output.requires_grad_()
        total_loss(loss(output, *labels)).backward()  # what is loaded or reserved once
        torch.cuda.set_sync_debug_mode("warn")
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                total_loss(loss(output, *labels)).backward()
        finally:
            torch.cuda.set_sync_debug_mode("default")
        waits[count] = sum("synchronizing CUDA operation" in str(warning.message) for warning in said)
    assert waits == {5: 3, 60: 3}
