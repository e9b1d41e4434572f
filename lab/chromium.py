"""Where Chromium is, for the browser tests.  ``python -m lab.chromium`` says so, or how to get one."""

import contextlib
import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
# Where `playwright install` puts its browsers on Linux, macOS and Windows, and the program inside.
PLAYWRIGHT_FOLDERS = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright", "~/AppData/Local/ms-playwright")
PLAYWRIGHT_PROGRAMS = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium-*/chrome-win*/chrome.exe",
)


def find_chromium() -> Path | None:
    """The program to start: what LAB_CHROMIUM names, else the system's Chromium or Chrome, else Playwright's.

    Raises FileNotFoundError if LAB_CHROMIUM names something that is not there.
    """
    if named := os.environ.get("LAB_CHROMIUM"):
        if found := shutil.which(named):
            return Path(found)
        raise FileNotFoundError(
            f"LAB_CHROMIUM: found {named!r}, expected the path of a Chromium that can be started; "
            "correct the variable, or unset it to let the lab look by itself"
        )
    candidates = [shutil.which(name) for name in (*NAMES, *APPLICATIONS)]
    return next((Path(found) for found in candidates if found), None) or _find_playwrights()


def _find_playwrights() -> Path | None:
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    for folder in [named] if named else PLAYWRIGHT_FOLDERS:
        for pattern in PLAYWRIGHT_PROGRAMS:
            with contextlib.suppress(OSError, RuntimeError):  # a home that is not for this user, or none
                # Sorted, so that the newest of several builds is taken.
                if found := sorted(Path(folder).expanduser().glob(pattern)):
                    return found[-1]
    return None


def how_to_install() -> str:
    """The one line to type on this machine."""
    if shutil.which("apt-get") and "Ubuntu" not in _distribution():
        return "sudo apt-get install chromium"
    # Not from a package: Ubuntu has Chromium as a snap only, and elsewhere Playwright's own build is the least work.
    return f"{sys.executable} -m playwright install --with-deps chromium"


def _distribution() -> str:
    release = Path("/etc/os-release")
    return release.read_text() if release.exists() else ""


if __name__ == "__main__":
    if not (chromium := find_chromium()):
        sys.exit(f"chromium: none found; the browser tests need one. To install it, type:  {how_to_install()}")
    print(chromium)
