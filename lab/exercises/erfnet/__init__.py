"""Exercises of notebook 08: count a block's weights, build it, work out a window, mend a network for any size."""

from typing import Any

from lab.exercises.erfnet.cases import BLOCK_CASES, EVEN, SIZE_CASES, WINDOW_CASES
from lab.exercises.erfnet.mistakes import BLOCK_MISTAKES, SIZE_MISTAKES, WINDOW_MISTAKES, block_of, right_size
from lab.exercises.erfnet.solution import any_size, factorised_block, receptive_field
from lab.exercises.exercise import Exercise, Verdict, untried, wrong
from lab.exercises.guard import Trouble
from lab.exercises.judge import attempt_case, compare, difference, number, to_numpy
from lab.exercises.reference import erfnet as reference

AS_IT_WAS = (
    "it still does what the broken one did: the order is wrong, and it stops at sizes that are no multiple of 8."
)
ORDER_FIRST = "the order is right now. But "
_judge_size = compare(
    SIZE_CASES,
    right_size,
    SIZE_MISTAKES,
    tolerance=1e-3,
    praise="Any size goes in, and comes out; and every channel is where the loss looks for it.",
)


def judge_any_size(answer: Any) -> Verdict:
    """Like an implementation; where odd sizes still raise, the order is looked at by itself."""
    verdict = _judge_size(answer)
    if verdict.state != "wrong" or "it raised" not in verdict.words or verdict.words.startswith(f"for {EVEN.what}"):
        return verdict
    try:
        given = attempt_case(answer, EVEN, to_numpy)
    except Trouble as trouble:
        return wrong(str(trouble))
    if not difference(right_size(*EVEN.for_reference()), given, 1e-3):
        return wrong(ORDER_FIRST + verdict.words)
    image, encoder, decoders = EVEN.for_reference()
    swapped = right_size(image, encoder, decoders[::-1])
    return verdict if difference(swapped, given, 1e-3) else untried(AS_IT_WAS)


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        name="block_weights",
        title="Count a block",
        kind="predict",
        difficulty=1,
        minutes=5,
        stub="my_weights",
        judge=number(
            788_480,
            0,
            {
                787_456: "1024 are missing. The four biases together are 1024 numbers, and the two batch norms are "
                "1024 as well: you have counted one of the two.",
                786_432: "those are the taps of the four convolutions. Each has a bias for every output channel, and "
                "each batch norm a factor and a shift.",
                2_361_344: "that is with 3x3 kernels, four of them: 9 taps each. The block's are 3x1 and 1x3, with 3.",
                1_181_184: "that is a block of two 3x3 convolutions, with biases and norms. This one has four, of 3 "
                "taps each.",
                197_632: "that is the block with 128 channels. Twice the channels on both sides of a convolution.",
                198_656: "that is four times the block with 64 channels. But a convolution's taps go with input "
                "channels *times* output channels.",
                794_624: "that is sixteen times the block with 64 channels. The taps do grow sixteenfold; biases and "
                "norms only fourfold.",
                789_504: "a batch norm's running mean and variance are no weights: nobody trains them.",
                789_506: "a batch norm's running statistics and its counter are no weights: nobody trains them.",
                787_968: "there are two batch norms, with two numbers for each channel: you counted half of them.",
                394_240: "that is one pair of 3x1 and 1x3 and one norm. The block has two.",
                196_864: "that is one of its four convolutions.",
            },
            praise="4 · (3 · 256 · 256 + 256) + 2 · 2 · 256. With the channels of the third stage, 128, it is 197,632, "
            "and eight such blocks are most of the network.",
        ),
        hints=(
            "A convolution has taps · input channels · output channels + output channels weights.",
            "Four convolutions with 3 taps each, 256 channels in and out; two batch norms with 2 numbers a channel.",
        ),
        solution="4 * (3 * 256 * 256 + 256) + 2 * (2 * 256)",
    ),
    Exercise(
        name="factorised_block",
        title="The non-bottleneck-1D block",
        kind="implement",
        difficulty=2,
        minutes=8,
        stub="my_block",
        judge=compare(
            BLOCK_CASES, block_of, BLOCK_MISTAKES, tolerance=1e-4, praise="The same as the library's, on its weights."
        ),
        hints=(
            "Five lines, one for each ReLU and one more for the second norm and the dropout.",
            "3x1, ReLU, 1x3, norm, ReLU; then the pair named _2: 3x1, ReLU, 1x3, norm, dropout; then + x and ReLU.",
            "y = torch.relu(layers.conv3x1_1(x)); y = torch.relu(layers.bn1(layers.conv1x3_1(y))); and so on.",
        ),
        solution=factorised_block,
    ),
    Exercise(
        name="receptive_window",
        title="The window, layer by layer",
        kind="implement",
        difficulty=2,
        minutes=8,
        stub="my_window",
        judge=compare(
            WINDOW_CASES,
            reference.receptive_field,
            WINDOW_MISTAKES,
            tolerance=1e-6,
            praise="1183 px for the encoder: the figure says the same, counted from the other end.",
        ),
        hints=(
            "Keep two numbers while you walk from the image outwards: the window's size, 1 at first, and the step, how "
            "many px apart two neighbouring units are, 1 at first.",
            "A layer's taps stand dilation · step px apart, and there are kernel - 1 gaps between them.",
            "size += (kernel - 1) * dilation * step; then step *= stride.",
        ),
        solution=receptive_field,
    ),
    Exercise(
        name="any_size",
        title="Any size, right order",
        kind="repair",
        difficulty=2,
        minutes=7,
        stub="repaired",
        judge=judge_any_size,
        hints=(
            "How many rows are missing to the next multiple of 8? For 500 it is 4, for 504 none.",
            "torch.nn.functional.pad(image, (left, right, top, bottom)) pads with zeros; -height % 8 is what is "
            "missing. Crop the output at the end.",
            "And the order: torch.cat([offsets, seeds], 1).",
        ),
        solution=any_size,
    ),
)
