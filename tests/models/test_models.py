"""The templates with a model run in a real ComfyUI, from our own endpoint to a picture."""

import base64
import json
import os
import shutil
import struct
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from standin import comfyui, get, post

HERE = Path(__file__).parent
CHECKOUT = Path(os.environ["COMFYUI_DIR"])
SMALLEST = {"positive_prompt": "a fox", "width": 256, "height": 256, "steps": 1, "seed": 1}


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """A base directory of ComfyUI with a small checkpoint of either kind."""
    folder = tmp_path_factory.mktemp("base")
    checkpoints = folder / "models" / "checkpoints"
    checkpoints.mkdir(parents=True)
    python = os.environ.get("COMFYUI_PYTHON", sys.executable)
    subprocess.run([python, HERE / "checkpoints.py", checkpoints], cwd=CHECKOUT, check=True)
    yield folder
    # Two gigabytes, and pytest keeps what three runs leave.
    shutil.rmtree(folder)


def ended(url: str, prompt_id: str) -> dict:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        job = get(f"{url}/openclaw/jobs/{prompt_id}")["job"]
        if job["status"] not in ("pending", "in_progress"):
            return job
        time.sleep(0.5)
    raise AssertionError("the job did not end")


def previewed(stream, prompt_id: str) -> dict:
    """The first latent preview of a job that our own stream forwards."""
    name = None
    for line in map(bytes.decode, stream):
        name = line.removeprefix("event: ").strip() if line.startswith("event: ") else name
        if name == "preview" and line.startswith("data: "):
            preview = json.loads(line.removeprefix("data: "))
            if preview["prompt_id"] == prompt_id:
                return preview
    raise AssertionError("the stream ended before a preview")


def test_sdxl_and_flux_make_a_picture(base, monkeypatch):
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(base / "state"))
    (base / "custom_nodes").mkdir()
    shutil.copy(HERE / "small_encoders.py", base / "custom_nodes")
    with (
        comfyui(CHECKOUT, base, "--preview-method", "latent2rgb") as url,
        urllib.request.urlopen(f"{url}/openclaw/events/stream?previews=true", timeout=300) as stream,
    ):
        for template, checkpoint in [("sdxl_basic", "small_sdxl"), ("flux_dev", "small_flux")]:
            inputs = {**SMALLEST, "checkpoint": f"{checkpoint}.safetensors"}
            status, answer = post(f"{url}/openclaw/templates/{template}/run", {"inputs": inputs})
            assert status == 200, answer
            preview = previewed(stream, answer["prompt_id"])
            assert preview["media_type"] == "image/jpeg"
            assert base64.b64decode(preview["base64"]).startswith(b"\xff\xd8\xff")
            job = ended(url, answer["prompt_id"])
            assert job["status"] == "completed", job
            with urllib.request.urlopen(url + job["outputs"][0]["view"], timeout=30) as picture:
                head = picture.read(24)
            assert head[:8] == b"\x89PNG\r\n\x1a\n", job
            assert struct.unpack(">II", head[16:]) == (256, 256)
