"""Starts the server beside ComfyUI, watches it, and knows where it listens."""

import asyncio
import atexit
import collections
import contextlib
import json
import logging
import os
import subprocess
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from .binary import BinaryNotFound, find_binary

log = logging.getLogger("openclaw")
WINDOWS_FLAGS = "CREATE_NO_WINDOW", "BELOW_NORMAL_PRIORITY_CLASS"  # No window, and ComfyUI first.


class Target(NamedTuple):
    """Where a server listens, and the key that makes it believe the shim's headers."""

    url: str
    key: str | None = None


class ServerUnavailable(RuntimeError):
    """Its text says what is wrong and how to mend it."""


class Server:
    """The server process; one that is attached by OPENCLAW_SERVER_URL is neither started nor watched."""

    # A request that comes while the server starts waits this long; a server is ready in a tenth of it.
    PATIENCE = 2.0
    # A run shorter than this counts as a failure to start, and only those make the pauses grow.
    QUICK = 5.0
    FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0

    def __init__(self) -> None:
        self._target: Target | None = None
        self._problem = "The OpenClaw server is starting; try again in a moment."
        # Whether waiting makes sense: false once starting has failed again and again.
        self._soon = False
        self._child: subprocess.Popen | None = None
        self._stopping = threading.Event()

    def start(self, host: Callable[[], str | None] = lambda: None) -> None:
        """Returns at once, because ComfyUI's boot waits; `host` says where that is, once it listens."""
        self._host = host
        if url := os.environ.get("OPENCLAW_SERVER_URL"):
            if url.startswith(("http://", "https://")):
                self._target = Target(url.rstrip("/"), os.environ.get("OPENCLAW_LAUNCH_KEY") or None)
                self._problem = f"No OpenClaw server answers at {url} (OPENCLAW_SERVER_URL): start it there."
            else:
                self._problem = f"OPENCLAW_SERVER_URL is {url}; it must begin with http:// or https://."
            return
        self._soon = True
        atexit.register(self.stop)
        # A thread that lives as long as ComfyUI: Linux ends the server when the thread that started it ends.
        threading.Thread(target=self._supervise, name="openclaw-server", daemon=True).start()

    def stop(self) -> None:
        """Lets the server finish by closing its standard input, as the end of ComfyUI does in any case."""
        self._stopping.set()
        if child := self._child:
            child.stdin.close()
            try:
                child.wait(timeout=3)
            except subprocess.TimeoutExpired:
                child.kill()

    async def target(self, dead: Target | None = None) -> Target:
        """The newest address, but not `dead`, at which nothing listened a moment ago."""
        deadline = time.monotonic() + self.PATIENCE
        while (target := self._target) is None or target == dead:
            if not self._soon or time.monotonic() > deadline:
                raise ServerUnavailable(self._problem)
            # Callers live on two event loops and the news comes from a thread, so looking is simplest.
            await asyncio.sleep(0.02)
        return target

    def _supervise(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            began, known = time.monotonic(), self._problem
            self._problem = self._run()
            self._target = None
            failures = failures + 1 if time.monotonic() - began < self.QUICK else 0
            pause = min(self.LONGEST_PAUSE, self.FIRST_PAUSE * 2 ** (failures - 1)) if failures else 0
            self._soon = pause < self.PATIENCE / 2
            if self._problem != known and not self._stopping.is_set():
                log.error("%s", self._problem)
            self._stopping.wait(pause)

    def _run(self) -> str:
        """One life of the server; returns why it ended."""
        try:
            binary = find_binary()
            child = self._child = subprocess.Popen(
                [binary, "serve", "--listen", "127.0.0.1:0", "--exit-on-stdin-eof"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                # Ctrl+C in ComfyUI's terminal is for ComfyUI; the server ends through its standard input.
                start_new_session=os.name != "nt",
                creationflags=sum(getattr(subprocess, flag, 0) for flag in WINDOWS_FLAGS),
            )
        except BinaryNotFound as error:
            return str(error)
        except OSError as error:
            return f"The OpenClaw server program {binary} could not be started: {error}."
        if self._stopping.is_set():
            child.stdin.close()
        teller = threading.Thread(target=self._tell_host, args=(child,), daemon=True)
        teller.start()
        if self._host():
            teller.join()  # Before anybody hears that the server is ready.

        last_words: collections.deque[str] = collections.deque(maxlen=1)
        pump = threading.Thread(target=self._pass_on_log, args=(child, last_words), daemon=True)
        pump.start()
        announced = None
        for line in child.stdout:
            announced = self._hear(line) or announced
        status = child.wait()
        self._target = None
        pump.join(timeout=1)
        if announced:
            return announced
        end = f"was ended by signal {-status}" if status < 0 else f"stopped with status {status}"
        words = "".join(f" Its last words were: {line}" for line in last_words)
        return f"The OpenClaw server {end}; ComfyUI's log says more.{words}"

    def _tell_host(self, child: subprocess.Popen) -> None:
        while (url := self._host()) is None:
            if child.poll() is not None or self._stopping.wait(0.01):
                return
        with contextlib.suppress(OSError, ValueError):  # It is gone; the next one is told when it starts.
            print(json.dumps({"event": "host", "url": url}), file=child.stdin, flush=True)

    def _hear(self, line: str) -> str | None:
        """Takes in one line of the server's standard output; returns the reason if it announces a failure."""
        try:
            message = json.loads(line)
            event = message["event"]
            if event == "ready":
                # The newest line counts: a standby server names the one that works, and later itself.
                self._target = Target(message["url"], message.get("key"))
                log.info("OpenClaw server (process %s) is ready at %s", message.get("pid"), message["url"])
            return message["message"] if event == "failed" else None
        except (ValueError, TypeError, KeyError):
            log.warning("The OpenClaw server said something unexpected: %s", line.strip())
            return None

    @staticmethod
    def _pass_on_log(child: subprocess.Popen, last_words: collections.deque[str]) -> None:
        for line in child.stderr:
            if line := line.strip():
                last_words.append(line)
                log.info("%s", line)


SERVER = Server()
