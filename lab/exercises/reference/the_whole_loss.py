"""The whole loss in NumPy, pixel by pixel, straight from the equations.  Imports nothing of the lab."""

import numpy as np


def whole_loss(output: np.ndarray, instances: np.ndarray, classes: np.ndarray) -> dict[str, float]:
    """The three terms for elliptical margins and learned centres: means over the images of the batch."""
    images = [_image(o, ids, cls) for o, ids, cls in zip(output, instances, classes, strict=True)]
    return {name: float(np.mean([image[name] for image in images])) for name in images[0]}


def _image(output: np.ndarray, instances: np.ndarray, classes: np.ndarray) -> dict[str, float]:
    height, width = classes.shape
    valid = [(y, x) for y in range(height) for x in range(width) if classes[y, x] != -1]
    embedding = {(y, x): np.array([x, y]) / 1024 + np.tanh(output[:2, y, x]) for y, x in valid}
    seeds = 1 / (1 + np.exp(-output[4:]))
    targets: dict[tuple[int, int, int], float] = {}
    hinges, spreads = [], []
    for k in sorted({int(instances[p]) for p in valid} - {0}):
        own = [p for p in valid if instances[p] == k]
        centre = sum(embedding[p] for p in own) / len(own)
        bandwidth = sum(output[2:4, *p] for p in own) / len(own)
        phi = {p: np.exp(-np.sum(np.exp(10 * bandwidth) * (embedding[p] - centre) ** 2)) for p in valid}
        hinges.append(_lovasz_hinge([float(2 * phi[p] - 1) for p in valid], [bool(instances[p] == k) for p in valid]))
        spreads.append(sum(((output[2:4, *p] - bandwidth) ** 2).mean() for p in own) / len(own))
        targets |= {(int(classes[p]) - 1, *p): phi[p] for p in own}
    squares = 0.0
    for c in range(len(seeds)):
        for p in valid:
            of_object = (c, *p) in targets
            squares += (10 if of_object else 1) * (seeds[c, *p] - targets.get((c, *p), 0.0)) ** 2
    return {
        "instance": sum(hinges) / len(hinges) if hinges else 0.0,
        "smoothness": sum(spreads) / len(spreads) if spreads else 0.0,
        "seed": float(squares) / max(len(valid), 1),
    }


def _lovasz_hinge(logits: list[float], labels: list[bool]) -> float:
    """Σ relu(m) ΔJ, with every Jaccard loss worked out from its own two counts."""
    errors = [1 - logit * (1 if label else -1) for logit, label in zip(logits, labels, strict=True)]
    foreground, background, before, loss = sum(labels), 0, 0.0, 0.0
    missed = 0
    for i in sorted(range(len(errors)), key=lambda i: -errors[i]):
        missed, background = missed + labels[i], background + (not labels[i])
        jaccard = 1 - (foreground - missed) / (foreground + background)
        loss += max(errors[i], 0.0) * (jaccard - before)
        before = jaccard
    return loss
