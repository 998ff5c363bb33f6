"""The examples of docs/webhooks.md, as they stand there."""

import json
import os
import re
import shutil
import subprocess

import pytest
from standin import ROOT, host

pytestmark = [
    pytest.mark.usefixtures("real_server"),
    pytest.mark.skipif(
        not all(map(shutil.which, ["bash", "curl", "openssl"])), reason="needs curl and openssl"
    ),
]

EXAMPLES = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "webhooks.md").read_text("utf-8"), re.DOTALL)


def test_every_example_of_the_webhook_page_works(tmp_path, monkeypatch):
    assert len(EXAMPLES) == 5
    monkeypatch.setenv("OPENCLAW_WEBHOOK_BEARER_TOKEN", "docs-token")
    monkeypatch.setenv("OPENCLAW_WEBHOOK_HMAC_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    with host(tmp_path) as running:
        for example in EXAMPLES:
            ran = subprocess.run(
                ["bash", "-euc", example],
                env={**os.environ, "URL": running.url},
                capture_output=True,
                text=True,
                timeout=30,
            )
            assert ran.returncode == 0, example + ran.stdout + ran.stderr
            answer = json.loads(ran.stdout)
            assert (answer["ok"], answer.get("deduped", False)) == (True, False), answer
