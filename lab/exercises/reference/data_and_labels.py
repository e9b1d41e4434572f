"""References for "data and labels": pixel by pixel, straight from the definitions; nothing of lab is used."""

import numpy as np

CLASSES = (24, 25, 26, 27, 28, 31, 32, 33)
VOID = (0, 1, 2, 3, 29, 30)


def decode(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Instances 1..K by ascending id, and classes (-1 void, 0 background, 1..8), of instance ids [H, W]."""
    objects = sorted({int(i) for i in ids.ravel() if i >= 1000 and i // 1000 in CLASSES})
    instances, classes = np.zeros(ids.shape), np.zeros(ids.shape)
    for row in range(ids.shape[0]):
        for column in range(ids.shape[1]):
            value = int(ids[row, column])
            label = value // 1000 if value >= 1000 else value
            if label in VOID:
                classes[row, column] = -1
            elif value in objects:
                instances[row, column] = 1 + objects.index(value)
                classes[row, column] = 1 + CLASSES.index(label)
            elif label in CLASSES:
                classes[row, column] = -1
    return instances, classes


def first_pixel(centre: int, size: int, extent: int) -> int:
    """Where a window begins along one axis: the place nearest to the one asked for that keeps it inside."""
    if size > extent:
        return -((size - extent + 1) // 2)
    allowed = range(extent - size + 1)
    return min(allowed, key=lambda start: abs(start - (centre - size // 2)))


def cut(classes: np.ndarray, row: int, column: int, size: int) -> np.ndarray:
    """The window of classes around a pixel; -1 outside of the image."""
    top, left = (first_pixel(c, size, e) for c, e in zip((row, column), classes.shape, strict=True))
    window = np.full((size, size), -1.0)
    for r in range(size):
        for c in range(size):
            if 0 <= top + r < classes.shape[0] and 0 <= left + c < classes.shape[1]:
                window[r, c] = classes[top + r, left + c]
    return window


def enlarge_smoothly(image: np.ndarray, factor: int) -> np.ndarray:
    """An image [3, H, W] enlarged: a pixel is mixed of the four whose middles surround its own."""
    _, height, width = image.shape
    result = np.zeros((3, factor * height, factor * width))
    for row in range(factor * height):
        for column in range(factor * width):
            y = min(max((row + 0.5) / factor - 0.5, 0), height - 1)
            x = min(max((column + 0.5) / factor - 0.5, 0), width - 1)
            top, left = int(y), int(x)
            bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
            upper = (left + 1 - x) * image[:, top, left] + (x - left) * image[:, top, right]
            lower = (left + 1 - x) * image[:, bottom, left] + (x - left) * image[:, bottom, right]
            result[:, row, column] = (top + 1 - y) * upper + (y - top) * lower
    return result


def transform(image: np.ndarray, labels: np.ndarray, factor: int, flip: bool) -> tuple[np.ndarray, np.ndarray]:
    """Image and labels [H, W] enlarged, the labels by copying, and both mirrored if ``flip``."""
    image = enlarge_smoothly(image, factor)
    _, height, width = image.shape
    enlarged = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            enlarged[row, column] = labels[row // factor, column // factor]
    return (image[:, :, ::-1], enlarged[:, ::-1]) if flip else (image, enlarged)
