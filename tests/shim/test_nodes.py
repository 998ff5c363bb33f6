"""The nodes as ComfyUI shows them, and the planner node in a graph in front of a server of the test's own."""

import asyncio
import json
import subprocess
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from standin import ROOT, host, page
from support import run

from python_shim.nodes import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS, SCHEMAS, _output

RESULT = {
    "positive": "a red fox, snow",
    "negative": "",
    "params": {"width": 1024, "height": 768, "steps": 20, "cfg": 6.5, "sampler_name": "euler"}
    | {"scheduler": "normal", "seed": 2**64 - 1, "extra": {}},
}
INPUTS = {"profile": "SDXL-v1", "requirements": "狐", "style_directives": "", "seed": 2**64 - 1}
PLANNER = {"class_type": "MoltbotPromptPlanner", "inputs": INPUTS}
GRAPH = {
    "1": PLANNER,
    **{str(slot + 2): {"class_type": "PreviewAny", "inputs": {"source": ["1", slot]}} for slot in range(3)},
}


def test_the_classes_are_what_the_schema_says():
    for schema in SCHEMAS:
        cls = NODE_CLASS_MAPPINGS[schema["id"]]
        types = cls.INPUT_TYPES()
        for entry in schema["inputs"]:
            kind, widget = types["optional" if entry.get("optional") else "required"][entry["name"]]
            assert kind == entry.get("options", entry["type"])
            assert widget == entry["widget"]
            assert widget["tooltip"]
        names = [*types["required"], *types["optional"]]
        assert names == [entry["name"] for entry in schema["inputs"]]
        assert types["hidden"] == {"unique_id": "UNIQUE_ID"}
        assert tuple(output["name"] for output in schema["outputs"]) == cls.RETURN_NAMES
        assert callable(getattr(cls(), cls.FUNCTION))
        assert cls.CATEGORY == "openclaw"


def test_every_node_has_a_help_page_under_its_id():
    for node_id in NODE_CLASS_MAPPINGS:
        page = (ROOT / "web" / "docs" / f"{node_id}.md").read_text(encoding="utf-8")
        assert page.startswith(f"# {NODE_DISPLAY_NAME_MAPPINGS[node_id]}\n")
        (schema,) = [schema for schema in SCHEMAS if schema["id"] == node_id]
        for part in [*schema["inputs"], *schema["outputs"]]:
            assert f"`{part['name']}`" in page
        for choice in [choice for entry in schema["inputs"] for choice in entry.get("options", [])]:
            assert f"`{choice}`" in page


def test_the_committed_schema_is_the_servers(real_server):
    printed = subprocess.run([real_server, "nodes"], capture_output=True, check=True).stdout
    assert json.loads(printed) == SCHEMAS


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("as it is", "as it is"),
        ({"á": [1], "extra": {}}, '{\n  "á": [\n    1\n  ]\n}'),
        (["a", 2], ["a", "2"]),
    ],
)
def test_outputs_are_text_lists_or_indented_json(value, expected):
    assert _output(value) == expected


class Planner:
    """The streaming endpoint; what it does is the test's `answer(request, send)`."""

    def __init__(self, answer) -> None:
        self.answer = answer
        self.requests: list[tuple[dict, dict]] = []
        self.gone = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((dict(request.headers), await request.json()))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})

        async def send(name: str, data: dict) -> None:
            if not response.prepared:
                await response.prepare(request)
            await response.write(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())

        try:
            instead = await self.answer(send)
            return response if instead is None else instead
        except asyncio.CancelledError:
            self.gone.set()
            raise


@asynccontextmanager
async def graph(monkeypatch, tmp_path, answer):
    """A host whose pack is attached to a planner; gives a page and the planner."""
    planner = Planner(answer)
    app = web.Application()
    app.router.add_post("/openclaw/assist/planner/stream", planner.handle)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    monkeypatch.setenv("OPENCLAW_SERVER_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("OPENCLAW_LAUNCH_KEY", "shared")
    with host(tmp_path) as running:
        async with page(running.url) as open_page:
            yield open_page, planner
    await runner.cleanup()


def test_the_planner_runs_in_a_graph_and_reports_as_it_goes(monkeypatch, tmp_path):
    async def answer(send) -> None:
        await send("ready", {"ok": True, "kind": "planner", "mode": "sse"})
        await send("stage", {"phase": "dispatch", "message": "Asking"})
        await send("delta", {"field": "positive", "text": "a red", "preview_chars": 5})
        await send("keepalive", {"ok": True})
        await send("stage", {"phase": "a later version's", "message": "Thinking"})
        await send("final", {"ok": True, "kind": "planner", "result": RESULT})

    async def scenario() -> None:
        async with graph(monkeypatch, tmp_path, answer) as (open_page, planner):
            entry = await open_page.run(GRAPH)
            shown = [entry["outputs"][node]["text"][0] for node in ("2", "3", "4")]
            params = {name: value for name, value in RESULT["params"].items() if name != "extra"}
            assert shown == ["a red fox, snow", "", json.dumps(params, indent=2)]
            assert open_page.texts == ["Asking", "Thinking"]
            progress = [data["value"] for name, data in open_page.events if name == "progress"]
            assert progress == [10, 10, 100]
            ((headers, body),) = planner.requests
            assert body == INPUTS
            assert headers["X-OpenClaw-Launch-Key"] == "shared"
            assert "X-OpenClaw-Peer" not in headers
            await open_page.run(GRAPH)
            assert len(planner.requests) == 1, "the second run came from ComfyUI's cache"

    run(scenario())


def test_interrupt_ends_the_node_and_the_servers_work(monkeypatch, tmp_path):
    async def scenario() -> None:
        started = asyncio.Event()

        async def answer(send) -> None:
            await send("ready", {"ok": True, "kind": "planner", "mode": "sse"})
            started.set()
            await asyncio.Event().wait()

        async with graph(monkeypatch, tmp_path, answer) as (open_page, planner):
            await open_page.queue(GRAPH)
            await started.wait()
            await open_page.post("/api/interrupt", {})
            data = await open_page.event("execution_interrupted")
            assert data["node_id"] == "1"
            await planner.gone.wait()

    run(scenario())


SENTENCE = "Unknown profile: nope"


@pytest.mark.parametrize("way", ["before the stream", "in the stream", "cut", "not ours"])
def test_a_failed_plan_is_an_error_with_the_servers_sentence(monkeypatch, tmp_path, way):
    problem = {"ok": False, "error": "validation_error", "message": SENTENCE}

    async def answer(send):
        if way == "before the stream":
            return web.json_response(problem, status=400, content_type="application/problem+json")
        if way == "not ours":
            return web.Response(status=502, text="<html>")
        await send("ready", {"ok": True, "kind": "planner", "mode": "sse"})
        if way == "in the stream":
            await send("error", {"kind": "planner", **problem})
        return None

    expected = {
        "cut": "The OpenClaw server stopped in the middle of its answer; run the graph again.",
        "not ours": "The OpenClaw server answered with status 502.",
    }.get(way, SENTENCE)

    async def scenario() -> None:
        async with graph(monkeypatch, tmp_path, answer) as (open_page, _):
            await open_page.queue(GRAPH)
            data = await open_page.event("execution_error")
            assert data["exception_message"] == expected + "\n"
            assert data["node_type"] == "MoltbotPromptPlanner"

    run(scenario())


def test_without_a_server_comfyui_starts_and_node_and_panel_say_the_same_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENCLAW_SERVER_BIN", "/nowhere")
    sentence = "OPENCLAW_SERVER_BIN names /nowhere, which is not a program that can be run."

    async def scenario() -> None:
        with host(tmp_path) as running:
            assert running.log_line("nowhere") == sentence
            async with page(running.url) as open_page:
                assert "MoltbotPromptPlanner" in await open_page.get("/api/object_info")
                assert f"/extensions/{ROOT.name}/openclaw.js" in await open_page.get("/api/extensions")
                async with open_page.session.get("/api/openclaw/health") as response:
                    assert response.status == 503
                    assert (await response.json(content_type=None))["message"] == sentence
                await open_page.queue(GRAPH)
                data = await open_page.event("execution_error")
                assert data["exception_message"] == sentence + "\n"

    run(scenario())


@pytest.mark.parametrize("language", ["zh", "ja"])
def test_every_word_of_a_node_and_of_the_page_is_translated(language):
    folder = ROOT / "locales" / language
    nodes, commands, settings = (
        json.loads((folder / f"{part}.json").read_text(encoding="utf-8"))
        for part in ("nodeDefs", "commands", "settings")
    )
    assert set(nodes) == set(NODE_CLASS_MAPPINGS)
    for schema in SCHEMAS:
        translated = nodes[schema["id"]]
        assert set(translated["inputs"]) == {entry["name"] for entry in schema["inputs"]}
        assert set(translated["outputs"]) == {str(slot) for slot in range(len(schema["outputs"]))}
        parts = [*translated["inputs"].values(), *translated["outputs"].values()]
        assert all(part["name"] and part["tooltip"] for part in parts)
        assert translated["display_name"]
        assert translated["description"]
    # The page looks names up with underscores for dots.
    page = (ROOT / "web" / "openclaw.js").read_text(encoding="utf-8")
    for name in [*commands, *settings]:
        assert name.replace("_", ".") in page or name.replace("OpenClaw_General_", '"') + '"' in page, name
