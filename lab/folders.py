"""Where things lie on disk, and how files get there whole."""

import errno
import os
import tempfile
from pathlib import Path


def data_folder() -> Path:
    """The repository's ``data/``: what ships (checkpoints, sample scenes, measured results)."""
    return Path(__file__).resolve().parent.parent / "data"


def dataset_folder(name: str) -> Path:
    """Folder of the data set ``name``: below LAB_DATA (default: ``data/``), or ``name`` itself if it is a path."""
    if os.sep in name or "/" in name or name in (".", ".."):
        return Path(name).expanduser()
    return Path(os.environ.get("LAB_DATA") or data_folder()).expanduser() / name


def write_whole(path: Path, content: bytes) -> None:
    """Write ``content`` so that ``path`` always holds either the old file or the new one, never a part.

    Raises:
        OSError: the disk is full or not writable; the old file is untouched and no temporary file stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _give_usual_permissions(temporary)
        os.replace(temporary, path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _explained(error, path, len(content)) from error
        raise
    _sync_folder(path.parent)


def _give_usual_permissions(path: str) -> None:
    """mkstemp makes files private (0600); a checkpoint is to be read by whoever may read its folder."""
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(path, 0o666 & ~mask)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself outlive a power cut.  Windows cannot open folders and does not need it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _explained(error: OSError, path: Path, size: int) -> OSError:
    advice = "free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "check the folder's permissions"
    return OSError(
        error.errno,
        f"could not save {path}: {error.strerror}. Needed: {size / 2**20:.1f} MiB. "
        f"A file that was there before is unchanged; {advice}, then run the same command again",
    )
