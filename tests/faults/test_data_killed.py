"""Data on their way to the disk: the generator and the download, killed and begun again."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.faults import work
from tests.faults.killing import Launcher, moments, parts_begun

CONTENT = bytes(range(256)) * 8000  # 2 MB
PIECE = 2**15


class Slow(BaseHTTPRequestHandler):
    """Serves one file in pieces, with pauses; ``server.knows_parts`` says whether a later part can be asked for."""

    def do_GET(self) -> None:
        asked = self.headers.get("Range") if self.server.knows_parts else None
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        self.server.begins.append(begin)
        self.send_response(206 if begin else 200)
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(len(CONTENT) - begin))
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.end_headers()
        try:
            for place in range(begin, len(CONTENT), PIECE):
                self.wfile.write(CONTENT[place : place + PIECE])
                time.sleep(0.005)
        except OSError:
            pass  # who asked was killed

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    server.begins, server.knows_parts = [], True
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.slow
@pytest.mark.parametrize("knows_parts", [True, False])
def test_a_download_that_is_killed_goes_on(server: ThreadingHTTPServer, tmp_path: Path, knows_parts: bool):
    server.knows_parts = knows_parts
    url, part, rng = f"http://127.0.0.1:{server.server_port}/a.zip", tmp_path / "a.zip.part", moments("download")
    with Launcher(("pooch", "requests", "lab.datasets.bbbc.fetch", "tests.faults.work")) as launcher:
        for kill in range(5):
            begun, size = len(server.begins), rng.randrange((kill + 1) * len(CONTENT) // 8)
            launcher.begin(work.fetch_archive, tmp_path, url)
            assert launcher.until(lambda n=begun, s=size: len(server.begins) > n and _size(part) >= s)
            assert launcher.kill() == -9
            assert _size(part) <= len(CONTENT)
            assert not (tmp_path / "a.zip").exists()
        launcher.begin(work.fetch_archive, tmp_path, url)
        assert launcher.wait() == 0
    assert (tmp_path / "a.zip").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("a.zip")] == ["a.zip"]
    assert any(server.begins) == knows_parts, "it began anew each time, or went on where it could not"
    assert server.begins == sorted(server.begins)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@pytest.mark.slow
def test_a_generator_that_is_killed_goes_on_to_the_same_files(tmp_path: Path):
    rng, kills, scenes = moments("generator"), 0, 3
    with Launcher(("lab.datasets.toyscapes.write", "tests.faults.work")) as launcher:
        launcher.begin(work.draw_scenes, tmp_path / "undisturbed", scenes)
        assert launcher.wait() == 0
        while True:
            # The first two early: what is left would else be drawn before the second comes.
            enough = parts_begun(tmp_path / "killed", rng.randint(1, 2 if kills < 2 else 6))
            launcher.begin(work.draw_scenes, tmp_path / "killed", scenes)
            if launcher.until(enough):
                time.sleep(rng.choice([0.0, rng.uniform(0, 0.01)]))
            if launcher.kill() == 0:
                break
            kills += 1
    assert kills >= 2
    assert _files(tmp_path / "killed") == _files(tmp_path / "undisturbed")


def _files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
