"""Which fault belongs to which patient, and what in the pictures speaks against the others."""

from typing import Any

from lab.exercises.exercise import Verdict, right, untried, wrong

FAULTS = {
    "axes swapped": "whoever reads the output takes offset x for offset y",
    "sign turned": "the offsets are subtracted, not added",
    "sigma misread": "the bandwidth is turned into half the σ",
    "not stretched": "the picture was given as it lies in the file",
    "no statistics": "batch norm normalised by its batches in training, and kept no running statistics",
    "no smoothness": "the smoothness term was forgotten in training",
    "seed is a mask": "the seed map was trained to be 1 on every nucleus, whatever its pixels point to",
    "strict threshold": "all maps are sound; the seed threshold is too high",
}
DIAGNOSES = {"A": "axes swapped", "B": "not stretched", "C": "no statistics"}
NO_LIST = 'expected three of the words in a list, for A, B and C, as in ["sign turned", …].'

_SAME_SIGMA = "compare σ with the healthy file's: it is the same in every pixel."
_SAME_SEED = "compare the seed map with the healthy file's: it is the same in every pixel."
# What speaks against a wrong word, by patient.
EVIDENCE = {
    ("A", "sign turned"): "then the pixels at a nucleus' left rim would point left, straight away from it: cyan. Which "
    "colour have they, and which in the healthy file?",
    ("A", "sigma misread"): f"{_SAME_SIGMA} And half of it would cut every nucleus back to its middle, evenly.",
    ("A", "not stretched"): f"{_SAME_SEED} The picture arrived as it should.",
    ("A", "no statistics"): f"a network without statistics says nothing of use. {_SAME_SEED}",
    ("A", "no smoothness"): f"without smoothness σ would differ within a nucleus. {_SAME_SIGMA}",
    ("A", "seed is a mask"): _SAME_SEED,
    ("A", "strict threshold"): "a strict threshold finds fewer instances. Here are more than there are nuclei.",
    ("B", "axes swapped"): "then the seed map would be as in the healthy file. Here most nuclei have no seed score, "
    "and swapping two channels of offsets does not touch that one.",
    ("B", "sign turned"): "then the seed map would be as in the healthy file. Here most nuclei have no seed score, and "
    "a sign of the offsets does not touch that.",
    ("B", "sigma misread"): "σ comes into play once a seed has been chosen. Here most nuclei are dark in the seed map.",
    ("B", "no statistics"): "something of the picture does arrive: the brightest nuclei show in offsets and seed map. "
    "A network without statistics shows nothing.",
    ("B", "no smoothness"): "this would make σ restless within a nucleus, and there would be seeds. Here most nuclei "
    "have no seed score at all.",
    ("B", "seed is a mask"): "then every nucleus would be bright up to its rim. Here most are dark.",
    ("B", "strict threshold"): "then the seed map would be sound, and only its top would be cut off. Here it is dark "
    "where most nuclei are: below any threshold that keeps the background out.",
    ("C", "axes swapped"): "then colours would turn the other way round. Here there is one colour in all places.",
    ("C", "sign turned"): "then colours would be opposite. Here there is one colour in all places.",
    ("C", "sigma misread"): "σ is off, but so is everything else: offsets and seed map know no nucleus either.",
    ("C", "not stretched"): "then at least the brightest nuclei would show, and the values below the picture would be "
    "low. Nothing shows, in any map, of a bright picture.",
    ("C", "no smoothness"): "σ is as smooth as can be: the same everywhere.",
    ("C", "seed is a mask"): "a mask would show nuclei. This map shows none.",
    ("C", "strict threshold"): "no threshold brings a nucleus out of a map that is the same everywhere.",
}
PRAISE = (
    "One fault behind the network, one before it, one inside. Sound seeds and wrong shapes: look at what happens to "
    "the output. Only what is brightest is seen: look at the input. Nothing is seen: look at the network itself."
)


def judge_diagnosis(answer: Any) -> Verdict:
    """Three words, for A, B, C; of the first wrong one is said what speaks against it.  Never raises."""
    if answer is ... or answer is None or (isinstance(answer, list | tuple) and any(word is ... for word in answer)):
        return untried()
    if not isinstance(answer, list | tuple) or len(answer) != len(DIAGNOSES):
        return wrong(f"{NO_LIST} Found {answer!r}.")
    said = dict(zip(DIAGNOSES, (str(word).strip().casefold() for word in answer), strict=True))
    if strange := [word for word in said.values() if word not in FAULTS]:
        return wrong(f"{strange[0]!r} is not among the words: {', '.join(FAULTS)}.")
    off = [name for name, word in said.items() if word != DIAGNOSES[name]]
    if not off:
        return right(PRAISE)
    return wrong(f"{3 - len(off)} of 3 are right. {off[0]}: {EVIDENCE[off[0], said[off[0]]]}")
