"""Where the server program is looked for."""

import os
import zipfile
from pathlib import Path

import pytest

from python_shim import binary


@pytest.fixture
def pack(monkeypatch, tmp_path) -> Path:
    """An empty pack on a machine without our program anywhere else."""
    monkeypatch.setattr(binary, "PACK", tmp_path)
    monkeypatch.setattr(binary.sysconfig, "get_path", lambda name, scheme: str(tmp_path / scheme / name))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(binary, "_OS", "linux")
    monkeypatch.setattr(binary.platform, "machine", lambda: "AMD64")
    return tmp_path


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    path.chmod(0o755)
    return path


def test_the_places_are_taken_in_order(pack, monkeypatch):
    debug = program(pack / "target" / "debug" / binary.NAME)
    assert binary.find_binary() == debug
    release = program(pack / "target" / "release" / binary.NAME)
    os.utime(release, (1, 1))
    assert binary.find_binary() == debug, "the newer build"
    os.utime(debug, (0, 0))
    assert binary.find_binary() == release
    for place in ("path", binary.sysconfig.get_default_scheme() + "/scripts", "bin/linux-x86_64"):
        nearer = program(pack / place / binary.NAME)
        assert binary.find_binary() == nearer
    chosen = program(pack / "my own")
    monkeypatch.setenv("OPENCLAW_SERVER_BIN", str(chosen))
    assert binary.find_binary() == chosen


def test_a_missing_program_is_told_with_every_place_and_the_way_out(pack):
    with pytest.raises(binary.BinaryNotFound) as caught:
        binary.find_binary()
    said = str(caught.value)
    places = [
        pack / "bin" / "linux-x86_64",
        pack / binary.sysconfig.get_default_scheme() / "scripts",
        pack / "target" / "release",
        pack / "target" / "debug",
    ]
    for place in places:
        assert str(place / binary.NAME) in said
    assert "PATH" in said
    assert "OPENCLAW_SERVER_BIN" in said


def test_a_wrong_choice_is_not_replaced_in_silence(pack, monkeypatch):
    program(pack / "bin" / "linux-x86_64" / binary.NAME)
    monkeypatch.setenv("OPENCLAW_SERVER_BIN", "/typing/mistake")
    with pytest.raises(binary.BinaryNotFound, match="OPENCLAW_SERVER_BIN names /typing/mistake"):
        binary.find_binary()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission to run")
def test_a_program_unpacked_by_python_gets_its_permission_back(pack):
    place = program(pack / "bin" / "linux-x86_64" / binary.NAME)
    with zipfile.ZipFile(pack / "release.zip", "w") as archive:
        archive.write(place, place.relative_to(pack))
    place.unlink()
    zipfile.ZipFile(pack / "release.zip").extractall(pack)
    assert not os.access(place, os.X_OK)
    assert binary.find_binary() == place
    assert os.access(place, os.X_OK)
