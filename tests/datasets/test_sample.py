"""The scene of all notebooks: its numbers are quoted in them."""

import numpy as np

from lab.datasets.sample import corner, street


def sizes(instances: np.ndarray) -> dict[int, int]:
    numbers, counts = np.unique(instances[instances > 0], return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))


def test_street_is_the_one_of_the_notebooks() -> None:
    scene = street()
    assert scene.name == "toyville_000000_000018"
    assert scene.image.shape == (256, 512, 3)
    known = sizes(scene.instances)
    assert list(known) == list(range(1, 21))
    assert (known[4], known[5], known[6], known[11]) == (319, 1573, 174, 8982)


def test_corner_is_half_of_its_window() -> None:
    part, scene = corner(), street()
    assert part.image.shape == (64, 64, 3)
    assert sizes(part.instances) == {4: 80, 5: 396, 6: 45, 11: 1551}
    every_second = scene.instances[84:212:2, 384:512:2]
    assert np.array_equal(part.instances[part.classes >= 0], every_second[part.classes >= 0])
    assert sizes(np.where(part.classes < 0, every_second, 0)) == {3: 11, 12: 2}
    # A block's mean lies within the block.
    block = scene.image[84:86, 384:386].reshape(4, 3)
    assert (block.min(0) <= part.image[0, 0]).all()
    assert (part.image[0, 0] <= block.max(0)).all()
