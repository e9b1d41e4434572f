"""The archive onto the disk.  pooch keeps and verifies files; the going on after an interruption is added here."""

import contextlib
import errno
import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from tqdm import tqdm

from lab.folders import sync, write_whole
from lab.json_text import from_json

if TYPE_CHECKING:
    import requests

URL = "https://data.broadinstitute.org/bbbc/BBBC038/stage1_train.zip"
CHUNK = 2**14  # bytes; what is lost of a connection that breaks off is less than this
ATTEMPTS = 4  # in a row that bring nothing new
FULL = (errno.ENOSPC, errno.EDQUOT)
TIMEOUT = 30.0  # seconds without a byte
# As a server says which part it sends.  No file's length has more digits.
CONTENT_RANGE = re.compile(r"bytes (?P<start>[0-9]{1,18})-[0-9]{1,18}/(?P<total>[0-9]{1,18}|\*)")
DIGITS = re.compile(r"[0-9]{1,18}")
NO_NETWORK = (
    "Without a network: `python -m lab download nuclei --offline` (one real image), or give an archive that was "
    "fetched elsewhere: --archive FILE"
)


def fetch(folder: Path, url: str = URL) -> Path:
    """The archive below ``folder``; fetched unless it is there and as it was when it was fetched.

    No hash of the archive is published, so the first fetch is believed, and checked by what is in it.  Its sha256 is
    then written beside it (`remember`), and later files must agree.

    Raises:
        OSError: the network or the disk failed; what came so far stays as NAME.part, and the next call goes on.
        ValueError: a file of another sha256 than the one remembered.
    """
    import pooch

    target = folder / url.rsplit("/", 1)[-1]
    noted = _note(target)
    known = noted.read_text().strip() if noted.is_file() else None
    with _silent(pooch.get_logger()):
        try:
            pooch.retrieve(url, known and f"sha256:{known}", target.name, folder, downloader=Resuming(target))
        except ValueError as error:
            raise ValueError(
                f"{url}: found another file than at the last time ({error}), expected the sha256 in {noted}. If the "
                f"collection has brought out a new archive, delete {noted} and run the same command again."
            ) from error
        finally:
            with contextlib.suppress(OSError):
                folder.rmdir()  # where nothing came
    return target


def remember(archive: Path) -> str:
    """Write the sha256 of an archive whose content has been checked beside it; gives it."""
    digest = sha256(archive)
    write_whole(_note(archive), f"{digest}\n".encode())
    return digest


def sha256(path: Path) -> str:
    """The file's sha256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _note(archive: Path) -> Path:
    return archive.with_name(archive.name + ".sha256")


@contextlib.contextmanager
def _silent(logger: logging.Logger) -> Iterator[None]:
    """pooch tells a person to keep the hash; `remember` does."""
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


class Answer(NamedTuple):
    """What the server said about a part: where its bytes begin, how long the file is, and which file it is."""

    start: int
    total: int | None
    version: str


class Resuming:
    """A downloader for pooch that goes on where an earlier one stopped, in this process or in another.

    The bytes grow in TARGET.part; TARGET.part.json tells to which version of the file they belong (its ETag or date),
    so that two versions are never mixed.

    Raises (when called):
        OSError: the connection, the server or the disk failed; with what came so far and what to do.
    """

    def __init__(self, target: Path, pause: float = 1.0):
        self.part = target.with_name(target.name + ".part")
        self.note = target.with_name(target.name + ".part.json")
        self.pause = pause

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        self.part.parent.mkdir(parents=True, exist_ok=True)
        failures = 0
        while failures < ATTEMPTS:
            before = self._length()
            try:
                if self._receive(url):
                    break
                raise ConnectionError("the connection ended before the file did")
            except OSError as error:  # requests' errors are OSErrors, too
                failures = 1 if self._length() > before else failures + 1
                if failures >= ATTEMPTS or _is_final(error):
                    raise self._given_up(url, error) from error
                time.sleep(self.pause * failures)
        sync(self.part)
        os.replace(self.part, output_file)
        self.note.unlink(missing_ok=True)

    def _length(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _given_up(self, url: str, error: Exception) -> OSError:
        kept = "The same command tries again"
        if length := self._length():
            kept = f"{length / 2**20:.1f} MiB are kept in {self.part}; the same command goes on from there"
        advice = "Free some space" if getattr(error, "errno", None) in FULL else NO_NETWORK
        return OSError(f"{url}: could not be fetched ({_reason(error)}). {kept}. {advice}.")

    def _receive(self, url: str) -> bool:
        """Append what one connection brings.  Gives whether the file is whole."""
        import requests

        with requests.get(url, headers=self._request(), stream=True, timeout=TIMEOUT) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                return self._is_whole_or_gone(response.headers.get("Content-Range", ""))
            response.raise_for_status()
            answer = _understood(response, self._length())
            # "ab" would not do: a server that knows no parts, or has another version, sends all from the beginning.
            with self.part.open("r+b" if answer.start else "wb") as file:
                write_whole(self.note, json.dumps({"version": answer.version, "url": url}).encode())
                file.seek(answer.start)
                self._append(file, response, answer)
        return self._length() == answer.total if answer.total is not None else True

    def _append(self, file: BinaryIO, response: "requests.Response", answer: Answer) -> None:
        bar = tqdm(
            desc=self.part.name.removesuffix(".part"),
            total=answer.total,
            initial=answer.start,
            unit="B",
            unit_scale=True,
            disable=None,
        )
        with bar:
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))

    def _request(self) -> dict[str, str]:
        """Headers: bytes as they are on the server, and where there is a part only the rest of the same version."""
        headers = {"Accept-Encoding": "identity"}
        version = _version_noted(self.note)
        if self._length() and version:
            headers |= {"Range": f"bytes={self._length()}-", "If-Range": version}
        return headers

    def _is_whole_or_gone(self, content_range: str) -> bool:
        """The server has nothing after our bytes: either they are all, or they are of another file and are deleted."""
        if content_range == f"bytes */{self._length()}":
            return True
        self.part.unlink()
        return False


def _understood(response: "requests.Response", length: int) -> Answer:
    headers = response.headers
    # If-Range wants a strong ETag; a weak one (W/) says "about the same file".
    tag = headers.get("ETag", "")
    version = tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")
    if response.status_code == 206:
        said = headers.get("Content-Range", "")
        found = CONTENT_RANGE.fullmatch(said)
        if not found or int(found["start"]) != length:
            raise ConnectionError(f"the server sent the part '{said[:80]}', asked for was all from byte {length}")
        return Answer(length, int(found["total"]) if found["total"] != "*" else None, version)
    size = headers.get("Content-Length", "")
    return Answer(0, int(size) if DIGITS.fullmatch(size) else None, version)


def _version_noted(note: Path) -> str:
    try:
        return from_json(note.read_text())["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # then all is fetched anew


def _reason(error: Exception) -> str:
    """The error in few words: of a connection that was never made, requests gives the whole chain of causes."""
    import requests

    if isinstance(error, requests.ConnectionError) and error.request is not None:
        cause = getattr(error.args[0], "reason", error) if error.args else error
        return f"no connection: {str(cause).rsplit(': ', 1)[-1]}"
    return str(error)


def _is_final(error: Exception) -> bool:
    """A refusal of the server (404, 403, ...) or of the disk is not tried again; what may pass (5xx, cuts) is."""
    import requests

    if isinstance(error, requests.HTTPError):
        return error.response is not None and error.response.status_code < 500
    return not isinstance(error, requests.RequestException | ConnectionError | TimeoutError)
