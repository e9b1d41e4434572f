"""Where things lie on disk, and how files get there whole."""

import contextlib
import errno
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

SHIPPED_FOLDERS = ("models", "pictures", "recordings", "results", "scenes")  # of data/; others are somebody's data sets
# What `write_whole` writes into until all is there: a file's name, or its beginning (15 characters are added, and no
# file system takes more than 255 bytes), between a dot and what mkstemp adds.
SHOWN_OF_NAME = 32
PART = re.compile(r"\..+\.[a-z0-9_]{8}\.part", re.DOTALL)


def _umask() -> int:
    """What this process takes away from new files' permissions.  It can only be asked for by setting another."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


UMASK = _umask()  # once, before there are threads that could make a file in between


def repository() -> Path | None:
    """The repository that this code lies in; None for a lab that was installed without it, from a wheel."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / "pyproject.toml").is_file() else None


def data_folder() -> Path:
    """The repository's ``data/``: what ships (checkpoints, sample scenes, measured results).

    Without a repository a folder of the user's own, in which nothing lies that was not put there.
    """
    return _home() / "data"


def _home() -> Path:
    return repository() or user_folder()


def user_folder() -> Path:
    """The folder of the lab among the user's own data; it need not exist.

    Raises:
        OSError: the account has no home folder, as one of a container that is a number without a name.
    """
    import platformdirs

    try:
        folder = platformdirs.user_data_path("spatial-embedding-lab")
    except RuntimeError:  # its releases of 2026; those before give a relative path, to a folder that is called ~
        folder = Path()
    if not folder.is_absolute():
        raise OSError(errno.ENOENT, "this account has no home folder: set HOME to a folder that you can write")
    return folder


def typed_path(path: str | Path) -> Path:
    """A path as a person typed it, in which ~ stands for a home folder.

    Raises:
        OSError: there is no such home folder.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise OSError(
            errno.ENOENT,
            f"{path}: found no home folder for {Path(path).parts[0]}, expected that of a user of this machine. Write "
            "the folder out; one whose own name begins with ~ as ./~",
        ) from error


def dataset_folder(name: str) -> Path:
    """Folder of a data set to be read.

    A path (with a slash) is taken as it is.  A mere name is a folder below LAB_DATA (default: ``data/``) and, where
    there is none, one in the current folder; with neither the place below LAB_DATA, for messages.
    """
    if os.sep in name or "/" in name or name in (".", ".."):
        return typed_path(name)
    usual, here = download_folder(name), Path(name).absolute()
    return here if here.is_dir() and not usual.is_dir() else usual


def download_folder(name: str) -> Path:
    """Where the data set ``name`` is brought: below LAB_DATA (default: ``data/``), never in the current folder."""
    return typed_path(os.environ.get("LAB_DATA") or data_folder()) / name


def runs_folder() -> Path:
    """Folder of all trainings: LAB_RUNS, else the repository's ``runs/`` (without one the user's own)."""
    return typed_path(os.environ.get("LAB_RUNS") or _home() / "runs")


def write_whole(path: Path, content: bytes) -> None:
    """Write ``content`` so that ``path`` always holds either the old file or the new one, never a part.

    Raises:
        OSError: the disk is full or not writable; the old file is untouched and no temporary file stays.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:SHOWN_OF_NAME]}.", suffix=".part")
        with _removed_on_error(temporary):
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            _give_usual_permissions(temporary)
            os.replace(temporary, path)
    except OSError as error:
        raise save_error(error, path, len(content)) from error
    _sync_folder(path.parent)


def save_error(error: OSError, path: Path, size: int) -> OSError:
    """The error of a failed save in words: which file of how many bytes, why, and what to do."""
    needed = f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"
    return OSError(
        error.errno,
        f"could not save {path}: {error.strerror or error}. Needed: {needed}. "
        f"A file that was there before is unchanged; {_advice(error.errno)}, then run the same command again",
    )


def _advice(number: int | None) -> str:
    if number in (errno.ENOSPC, errno.EDQUOT):
        return "free some space"
    if number == errno.EFBIG:
        return "lift the limit on the size of files (ulimit -f), or name a folder on a file system that takes such ones"
    if number == errno.ENAMETOOLONG:
        return "give it a shorter name"
    if number == errno.ENOENT:
        return "name a folder that is there or can be made"
    if number in (errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
        return "move away the file that stands in a folder's place (or the folder in the file's)"
    return "check the folder's permissions"


@contextlib.contextmanager
def _removed_on_error(temporary: str) -> Iterator[None]:
    """Leave no part behind, whatever ends the block; the first error is the one to report."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _give_usual_permissions(path: str) -> None:
    """mkstemp makes files private (0600); a checkpoint is to be read by whoever may read its folder."""
    os.chmod(path, 0o666 & ~UMASK)


def remove_parts(*folders: Path) -> None:
    """Remove what killed processes left of files that `write_whole` was writing in these folders, not in those below.

    For whoever is alone in them and knows them for their own: another one's part would be taken from under its hands.
    """
    for folder in folders:
        with contextlib.suppress(OSError):
            for path in [path for path in folder.iterdir() if PART.fullmatch(path.name)]:
                path.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have a written file, or all files below a folder, on the disk itself: before a renaming, which a power cut
    may else leave in place without the content.

    Raises:
        OSError: the disk refuses.
    """
    for file in (path,) if path.is_file() else sorted(path.rglob("*")):
        if file.is_file():
            with file.open("r+b") as opened:
                os.fsync(opened.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself outlive a power cut, where it can be done: the file is in place either way.

    Windows cannot open folders, some network and FUSE file systems refuse to sync them.
    """
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
