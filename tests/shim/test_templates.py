"""Webhooks through ComfyUI's own address, and the pack's templates in ComfyUI itself."""

import base64
import hashlib
import hmac
import http.client
import http.server
import json
import queue
import threading
import time
import urllib.request
from urllib.parse import urlsplit

import pytest
from standin import HOSTS, any_host, get, host, post

pytestmark = pytest.mark.usefixtures("real_server")

MODELS = {"sdxl_basic", "flux_dev"}


def rendered(url: str, template: str, **inputs) -> dict:
    status, answer = post(
        f"{url}/openclaw/templates/{template}/run",
        {"inputs": inputs, "dry_run": True},
    )
    assert status == 200, answer
    return answer["render"]["workflow"]


def finished(url: str, prompt_id: str) -> dict:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if entry := get(f"{url}/history/{prompt_id}").get(prompt_id):
            return entry
        time.sleep(0.1)
    raise AssertionError("the prompt did not end")


@pytest.mark.parametrize("kind", HOSTS)
def test_the_template_without_a_model_makes_a_picture(tmp_path, kind):
    with any_host(kind, tmp_path) as url:
        workflow = rendered(url, "blank_image", width=64, height=32, color=255)
        status, answer = post(f"{url}/prompt", {"prompt": workflow})
        assert (status, answer.get("node_errors")) == (200, {})
        entry = finished(url, answer["prompt_id"])
        assert entry["status"]["status_str"] == "success"
        assert len(entry["outputs"]["2"]["images"]) == 1


@pytest.mark.parametrize("template", sorted(MODELS))
def test_templates_with_a_model_lack_nothing_but_the_model(tmp_path, template):
    with any_host("ComfyUI", tmp_path) as url:
        status, answer = post(f"{url}/prompt", {"prompt": rendered(url, template, positive_prompt="a fox")})
        errors = {
            node: [error["type"] for error in found["errors"]]
            for node, found in answer["node_errors"].items()
        }
        assert status == 200 or errors == {"1": ["value_not_in_list"]}, answer


def test_the_sdxl_template_runs_where_its_model_is(tmp_path):
    with host(tmp_path) as running:
        loader = get(f"{running.url}/object_info/CheckpointLoaderSimple")["CheckpointLoaderSimple"]
        checkpoint = loader["input"]["required"]["ckpt_name"][0][0]
        workflow = rendered(
            running.url,
            "sdxl_basic",
            positive_prompt="a fox",
            checkpoint=checkpoint,
            width=256,
            height=256,
            steps=2,
        )
        status, answer = post(f"{running.url}/prompt", {"prompt": workflow})
        assert (status, answer.get("node_errors")) == (200, {})
        assert finished(running.url, answer["prompt_id"])["status"]["status_str"] == "success"


def test_a_signed_webhook_in_pieces_goes_through_comfyuis_address(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENCLAW_WEBHOOK_HMAC_SECRET", "shared-secret")
    body = json.dumps({"version": 1, "template_id": "blank_image", "profile_id": "p", "job_id": "1"}).encode()
    with host(tmp_path) as running:

        def send(signed: bytes) -> tuple[int, dict]:
            connection = http.client.HTTPConnection(urlsplit(running.url).netloc, timeout=30)
            headers = {
                "Content-Type": "application/json",
                "X-Moltbot-Signature": "sha256="
                + hmac.new(b"shared-secret", signed, hashlib.sha256).hexdigest(),
                "X-Moltbot-Timestamp": str(int(time.time())),
                "X-Moltbot-Nonce": hashlib.sha256(signed).hexdigest(),
            }
            pieces = (body[start : start + 9] for start in range(0, len(body), 9))
            connection.request("POST", "/api/moltbot/webhook/submit", pieces, headers, encode_chunked=True)
            answer = connection.getresponse()
            return answer.status, json.load(answer)

        status, answer = send(body)
        assert (status, answer["deduped"]) == (200, False), answer
        status, answer = send(body + b" ")
        assert (status, answer["error"]) == (401, "invalid_signature"), answer


def test_an_event_becomes_a_picture_and_the_result_comes_back(tmp_path, monkeypatch):
    received = queue.Queue()

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.put((self.headers, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        place = f"127.0.0.1:{receiver.server_port}"
        monkeypatch.setenv("OPENCLAW_CALLBACK_ALLOW_HOSTS", place)
        monkeypatch.setenv("OPENCLAW_DANGEROUS_PRIVATE_CALLBACKS", "1")
        monkeypatch.setenv("OPENCLAW_CALLBACK_SIGNING_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        with host(tmp_path) as running:
            status, answer = post(
                f"{running.url}/openclaw/triggers/fire",
                {
                    "template_id": "blank_image",
                    "inputs": {"width": 64, "height": 64},
                    "trace_id": "trace-1",
                    "callback": {"url": f"http://{place}/hook"},
                },
            )
            assert status == 200, answer
            headers, body = received.get(timeout=60)
            result = json.loads(body)
            assert (result["status"], result["prompt_id"], result["trace_id"]) == (
                "completed",
                answer["prompt_id"],
                "trace-1",
            )
            with urllib.request.urlopen(
                running.url + result["outputs"][0]["view_url"], timeout=10
            ) as picture:
                assert picture.read(8) == b"\x89PNG\r\n\x1a\n"
        receiver.shutdown()
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
