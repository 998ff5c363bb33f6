"""Lets the tests import the pack's own modules, and keeps the machine's settings out of them."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

REAL_SERVER = os.environ.pop("OPENCLAW_SERVER_BIN", None)


@pytest.fixture(autouse=True)
def _own_state(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith(("OPENCLAW_", "MOLTBOT_", "CLAWDBOT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def real_server(monkeypatch) -> str:
    """The server program; `cargo xtask test` names it in OPENCLAW_SERVER_BIN."""
    if REAL_SERVER is None:
        pytest.skip("OPENCLAW_SERVER_BIN names no server program")
    monkeypatch.setenv("OPENCLAW_SERVER_BIN", REAL_SERVER)
    return REAL_SERVER
