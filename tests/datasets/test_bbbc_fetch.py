"""Fetching an archive from a server of one's own that breaks off, changes its file, or knows no parts."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lab.datasets.bbbc import fetch as fetching
from lab.datasets.bbbc.fetch import CHUNK, Resuming, fetch, remember

CONTENT = bytes(range(256)) * 2000


class Server:
    """One file at /a.zip.  ``cuts``: after how many bytes each next answer ends too early."""

    def __init__(self):
        self.content, self.tag, self.parts, self.cuts, self.asked = CONTENT, '"one"', True, [], []
        self.content_range = "bytes {start}-{last}/{total}"
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.answer(self)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/a.zip"

    def answer(self, request) -> None:
        wanted, condition = request.headers.get("Range"), request.headers.get("If-Range")
        self.asked.append(wanted)
        if request.path != "/a.zip":
            request.send_error(404)
            return
        start = 0
        if wanted and self.parts and condition == self.tag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(self.content):
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{len(self.content)}")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        body = self.content[start:]
        request.send_response(206 if start else 200)
        if self.tag:
            request.send_header("ETag", self.tag)
        if start and self.content_range:
            total = len(self.content)
            request.send_header("Content-Range", self.content_range.format(start=start, last=total - 1, total=total))
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[: self.cuts.pop(0)] if self.cuts else body)


@pytest.fixture
def server():
    server = Server()
    threading.Thread(target=server.http.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.http.shutdown()
    server.http.server_close()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(fetching.time, "sleep", lambda _: None)


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_and_nothing_else(server, tmp_path):
    path = fetch(tmp_path / "new" / "folder", server.url)
    assert path.read_bytes() == CONTENT
    assert names(path.parent) == ["a.zip"]
    fetch(path.parent, server.url)
    assert len(server.asked) == 1  # what is there is not fetched again


def test_goes_on_after_every_break(server, tmp_path):
    server.cuts = [6 * CHUNK, 6 * CHUNK, 7]
    assert fetch(tmp_path, server.url).read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={6 * CHUNK}-", f"bytes={12 * CHUNK}-", f"bytes={12 * CHUNK}-"]


def test_gives_up_when_nothing_new_comes_and_a_later_call_goes_on(server, tmp_path):
    server.cuts = [9 * CHUNK, 0, 0, 0, 0]
    with pytest.raises(OSError, match=r"could not be fetched .* 0\.1 MiB are kept in .*a\.zip\.part; the same command"):
        fetch(tmp_path, server.url)
    assert names(tmp_path) == ["a.zip.part", "a.zip.part.json"]
    server.cuts, server.asked = [], []
    assert fetch(tmp_path, server.url).read_bytes() == CONTENT
    assert server.asked == [f"bytes={9 * CHUNK}-"]
    assert names(tmp_path) == ["a.zip"]


def test_two_versions_of_the_file_are_never_mixed(server, tmp_path):
    server.cuts = [9 * CHUNK, 0, 0, 0, 0]
    with pytest.raises(OSError, match="kept"):
        fetch(tmp_path, server.url)
    server.content, server.tag, server.cuts = CONTENT[::-1], '"two"', []
    assert fetch(tmp_path, server.url).read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize(("parts", "tag"), [(False, '"one"'), (True, ""), (True, 'W/"weak"')])
def test_a_server_without_parts_or_versions_sends_all_again(parts, tag, server, tmp_path):
    server.parts, server.tag, server.cuts = parts, tag, [9 * CHUNK]
    assert fetch(tmp_path, server.url).read_bytes() == CONTENT


@pytest.mark.parametrize(
    "said", ["", "bytes", "bytes x-y/z", "{start}", "bytes 7-{last}/{total}", "bytes 9-9/" + "9" * 40]
)
def test_a_server_that_does_not_say_which_part_it_sends(said, server, tmp_path):
    server.cuts, server.content_range = [9 * CHUNK], said
    with pytest.raises(OSError, match=r"could not be fetched \(the server sent the part '.*0\.1 MiB are kept"):
        fetch(tmp_path, server.url)
    server.content_range = "bytes {start}-{last}/*"
    assert fetch(tmp_path, server.url).read_bytes() == CONTENT


def test_a_part_that_is_already_all(server, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(CONTENT)
    (tmp_path / "a.zip.part.json").write_text('{"version": "\\"one\\""}')
    assert fetch(tmp_path, server.url).read_bytes() == CONTENT
    assert server.asked == [f"bytes={len(CONTENT)}-"]


def test_a_part_that_is_longer_than_the_file(server, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(CONTENT + b"more")
    (tmp_path / "a.zip.part.json").write_text('{"version": "\\"one\\""}')
    assert fetch(tmp_path, server.url).read_bytes() == CONTENT


def test_an_unreadable_note_begins_anew(server, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(b"of what?")
    (tmp_path / "a.zip.part.json").write_text("{")
    assert fetch(tmp_path, server.url).read_bytes() == CONTENT


def test_a_refusal_is_not_repeated(server, tmp_path):
    with pytest.raises(OSError, match=r"b\.zip: could not be fetched \(404 .*--offline"):
        fetch(tmp_path / "new", server.url.replace("a.zip", "b.zip"))
    assert len(server.asked) == 1
    assert names(tmp_path) == []


def test_no_network(server, tmp_path):
    server.http.server_close()
    with pytest.raises(OSError, match=r"could not be fetched \(no connection: .*--offline"):
        fetch(tmp_path / "new", server.url)
    assert names(tmp_path) == []


def test_a_full_disk(server, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Resuming, "_append", full)
    with pytest.raises(OSError, match=r"No space left on device.*Free some space"):
        fetch(tmp_path, server.url)
    assert len(server.asked) == 1


class TestHash:
    def test_is_remembered_and_the_next_file_must_agree(self, server, tmp_path):
        path = fetch(tmp_path, server.url)
        assert remember(path) == hashlib.sha256(CONTENT).hexdigest()
        path.unlink()
        assert fetch(tmp_path, server.url) == path  # fetched again, and the same
        path.unlink()
        server.content = b"another"
        with pytest.raises(ValueError, match=r"found another file than at the last time .* delete .*a\.zip\.sha256"):
            fetch(tmp_path, server.url)
        assert names(tmp_path) == ["a.zip.sha256"]

    def test_a_file_that_was_changed_on_disk_is_fetched_again(self, server, tmp_path):
        path = fetch(tmp_path, server.url)
        remember(path)
        path.write_bytes(b"rot")
        assert fetch(tmp_path, server.url).read_bytes() == CONTENT
