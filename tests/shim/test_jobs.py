"""Jobs through ComfyUI itself: the server is told where it is, hands prompts over and follows them."""

import json
import os
import time
import urllib.request

import pytest
from standin import HOSTS, any_host, host
from test_server import kill

pytestmark = pytest.mark.usefixtures("real_server")

ENDS = {"succeeded", "failed", "cancelled", "interrupted", "lost"}


def call(url: str, body: dict | None = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def ended(url: str, job_id: str) -> dict:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        # A prompt of the page is not known at once.
        jobs = call(f"{url}/api/openclaw/jobs?limit=200")["jobs"]
        if any(job["id"] == job_id and job["state"] in ENDS for job in jobs):
            return call(f"{url}/api/openclaw/jobs/{job_id}")["job"]
        time.sleep(0.05)
    raise AssertionError(f"the job did not end: {jobs}")


def run_template(url: str, **inputs) -> str:
    answer = call(f"{url}/api/openclaw/templates/blank_image/run", {"inputs": inputs})
    return answer["prompt_id"]


@pytest.mark.parametrize("kind", HOSTS)
def test_a_template_becomes_a_picture_behind_a_link_and_the_second_time_comes_from_the_cache(tmp_path, kind):
    with any_host(kind, tmp_path) as url:
        job = ended(url, run_template(url, width=64, height=32, color=255))
        assert (job["state"], job["source"], job["outputs_count"]) == ("succeeded", "sidebar", 1), job
        with urllib.request.urlopen(url + job["outputs"][0]["view"], timeout=10) as picture:
            assert picture.read(4) == b"\x89PNG"
        trace = call(f"{url}/api/openclaw/trace/{job['id']}")["trace"]
        # Whether it was seen running depends on how quick it was.
        seen = [event["event"] for event in trace["events"]]
        assert (seen[0], seen[-1]) == ("queued", "completed"), trace
        again = ended(url, run_template(url, width=64, height=32, color=255))
        assert (again["state"], again["cached"]) == ("succeeded", True), again


@pytest.mark.parametrize("kind", HOSTS)
def test_what_the_page_queues_is_a_job_of_the_host(tmp_path, kind):
    with any_host(kind, tmp_path) as url:
        graph = {
            "1": {
                "class_type": "EmptyImage",
                "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": 7},
            },
            "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
        }
        prompt_id = call(f"{url}/prompt", {"prompt": graph, "client_id": "page"})["prompt_id"]
        job = ended(url, prompt_id)
        assert (job["state"], job["source"], job["outputs_count"]) == ("succeeded", "host", 1), job


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits on a process handle")
def test_a_server_that_is_started_again_is_told_again_where_comfyui_is(tmp_path):
    with host(tmp_path) as running:
        ended(running.url, run_template(running.url))
        # Until it is dead, ComfyUI still has a connection to it.
        kill(json.loads((tmp_path / "state" / "server.json").read_text())["pid"])
        ended(running.url, run_template(running.url))
