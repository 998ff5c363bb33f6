"""Finds the server program."""

import os
import platform
import shutil
import stat
import sys
import sysconfig
from pathlib import Path

PACK = Path(__file__).resolve().parent.parent
NAME = "comfyui-openclaw.exe" if os.name == "nt" else "comfyui-openclaw"
_OS = {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
_ARCH = {"amd64": "x86_64", "arm64": "aarch64"}
REMEDY = (
    "Unpack a release that has a bin folder for this system, install the comfyui-openclaw wheel into this "
    "Python, or name the program in OPENCLAW_SERVER_BIN."
)


class BinaryNotFound(Exception):
    """Its text lists every place looked at."""


def find_binary() -> Path:
    """The first program that can be run."""
    if chosen := os.environ.get("OPENCLAW_SERVER_BIN"):
        # A choice that cannot be met is an error: to run another program instead would hide a typing mistake.
        if _runnable(Path(chosen)):
            return Path(chosen)
        raise BinaryNotFound(f"OPENCLAW_SERVER_BIN names {chosen}, which is not a program that can be run.")

    places = _places()
    if found := next(filter(_runnable, places), None):
        return found
    if on_path := shutil.which(NAME):
        return Path(on_path)
    builds = [PACK / "target" / profile / NAME for profile in ("release", "debug")]
    if built := [build for build in builds if _runnable(build)]:
        return max(built, key=lambda build: build.stat().st_mtime)
    looked = ", ".join(map(str, [*places, "PATH", *builds]))
    raise BinaryNotFound(f"The OpenClaw server program was not found. Looked at: {looked}. {REMEDY}")


def _places() -> list[Path]:
    machine = platform.machine().lower()
    schemes = [sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user")]
    scripts = [Path(sysconfig.get_path("scripts", scheme)) / NAME for scheme in schemes]
    return [PACK / "bin" / f"{_OS}-{_ARCH.get(machine, machine)}" / NAME, *dict.fromkeys(scripts)]


def _runnable(path: Path) -> bool:
    if not path.is_file():
        return False
    if not os.access(path, os.X_OK) and path.is_relative_to(PACK):
        # Python's zipfile, which pack installers use, drops the permission.
        try:
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        except OSError:
            return False
    return os.access(path, os.X_OK)
