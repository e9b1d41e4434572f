"""Image files of every kind: sound but odd ones, broken ones, and what is no image at all.

Each builder puts one into a folder and gives its path.  `ODD` must be read; `BROKEN` may be refused, in words.
"""

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

Builder = Callable[[Path], Path]
SIDE = 24


def colours(height: int = SIDE, width: int = SIDE, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    memory = io.BytesIO()
    image.save(memory, kind, **options)
    return memory.getvalue()


def rgb(kind: str = "PNG", height: int = SIDE, width: int = SIDE, **options: object) -> bytes:
    return encoded(Image.fromarray(colours(height, width)), kind, **options)


def stored(name: str, content: bytes | Callable[[], bytes]) -> Builder:
    def build(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content() if callable(content) else content)
        return path

    return build


def of(name: str, kind: str, image: Callable[[], Image.Image], **options: object) -> Builder:
    return stored(name, lambda: encoded(image(), kind, **options))


def grey(dtype: str, low: float, high: float) -> Callable[[], Image.Image]:
    return lambda: Image.fromarray(np.linspace(low, high, SIDE * SIDE).astype(dtype).reshape(SIDE, SIDE))


def mode(name: str) -> Callable[[], Image.Image]:
    return lambda: Image.fromarray(colours()).convert(name)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int = 8, kind: int = 0, rows: bytes = b"", *more: bytes) -> bytes:
    """A PNG with what its header says, whatever its rows hold."""
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *more, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _exif(turn: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = turn
    return exif


def _animated(kind: str) -> Callable[[], bytes]:
    frames = [Image.fromarray(255 - colours()), Image.fromarray(colours() // 2)]
    return lambda: rgb(kind, save_all=True, append_images=frames)


def _with_alpha() -> Image.Image:
    return Image.fromarray(colours(channels=4), "RGBA")


def _palette_with_transparency() -> bytes:
    return encoded(Image.fromarray(colours()).convert("P"), "PNG", transparency=0)


def _deep_colour() -> bytes:
    import cv2

    values = np.random.default_rng(0).integers(0, 65536, (SIDE, SIDE, 3), np.uint16)
    return cv2.imencode(".png", values)[1].tobytes()


ODD: dict[str, Builder] = {
    **{
        f"{kind} colour": stored(f"a.{kind}", lambda k=kind: rgb(k))
        for kind in ("png", "jpeg", "tiff", "bmp", "webp", "ppm")
    },
    "1x1": stored("a.png", lambda: rgb(height=1, width=1)),
    "1x500": stored("a.png", lambda: rgb(height=1, width=500)),
    "500x1": stored("a.png", lambda: rgb(height=500, width=1)),
    "7x13": stored("a.png", lambda: rgb(height=7, width=13)),
    "20000x10": stored("a.png", lambda: rgb(height=10, width=20000)),
    "10x20000": stored("a.png", lambda: rgb(height=20000, width=10)),
    "wrong suffix": stored("a.png", lambda: rgb("JPEG")),
    "capitals": stored("A.PNG", lambda: rgb()),
    "16-bit grey": of("a.png", "PNG", grey("uint16", 0, 65535)),
    "12 bits in 16": of("a.png", "PNG", grey("uint16", 0, 4095)),
    "16-bit colour": stored("a.png", _deep_colour),
    "32-bit whole numbers": of("a.tif", "TIFF", grey("int32", 0, 2**31 - 1)),
    "float 0..1": of("a.tif", "TIFF", grey("float32", 0, 1)),
    "float 0..4095": of("a.tif", "TIFF", grey("float32", 0, 4095)),
    "all zero": of("a.tif", "TIFF", grey("float32", 0, 0)),
    "one bit": of("a.png", "PNG", mode("1")),
    "grey": of("a.png", "PNG", mode("L")),
    "grey with alpha": of("a.png", "PNG", mode("LA")),
    "palette": of("a.png", "PNG", mode("P")),
    "palette with transparency": stored("a.png", _palette_with_transparency),
    "alpha": of("a.png", "PNG", _with_alpha),
    "CMYK jpeg": of("a.jpg", "JPEG", mode("CMYK")),
    "CMYK tiff": of("a.tif", "TIFF", mode("CMYK")),
    "YCbCr tiff": of("a.tif", "TIFF", mode("YCbCr")),
    "progressive": stored("a.jpg", lambda: rgb("JPEG", progressive=True)),
    "animated gif": stored("a.gif", _animated("GIF")),
    "animated webp": stored("a.webp", _animated("WEBP")),
    "animated png": stored("a.png", _animated("PNG")),
    "pages": stored("a.tif", _animated("TIFF")),
    **{f"turned {turn}": stored("a.jpg", lambda t=turn: rgb("JPEG", 8, 40, exif=_exif(t))) for turn in range(1, 9)},
    "turned 77": stored("a.jpg", lambda: rgb("JPEG", exif=_exif(77))),
    "turned png": stored("a.png", lambda: rgb(exif=_exif(6))),
    "compressed tiff": stored("a.tif", lambda: rgb("TIFF", compression="tiff_lzw")),
    "words after its end": stored("a.png", lambda: rgb() + b"and more" * 99),
    "huge text chunk": stored("a.png", lambda: png(8, 8, 8, 0, b"\0" * 72, chunk(b"tEXt", b"k\0" + b"x" * 999_999))),
}


def _cut(content: Callable[[], bytes], share: float) -> Callable[[], bytes]:
    return lambda: content()[: int(len(content()) * share)]


def _flipped(content: Callable[[], bytes], place: float, count: int = 16) -> Callable[[], bytes]:
    def build() -> bytes:
        found = bytearray(content())
        start = int(len(found) * place)
        found[start : start + count] = bytes(255 - value for value in found[start : start + count])
        return bytes(found)

    return build


def _folder(path: Path) -> Path:
    (path / "a.png").mkdir()
    return path / "a.png"


def _loop(path: Path) -> Path:
    (path / "a.png").symlink_to(path / "b.png")
    (path / "b.png").symlink_to(path / "a.png")
    return path / "a.png"


def _dangling(path: Path) -> Path:
    (path / "a.png").symlink_to(path / "gone.png")
    return path / "a.png"


def _pipe(path: Path) -> Path:
    os.mkfifo(path / "a.png")
    return path / "a.png"


def _bomb(width: int, height: int, depth: int = 1) -> Callable[[], bytes]:
    return lambda: png(width, height, depth, 0, (b"\0" * (1 + -(-width * depth // 8))) * height)


KINDS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "PPM", "GIF")


def _wider_than_opencv_reads() -> bytes:
    import tifffile

    memory = io.BytesIO()
    tifffile.imwrite(memory, np.zeros((1, 1_100_000, 3), np.uint16), photometric="rgb", compression="zlib")
    return memory.getvalue()


BROKEN: dict[str, Builder] = {
    "16-bit colour of 1100000x1": stored("a.tif", _wider_than_opencv_reads),
    "nothing": stored("a.png", b""),
    "one byte": stored("a.png", b"\x89"),
    "words": stored("a.jpg", b"this is no picture\n" * 20),
    "a web page": stored("a.jpg", b"<html><body>404 not found</body></html>"),
    "zeros": stored("a.tif", bytes(5000)),
    "PNG's first bytes alone": stored("a.png", b"\x89PNG\r\n\x1a\n"),
    "svg": stored("a.png", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    **{
        f"{kind} cut at {share}": stored(f"a.{kind.lower()}", _cut(lambda k=kind: rgb(k), share))
        for kind in KINDS
        for share in (0.02, 0.3, 0.6, 0.98)
    },
    **{
        f"{kind} changed at {place}": stored(f"a.{kind.lower()}", _flipped(lambda k=kind: rgb(k), place))
        for kind in KINDS
        for place in (0.0, 0.02, 0.5, 0.9)
    },
    "width 0": stored("a.png", lambda: png(0, 5)),
    "height 0": stored("a.png", lambda: png(5, 0)),
    "without rows": stored("a.png", lambda: png(50, 50)),
    "odd depth": stored("a.png", lambda: png(5, 5, 7, 0, bytes(30))),
    "odd colour type": stored("a.png", lambda: png(5, 5, 8, 5, bytes(30))),
    "palette without one": stored("a.png", lambda: png(5, 5, 8, 3, bytes(30))),
    "largest sides": stored("a.png", lambda: png(2**31 - 1, 2**31 - 1)),
    "bomb of 400 megapixels": stored("a.png", _bomb(20000, 20000)),
    "bomb in a text chunk": stored(
        "a.png", lambda: png(8, 8, 8, 0, bytes(72), chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(99_999_999))))
    ),
    "bmp of negative width": stored("a.bmp", lambda: _bmp(-5, 5)),
    "bmp of 100000 px": stored("a.bmp", lambda: _bmp(100_000, 100_000)),
    "ppm of words": stored("a.ppm", b"P6\nmany columns\n255\n"),
    "ppm of 99999": stored("a.ppm", b"P6\n99999 99999\n255\n"),
    "tiff with a loop": stored("a.tif", lambda: struct.pack("<2sHIHHHIII", b"II", 42, 8, 1, 256, 3, 1, 5, 8)),
    "NaN": of("a.tif", "TIFF", grey("float32", np.nan, 1)),
    "infinite": of("a.tif", "TIFF", lambda: Image.fromarray(np.full((9, 9), np.inf, np.float32))),
    "negative": of("a.tif", "TIFF", grey("float32", -3, 5)),
    "negative whole numbers": of("a.tif", "TIFF", grey("int32", -9, 5)),
    "LAB": of("a.tif", "TIFF", lambda: Image.fromarray(colours(), "LAB")),
    "a folder": _folder,
    "a loop of links": _loop,
    "a link to nothing": _dangling,
    "a pipe": _pipe,
    "nowhere": lambda folder: folder / "missing.png",
    "too long a name": lambda folder: folder / f"{'n' * 300}.png",
    "below a file": lambda folder: stored("f.png", rgb())(folder) / "a.png",
    "broken exif": stored("a.jpg", lambda: rgb("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"\xff" * 40)),
    "exif without end": stored("a.jpg", lambda: rgb("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01" * 7)),
    "a pickle": stored("a.png", b"\x80\x04cos\nsystem\n(S'true'\ntR."),
}


def _bmp(width: int, height: int) -> bytes:
    header = struct.pack("<2sIHHI", b"BM", 70, 0, 0, 54) + struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 1, 1, 0, 0
    )
    return header + bytes(16)
