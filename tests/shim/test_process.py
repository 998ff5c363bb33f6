"""The server process: found, started, watched, started again, and let go."""

import asyncio
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from python_shim import binary, process
from python_shim.process import Server, ServerUnavailable, Target

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the fake server is a script with a #! line")


@pytest.fixture
def start(monkeypatch, tmp_path):
    """Starts a Server whose program is the fake one with the given behaviour."""
    started = []

    def start(behaviour: str) -> Server:
        program = tmp_path / f"server-{behaviour}"
        source = Path(__file__).with_name("fake_server.py").read_text()
        program.write_text(f"#!{sys.executable}\n{source}")
        program.chmod(0o755)
        monkeypatch.setenv("OPENCLAW_SERVER_BIN", str(program))
        server = Server()
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


def target(server: Server, dead: Target | None = None) -> Target:
    return asyncio.run(server.target(dead))


def sentence(server: Server) -> str:
    """What people are told; asks until the server has failed often enough for waiting to make no sense."""
    with pytest.raises(ServerUnavailable) as caught:
        target(server)
    return str(caught.value)


def ended(pid: int) -> bool:
    """Waits for the end of any process; a dead one that nobody has reaped counts."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 5)[0])
    finally:
        os.close(handle)


def test_starting_does_not_wait(monkeypatch, start):
    searched, found = threading.Event(), process.find_binary
    monkeypatch.setattr(process, "find_binary", lambda: searched.wait(10) and found())
    server = start("works")
    searched.set()
    assert target(server)


def test_the_ready_line_gives_address_and_key(start):
    server = start("works")
    found = target(server)
    assert found.url.startswith("http://127.0.0.1:")
    assert found.key == "key-" + found.url.rpartition(":")[2]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits on a process handle")
def test_a_killed_server_is_started_again_within_two_seconds(start):
    server = start("works")
    first = target(server)
    for _ in range(2):
        killed = time.monotonic()
        os.kill(int(first.url.rpartition(":")[2]), signal.SIGKILL)
        second = target(server, dead=first)
        assert second != first
        assert time.monotonic() - killed < 2
        first = second


def test_the_newest_ready_line_wins_so_a_standby_can_take_over(start):
    server = start("stands_by")
    other = target(server)
    assert other == Target("http://127.0.0.1:1", "key-1")
    own = server._child.pid
    os.kill(own, signal.SIGUSR1)
    assert target(server, dead=other) == Target(f"http://127.0.0.1:{own}", f"key-{own}")


def test_an_announced_failure_is_the_sentence_people_read(start):
    assert sentence(start("refuses")) == "The state directory cannot be written: mend it."


def test_a_crash_is_told_with_its_status_and_its_last_words(start):
    said = sentence(start("crashes"))
    assert "status 101" in said
    assert said.endswith("Its last words were: thread main panicked: no reason")


def test_a_program_that_the_system_refuses_is_told(monkeypatch, tmp_path):
    program = tmp_path / "server"
    program.write_bytes(b"neither a script nor a program")
    program.chmod(0o755)
    monkeypatch.setenv("OPENCLAW_SERVER_BIN", str(program))
    server = Server()
    server.start()
    assert sentence(server).startswith(f"The OpenClaw server program {program} could not be started: ")
    server._stopping.set()


def test_pauses_grow_only_while_starts_fail_one_after_the_other(monkeypatch):
    monkeypatch.setenv("OPENCLAW_SERVER_BIN", "nowhere")
    pauses = []

    class Recorder(threading.Event):
        def wait(self, timeout=None):
            pauses.append(timeout)
            if len(pauses) == 12:
                # Runs that last count as good ones from here on, whatever they end with.
                server.QUICK = -1
            if len(pauses) == 14:
                self.set()

    server = Server()
    server._stopping = Recorder()
    server._supervise()
    assert pauses == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 0, 0]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits on a process handle")
def test_stopping_closes_standard_input_and_the_server_ends(start):
    server = start("works")
    target(server)
    pid = server._child.pid
    server.stop()
    assert ended(pid)
    assert server._child.returncode == 0


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits on a process handle")
def test_no_server_is_left_when_comfyui_is_killed(tmp_path, start):
    start("works")
    script = (
        f"import sys, time; sys.path.insert(0, {str(binary.PACK)!r})\n"
        "from python_shim.process import Server\n"
        "import asyncio; server = Server(); server.start(); asyncio.run(server.target())\n"
        "print(server._child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    assert ended(pid)


def test_an_attached_server_is_not_started_and_its_absence_is_told(monkeypatch):
    monkeypatch.setenv("OPENCLAW_SERVER_URL", "http://127.0.0.1:9/base/")
    monkeypatch.setenv("OPENCLAW_LAUNCH_KEY", "shared")
    server = Server()
    server.start()
    found = target(server)
    assert found == Target("http://127.0.0.1:9/base", "shared")
    assert server._child is None
    with pytest.raises(ServerUnavailable, match=r"No OpenClaw server answers at http://127\.0\.0\.1:9/base/"):
        target(server, dead=found)


def test_an_attached_address_must_be_a_web_address(monkeypatch):
    monkeypatch.setenv("OPENCLAW_SERVER_URL", "127.0.0.1:9")
    server = Server()
    server.start()
    assert sentence(server) == "OPENCLAW_SERVER_URL is 127.0.0.1:9; it must begin with http:// or https://."
