"""Wrong answers that people give, and what to tell who gives them.  They get NumPy arrays, masks as 0 and 1."""

import numpy as np

from lab.embedding import LARGEST_EXPONENT, PIXELS_PER_UNIT
from lab.exercises.judge import Mistake


def _exponent(embedding, centre, sharpness):
    return (sharpness[:, None] * (embedding - centre[:, None]) ** 2).sum(0)


def _with_one_axis(embedding, centre, sharpness):
    return np.exp(-sharpness[0] * ((embedding - centre[:, None]) ** 2).sum(0))


def _unsquared(embedding, centre, sharpness):
    return np.exp(-(sharpness[:, None] * np.abs(embedding - centre[:, None])).sum(0))


def _rooted(embedding, centre, sharpness):
    return np.exp(-np.sqrt(_exponent(embedding, centre, sharpness)))


def _kappa_as_sigma(embedding, centre, sharpness):
    return np.exp(-(((embedding - centre[:, None]) / sharpness[:, None]) ** 2).sum(0) / 2)


def _kappa_raised(embedding, centre, sharpness):
    with np.errstate(over="ignore", invalid="ignore"):  # infinite, and at the centre NaN, as in torch
        return np.exp(-_exponent(embedding, centre, np.exp(10 * sharpness)))


def _normalised(embedding, centre, sharpness):
    both = np.broadcast_to(sharpness, 2)
    return np.sqrt(both.prod()) / np.pi * np.exp(-_exponent(embedding, centre, sharpness))


MEMBERSHIP_MISTAKES = (
    Mistake(
        "sigma for variance",
        lambda e, c, k: np.exp(-2 * _exponent(e, c, k)),
        "this is exp(-d²/σ²): the Gaussian has 2σ² below d². With κ = 1/(2σ²) that 2 is already inside κ.",
    ),
    Mistake(
        "half of kappa",
        lambda e, c, k: np.exp(-_exponent(e, c, k) / 2),
        "there is a ½ too much. κ is half the precision already: κ d², not κ d²/2.",
    ),
    Mistake(
        "kappa used as sigma",
        _kappa_as_sigma,
        "you divide by κ, as if it were σ. κ = 1/(2σ²) multiplies the squared distance: a large κ is narrow.",
    ),
    Mistake(
        "kappa taken for b",
        _kappa_raised,
        "you raise κ into an exponential, as if it were b. What is handed in is κ already, some hundreds or thousands: "
        "multiply by it.",
    ),
    Mistake(
        "kappa taken for b, by the lab's function",
        lambda e, c, k: np.exp(-_exponent(e, c, np.exp(np.minimum(10 * k, LARGEST_EXPONENT)))),
        "bandwidth_to_sharpness makes κ out of b. What is handed in here is κ already: multiply by it.",
    ),
    Mistake(
        "one kappa for both axes",
        _with_one_axis,
        "right for a circle, but in an ellipse each axis has a κ of its own: multiply before you sum over x and y.",
    ),
    Mistake(
        "normalised",
        _normalised,
        "this is a probability density: it integrates to 1, so its height depends on κ. φ is no density: a pixel right "
        "at the centre must have φ = 1, for every κ.",
    ),
    Mistake(
        "logit",
        lambda e, c, k: 2 * np.exp(-_exponent(e, c, k)) - 1,
        "this is 2φ - 1, what the Lovász hinge is given in notebook 03. Asked for is φ itself, in 0..1.",
    ),
    Mistake(
        "yes or no",
        lambda e, c, k: (np.exp(-_exponent(e, c, k)) > 0.5).astype(float),
        "this is already the decision φ > ½. The loss needs φ itself: a step has no slope to learn from.",
    ),
    Mistake(
        "exponent only",
        lambda e, c, k: _exponent(e, c, k),
        "this is Σ κ d², which is -log φ: the exponential is missing.",
    ),
    Mistake(
        "distance in px",
        lambda e, c, k: np.exp(-_exponent(PIXELS_PER_UNIT * e, PIXELS_PER_UNIT * c, k)),
        "you turned the distance into px, but κ counts per (1024 px)²: leave both in units of 1024 px.",
    ),
    Mistake("no square", _unsquared, "the distances are not squared: φ falls with κ (e - C)², along each axis."),
    Mistake(
        "root of the exponent",
        _rooted,
        "you took the root of Σ κ d². A Gaussian has the *squared* distance in its exponent.",
    ),
    Mistake(
        "no minus",
        lambda e, c, k: np.exp(_exponent(e, c, k)),
        "φ grows with the distance here: the minus in the exponent is missing.",
    ),
)
MARGIN_MISTAKES = (
    Mistake(
        "b taken for kappa",
        lambda b: 1024 * np.sqrt(np.log(2) / b),
        "you put b in the place of κ. The network's b is a logarithm: κ = exp(10 b) comes first.",
    ),
    Mistake(
        "b taken for sigma",
        lambda b: 1024 * np.sqrt(2 * np.log(2)) * b,
        "you put b in the place of σ. From b to σ it takes two steps: κ = exp(10 b), σ = 1/sqrt(2κ).",
    ),
    Mistake(
        "kappa taken for sigma",
        lambda b: 1024 * np.sqrt(2 * np.log(2)) * np.exp(10 * b),
        "you put κ in the place of σ. σ = 1/sqrt(2κ): the larger κ, the narrower.",
    ),
    Mistake(
        "without the ten",
        lambda b: 1024 * np.sqrt(np.log(2) / np.exp(b)),
        "this is κ = exp(b). The factor ten is missing: κ = exp(10 b).",
    ),
    Mistake(
        "ten outside",
        lambda b: 1024 * np.sqrt(np.log(2) / (10 * np.exp(b))),
        "the ten belongs in the exponent: exp(10 b), not 10 exp(b).",
    ),
    Mistake(
        "sigma without the two",
        lambda b: 1024 * np.sqrt(2 * np.log(2) / np.exp(10 * b)),
        "yours is √2 too wide: σ = 1/sqrt(2κ); the 2 under the root is missing.",
    ),
    Mistake(
        "in units of 1024 px",
        lambda b: np.sqrt(np.log(2) / np.exp(10 * b)),
        "the formula is right; the result is in units of 1024 px. Asked for are pixels.",
    ),
    Mistake(
        "sigma",
        lambda b: 1024 / np.sqrt(2 * np.exp(10 * b)),
        "this is σ. The margin, where φ = ½, lies sqrt(2 ln 2) ≈ 1.18 times as far out.",
    ),
    *(
        Mistake(
            f"{rounded} sigma",
            lambda b, rounded=rounded: rounded * 1024 / np.sqrt(2 * np.exp(10 * b)),
            f"nearly: {rounded} is rounded. Use sqrt(2 * log(2)).",
        )
        for rounded in (1.18, 1.177)
    ),
    Mistake(
        "inverse",
        lambda b: 1024 * np.sqrt(np.log(2) * np.exp(10 * b)),
        "your margin grows with b. A larger b is a larger κ, and so a *smaller* region: κ stands below the line.",
    ),
    Mistake(
        "log to base ten",
        lambda b: 1024 * np.sqrt(np.log10(2) / np.exp(10 * b)),
        "ln is the natural logarithm: the inverse of exp. You took the one to base ten.",
    ),
)
SIGMA_MISTAKES = (
    Mistake(
        "b taken for kappa",
        lambda b, m: 1024 / np.sqrt(2 * b[:, m > 0].mean(1)),
        "the mean is right, but you put it in the place of κ. b is a logarithm: κ = exp(10 b) comes first.",
    ),
    Mistake(
        "b itself",
        lambda b, m: b[:, m > 0].mean(1),
        "this is the mean of b. From b to σ it takes two steps more: κ = exp(10 b), σ = 1024/sqrt(2κ) in px.",
    ),
    Mistake(
        "kappa itself",
        lambda b, m: np.exp(10 * b[:, m > 0].mean(1)),
        "this is κ of the mean b. One step more: σ = 1024/sqrt(2κ) in px.",
    ),
    Mistake(
        "without the ten",
        lambda b, m: 1024 / np.sqrt(2 * np.exp(b[:, m > 0].mean(1))),
        "the mean is right, but this is κ = exp(b). The factor ten is missing: κ = exp(10 b).",
    ),
    Mistake(
        "arithmetic mean of sigma",
        lambda b, m: (1024 / np.sqrt(2 * np.exp(10 * b)))[:, m > 0].mean(1),
        "this is the mean of the pixels' σ, where a few wide pixels rule. The method takes the mean of b first, and "
        "then the exponential.",
    ),
    Mistake(
        "mean of kappa",
        lambda b, m: 1024 / np.sqrt(2 * np.exp(10 * b)[:, m > 0].mean(1)),
        "you averaged κ = exp(10 b), where the narrowest pixel rules. Average b, before the exponential.",
    ),
    Mistake(
        "the whole image",
        lambda b, m: 1024 / np.sqrt(2 * np.exp(10 * b.mean((1, 2)))),
        "the mean goes over all pixels of the image. Only those of the instance have a say: bandwidth[:, mask].",
    ),
    Mistake(
        "sum over the mask divided by all",
        lambda b, m: 1024 / np.sqrt(2 * np.exp(10 * (b * m).mean((1, 2)))),
        "(bandwidth * mask).mean() divides by all pixels of the image. Divide by the number of the instance's.",
    ),
    Mistake(
        "channels mixed",
        lambda b, m: np.full(len(b), 1024 / np.sqrt(2 * np.exp(10 * b[:, m > 0].mean()))),
        "the two channels are averaged with each other. Each axis keeps its own σ: mean over the pixels only.",
    ),
    Mistake(
        "median",
        lambda b, m: 1024 / np.sqrt(2 * np.exp(10 * np.median(b[:, m > 0], axis=1))),
        "this is the median. The method takes the mean: every pixel of the object has a say in it.",
    ),
    Mistake(
        "margin",
        lambda b, m: 1024 * np.sqrt(np.log(2) / np.exp(10 * b[:, m > 0].mean(1))),
        "the mean is right, but this is the margin. Asked for is σ = 1024/sqrt(2κ).",
    ),
    Mistake(
        "in units of 1024 px",
        lambda b, m: 1 / np.sqrt(2 * np.exp(10 * b[:, m > 0].mean(1))),
        "the mean is right; the result is in units of 1024 px. Asked for are pixels.",
    ),
)
