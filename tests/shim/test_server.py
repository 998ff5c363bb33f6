"""The pack with the real server: who dies when, and who heals."""

import json
import os
import re
import select
import signal
import time
import urllib.request

import pytest
from standin import ROOT, Host, host, page
from support import run

pytestmark = [
    pytest.mark.usefixtures("real_server"),
    pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits on a process handle"),
]


def server_of(running: Host) -> tuple[int, str]:
    """The process and the address of the server that this host uses from its next announcement on."""
    line = running.log_line("is ready at")
    process, address = re.search(r"\(process (\d+)\) is ready at (\S+)", line).groups()
    return int(process), address


def health(running: Host) -> None:
    with urllib.request.urlopen(running.url + "/api/openclaw/health", timeout=10) as answer:
        assert answer.status == 200


def kill(pid: int) -> None:
    """Returns when the process is dead."""
    handle = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    assert select.select([handle], [], [], 5)[0]
    os.close(handle)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_server_outlives_its_comfyui(tmp_path, end):
    with host(tmp_path) as running:
        pid, _ = server_of(running)
        handle = os.pidfd_open(pid)
        running.process.send_signal(end)
        assert select.select([handle], [], [], 5)[0]
        os.close(handle)


def test_a_killed_server_answers_again_within_two_seconds(tmp_path):
    with host(tmp_path) as running:
        pid, _ = server_of(running)
        health(running)
        killed = time.monotonic()
        kill(pid)
        health(running)
        assert time.monotonic() - killed < 2
        assert server_of(running)[0] != pid


def test_two_comfyuis_share_the_server_of_one_state_directory_and_survive_each_other(tmp_path):
    with host(tmp_path / "first") as first, host(tmp_path / "second") as second:
        used_by_first, used_by_second = server_of(first), server_of(second)
        assert used_by_first == used_by_second
        health(second)
        first.end()
        health(second)
        assert server_of(second) != used_by_first


def test_the_help_page_tells_every_profiles_usual_parameters(tmp_path):
    page = (ROOT / "web" / "docs" / "MoltbotPromptPlanner.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+)` \| .* \| (\d+) × (\d+), (\d+), (.+) \|$", page, re.MULTILINE)
    assert len(rows) > 5
    with host(tmp_path) as running:
        for profile, *usual in rows:
            request = urllib.request.Request(
                running.url + "/openclaw/assist/planner",
                json.dumps({"profile": profile, "requirements": "a cat"}).encode(),
                {"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request) as answer:
                params = json.load(answer)["params"]
            assert [f"{params[name]:g}" for name in ("width", "height", "steps", "cfg")] == usual


def test_the_planner_node_plans_with_the_built_in_planner(tmp_path):
    inputs = {
        "profile": "SDXL-v1",
        "requirements": "a red fox in the snow, portrait format",
        "style_directives": "watercolour",
        "seed": 7,
    }
    graph = {
        "1": {"class_type": "MoltbotPromptPlanner", "inputs": inputs},
        "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
        "3": {"class_type": "PreviewAny", "inputs": {"source": ["1", 2]}},
    }

    async def scenario() -> None:
        with host(tmp_path) as running:
            async with page(running.url) as open_page:
                entry = await open_page.run(graph)
                assert entry["status"]["status_str"] == "success"
                assert "fox" in entry["outputs"]["2"]["text"][0]
                assert '"seed": 7' in entry["outputs"]["3"]["text"][0]
                graph["1"]["inputs"]["requirements"] = " "
                graph["1"]["inputs"]["style_directives"] = ""
                await open_page.queue(graph)
                error = await open_page.event("execution_error")
                assert "say what the picture should show" in error["exception_message"]

    run(scenario())
