import warnings

import pytest

from lab.fast.choice import ReadableInstead, check_implementation, fallback_once


def test_implementations_are_three():
    for known in ("auto", "readable", "fast"):
        check_implementation(known)
    with pytest.raises(ValueError, match=r"implementation is 'quick'.*\"readable\""):
        check_implementation("quick")


def test_a_fallback_is_said_once():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("default")
        for _ in range(3):
            fallback_once("numba is missing.")
    assert [w.category for w in said] == [ReadableInstead]
    assert "numba is missing. The result is the same" in str(said[0].message)
