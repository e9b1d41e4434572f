"""The checks of notebook 08: right answers accepted however they are written, wrong ones told apart."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from lab.erfnet import BranchedERFNet, NonBottleneck1D
from lab.exercises.erfnet import AS_IT_WAS, EXERCISES, ORDER_FIRST
from lab.exercises.erfnet.cases import SIZE_CASES, shake, some_network
from lab.exercises.erfnet.mistakes import BLOCK_MISTAKES, SIZE_MISTAKES, arrays_of, right_size
from lab.exercises.erfnet.solution import any_size, factorised_block, receptive_field
from lab.exercises.judge import to_numpy
from lab.exercises.reference import erfnet as reference
from tests.exercises.learners import rewritten

BY_NAME = {exercise.name: exercise for exercise in EXERCISES}


def judged(name, answer):
    verdict = BY_NAME[name].judge(answer)
    return verdict.state, verdict.words


def test_the_reference_is_the_network_and_the_network_the_reference():
    """Two ERFNets that share no line: torch's layers, and loops over taps in NumPy."""
    network = shake(BranchedERFNet(2, 3), 3)
    torch.nn.init.normal_(network.decoders[0].output_conv.weight)
    image = torch.rand(2, 3, 21, 18)
    with torch.no_grad():
        mine = network(image).double().numpy()
    theirs = right_size(image.double().numpy(), network.encoder, list(network.decoders))
    np.testing.assert_allclose(mine, theirs, atol=2e-3 * np.abs(theirs).max())


def test_what_the_cases_can_tell_apart():
    """A network whose offsets are not all 0, and sizes of which one is a multiple of 8 and two are not."""
    image, encoder, decoders = SIZE_CASES[0].arguments
    with torch.no_grad():
        output = torch.cat([d(encoder(image)) for d in decoders], 1)
    assert output.std((0, 2, 3)).min() > 0.1 * output.std()
    assert [all(n % 8 == 0 for n in case.arguments[0].shape[2:]) for case in SIZE_CASES] == [True, False, False]


def test_weights_of_a_block_are_those_of_a_block():
    weights = {c: sum(p.numel() for p in NonBottleneck1D(c, 0.3, 2).parameters()) for c in (64, 128, 256)}
    assert weights == {64: 49_664, 128: 197_632, 256: 788_480}
    assert BY_NAME["block_weights"].judge(weights[256])
    assert BY_NAME["block_weights"].judge(torch.tensor(788480))
    assert judged("block_weights", 800_000)[0] == "wrong"


def block_in_one(x, layers):
    """The other way round: sequences, and the input added in place."""
    first = torch.nn.Sequential(layers.conv3x1_1, torch.nn.ReLU(), layers.conv1x3_1, layers.bn1, torch.nn.ReLU())
    second = torch.nn.Sequential(layers.conv3x1_2, torch.nn.ReLU(), layers.conv1x3_2, layers.bn2, layers.dropout)
    change = second(first(x))
    change += x
    return change.clamp(min=0)


def block_in_numpy(x, layers):
    """By the reference, which is NumPy."""
    names = [name for name in vars(layers) if name != "dropout"]
    weights = {f"{name}.{key}": a for name in names for key, a in arrays_of(getattr(layers, name)).items()}
    return reference.block(x.double().numpy(), weights, layers.conv1x3_2.dilation[1])


@pytest.mark.parametrize("answer", [factorised_block, block_in_one, block_in_numpy])
def test_right_blocks_are_right(answer):
    assert judged("factorised_block", answer)[0] == "right"


LEARNERS = [
    ("no residual", ("F.relu(y + x)", "F.relu(y)")),
    ("residual after the ReLU", ("F.relu(y + x)", "F.relu(y) + x")),
    ("no last ReLU", ("F.relu(y + x)", "y + x")),
    ("no first ReLU", ("F.relu(layers.conv3x1_1(x))", "layers.conv3x1_1(x)")),
    ("no norms", ("layers.bn1(layers.conv1x3_1(y))", "layers.conv1x3_1(y)"),
     ("layers.bn2(layers.conv1x3_2(y))", "layers.conv1x3_2(y)")),
    ("one pair twice", ("layers.conv3x1_2", "layers.conv3x1_1"), ("layers.conv1x3_2", "layers.conv1x3_1")),
    ("a ReLU too many", ("layers.dropout(layers.bn2(layers.conv1x3_2(y)))",
                         "layers.dropout(F.relu(layers.bn2(layers.conv1x3_2(y))))")),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "changes"), [(name, changes) for name, *changes in LEARNERS])
def test_a_learners_slip_in_the_block_is_named(mistake, changes):
    message = next(m.message for m in BLOCK_MISTAKES if m.name == mistake)
    assert judged("factorised_block", rewritten(factorised_block, *changes)) == ("wrong", message)


def window_backwards(layers):
    """From the last layer to the first, one number."""
    size = 1
    for kernel, stride, dilation in layers[::-1]:
        size = (size - 1) * stride + dilation * (kernel - 1) + 1
    return size


def window_of_a_sum(layers):
    """In one expression."""
    steps = np.cumprod([1, *[stride for _, stride, _ in layers]])[:-1]
    return 1 + sum((k - 1) * d * j for (k, _, d), j in zip(layers, steps, strict=True))


@pytest.mark.parametrize("answer", [receptive_field, window_backwards, window_of_a_sum])
def test_right_windows_are_right(answer):
    assert judged("receptive_window", answer)[0] == "right"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("(kernel - 1) * dilation * step", "(kernel - 1) * step"), "dilation is not counted"),
        (("    step *= stride\n", "    pass\n"), "strides are not counted"),
        (("(kernel - 1) * dilation", "(kernel * dilation - 1)"), "there are k - 1 gaps"),
        (("step *= stride", "step += stride - 1"), "steps multiply"),
        (("size, step = 1, 1", "size, step = 0, 1"), "one too small"),
        (("(kernel - 1)", "kernel"), "adds k - 1 taps"),
    ],
)
def test_a_learners_slip_in_the_window_is_named(change, words):
    state, said = judged("receptive_window", rewritten(receptive_field, change))
    assert (state, words in said) == ("wrong", True), said


def with_the_network(image, encoder, decoders):
    """Through the library's own forward."""
    return some_network()(image)


def with_masks(image, encoder, decoders):
    """A larger image, filled; outputs cut first, joined then."""
    b, c, height, width = image.shape
    larger = image.new_zeros(b, c, (height + 7) // 8 * 8, (width + 7) // 8 * 8)
    larger[:, :, :height, :width] = image
    first, second = (decoder(encoder(larger))[:, :, :height, :width] for decoder in decoders)
    return torch.hstack([first, second])


@pytest.mark.parametrize("answer", [any_size, with_the_network, with_masks])
def test_right_sizes_are_right(answer):
    assert judged("any_size", answer)[0] == "right"


@pytest.mark.parametrize("mistake", SIZE_MISTAKES, ids=lambda mistake: mistake.name)
def test_each_mistake_with_sizes_is_named(mistake):
    def learner(image, encoder, decoders):
        return mistake.answer(to_numpy(image), encoder, decoders)

    assert judged("any_size", learner) == ("wrong", mistake.message)
    assert [m.message for m in SIZE_MISTAKES].count(mistake.message) == 1


def as_given(image, encoder, decoders):
    """The notebook's."""
    features = encoder(image)
    offsets, seeds = (decoder(features) for decoder in decoders)
    return torch.cat([seeds, offsets], 1)


def test_a_repair_by_halves():
    assert judged("any_size", as_given) == ("not tried yet", AS_IT_WAS)
    in_order = rewritten(as_given, ("[seeds, offsets]", "[offsets, seeds]"))
    state, words = judged("any_size", in_order)
    assert (state, words.startswith(ORDER_FIRST), "Sizes of tensors" in words) == ("wrong", True, True)

    def padded(image, encoder, decoders):
        height, width = image.shape[2:]
        return as_given(F.pad(image, (0, -width % 8, 0, -height % 8)), encoder, decoders)[..., :height, :width]

    assert "sizes are right now" in judged("any_size", padded)[1]


@pytest.mark.parametrize("name", BY_NAME)
def test_nothing_and_an_exception_become_words(name):
    assert judged(name, ...)[0] == "not tried yet"
    if BY_NAME[name].kind != "predict":
        assert judged(name, lambda *_: ...)[0] == "not tried yet"
        state, words = judged(name, lambda *_: {}["channel"])
        assert (state, "KeyError" in words) == ("wrong", True)
