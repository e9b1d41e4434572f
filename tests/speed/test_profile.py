"""Every moment of a profile belongs to one kind of work."""

import pytest

from lab.speed.cases import make_case
from lab.speed.profile import (
    ARITHMETIC,
    BETWEEN,
    Event,
    Moment,
    kind_of,
    moments_of,
    profile_loss,
    summary,
)

WHICH, NUMBER = "which pixels? (nonzero, unique)", "a number for Python (item)"
EVENTS = [
    Event("forward", 0, 10),
    Event("aten::index", 1, 5),
    Event("aten::nonzero", 2, 4),
    Event("aten::copy_", 3, 4),  # within what is waited for: part of it
    Event("aten::mul", 5, 7),
    Event("aten::empty", 5.5, 6),
    Event("backward", 10, 12),
    Event("aten::sort", 10, 12),
]


def test_the_innermost_operation_has_the_moment():
    moments, calls = moments_of(EVENTS)
    assert moments == [
        Moment(BETWEEN, 0, 1),
        Moment("gather and scatter", 1, 2),
        Moment(WHICH, 2, 4),
        Moment("gather and scatter", 4, 5),
        Moment(ARITHMETIC, 5, 7),
        Moment(BETWEEN, 7, 10),
        Moment("sort", 10, 12),
    ]
    assert calls == {BETWEEN: 0, "gather and scatter": 1, WHICH: 1, ARITHMETIC: 1, "sort": 1}


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ([], BETWEEN),
        (["forward", "autograd::engine::evaluate_function: MulBackward0"], BETWEEN),
        (["aten::zeros", "aten::empty"], "clear and copy"),
        (["aten::_unique2", "aten::sort"], WHICH),
        (["aten::item", "aten::_local_scalar_dense"], NUMBER),
        (["aten::exp"], ARITHMETIC),
    ],
)
def test_kinds(names: list[str], kind: str):
    assert kind_of(names) == kind


def test_the_summary_adds_up():
    found = summary(EVENTS)
    assert (found["total_ms"], found["backward_ms"]) == (12, 10)
    assert sum(kind["ms"] for kind in found["kinds"]) == 12
    times = [kind["ms"] for kind in found["kinds"]]
    assert times == sorted(times, reverse=True)
    assert {kind["name"]: kind["waits"] for kind in found["kinds"]}[WHICH]


@pytest.mark.slow
def test_the_readable_loss_asks_for_every_instance():
    few, many = ({k["name"]: k for k in profile_loss(make_case("trained", n, 32, 32))["kinds"]} for n in (1, 4))
    assert few["sort"]["calls"] == 1
    assert many["sort"]["calls"] == 4
    assert many[WHICH]["calls"] - few[WHICH]["calls"] >= 3 * 5
