"""A ComfyUI of our own to run the pack in, and what a page would see of it."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import pytest

ROOT = Path(__file__).resolve().parents[2]


class Host:
    """A running stand-in host (tests/host)."""

    def __init__(self, directory: Path, pack: Path = ROOT) -> None:
        static = directory / "frontend" / "comfyui_frontend_package" / "static"
        static.mkdir(parents=True, exist_ok=True)
        (static / "index.html").write_text("the page")
        script = ROOT / "tests" / "host" / "host.py"
        options = {"--frontend": directory / "frontend", "--pack": pack, "--data": directory / "data"}
        command = [sys.executable, script, *(part for option in options.items() for part in option)]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            # Tests that run in the background inherit a deaf ear for Ctrl+C; a host in a terminal hears it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.url = json.loads(self.process.stdout.readline())["url"]

    def log_line(self, text: str) -> str:
        """The next line of the log that has the text in it."""
        for line in self.process.stderr:
            if text in line:
                return line.strip()
        raise AssertionError(f"the host ended without saying {text}")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def host(directory: Path, pack: Path = ROOT):
    running = Host(directory, pack)
    try:
        yield running
    finally:
        running.end()


HOSTS = ["stand-in", "ComfyUI"]


@contextmanager
def any_host(kind: str, directory: Path):
    """The address of one of the HOSTS; COMFYUI_DIR names the real one."""
    if kind == "stand-in":
        with host(directory) as running:
            yield running.url
    elif "COMFYUI_DIR" in os.environ:
        with comfyui(Path(os.environ["COMFYUI_DIR"]), directory) as url:
            yield url
    else:
        pytest.skip("COMFYUI_DIR names no ComfyUI")


@contextmanager
def comfyui(checkout: Path, directory: Path, *more: str):
    (directory / "custom_nodes").mkdir(exist_ok=True)
    (directory / "custom_nodes" / ROOT.name).symlink_to(ROOT, target_is_directory=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    python = os.environ.get("COMFYUI_PYTHON", sys.executable)
    options = ["--cpu", "--disable-api-nodes", "--port", str(port), "--base-directory", str(directory), *more]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [python, "main.py", *options], cwd=checkout, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        while b"To see the GUI go to" not in (directory / "log").read_bytes():
            assert process.poll() is None, (directory / "log").read_text(errors="replace")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def post(url: str, body: dict) -> tuple[int, dict]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def get(url: str) -> dict:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


class Page:
    """What a page in the browser does: queue a graph and listen."""

    def __init__(self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.session, self.socket = session, socket
        self.texts: list[str] = []
        self.events: list[tuple[str, dict]] = []

    async def get(self, path: str):
        async with self.session.get(path) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def post(self, path: str, body: dict) -> tuple[int, dict | None]:
        async with self.session.post(path, json=body) as response:
            return response.status, json.loads(await response.text() or "null")

    async def queue(self, prompt: dict) -> str:
        status, answer = await self.post("/api/prompt", {"prompt": prompt, "client_id": "page"})
        assert status == 200, answer
        return answer["prompt_id"]

    async def event(self, wanted: str) -> dict:
        """The next event of a kind; what comes before it is kept."""
        async for message in self.socket:
            if message.type == aiohttp.WSMsgType.BINARY:
                kind, length = struct.unpack(">II", message.data[:8])
                assert kind == 3, "text below a node, after the length of its id and the id"
                self.texts.append(message.data[8 + length :].decode())
                continue
            event = json.loads(message.data)
            self.events.append((event["type"], event["data"]))
            if event["type"] == wanted:
                return event["data"]
        raise AssertionError(f"no {wanted} before the host hung up")

    async def run(self, prompt: dict) -> dict:
        """Runs a graph; returns its entry in the history."""
        prompt_id = await self.queue(prompt)
        while (await self.event("executing"))["node"] is not None:
            pass
        return (await self.get(f"/api/history/{prompt_id}"))[prompt_id]


@asynccontextmanager
async def page(url: str):
    async with aiohttp.ClientSession(url) as session, session.ws_connect("/ws?clientId=page") as socket:
        yield Page(session, socket)
