"""All nodes in a graph, with the real server and a provider that counts."""

import base64
import io
import json
import random
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import REAL_SERVER
from fake_llm import FakeLlm
from PIL import Image
from standin import HOSTS, any_host, page
from support import run

KEY = "sk-canary-3f9a1b7c5d2e8f60"
PLAN = {"positive_prompt": "a red fox", "negative_prompt": "blur", "params": {"steps": 30}}
CAPTION = {"caption": "A grey field.", "tags": ["grey", "flat"], "prompt_suggestion": "a grey field"}
REFINED = {"refined_positive": "a fox, sharp", "refined_negative": "blur", "param_patch": {"steps": 40}}
REFINED |= {"rationale": "It was soft."}


@pytest.fixture(scope="module", params=HOSTS)
def comfy(request, tmp_path_factory):
    """A host whose server asks a provider of ours; both remember from test to test."""
    if REAL_SERVER is None:
        pytest.skip("OPENCLAW_SERVER_BIN names no server program")
    llm, state = FakeLlm(), tmp_path_factory.mktemp("state")
    settings = {
        "SERVER_BIN": REAL_SERVER,
        "STATE_DIR": str(state),
        "LLM_PROVIDER": "custom",
        "LLM_BASE_URL": llm.url,
        "LLM_MODEL": "m",
        "LLM_ALLOWED_HOSTS": "127.0.0.1",
        "LLM_ALLOW_PRIVATE_NETWORK": "1",
        "CUSTOM_API_KEY": KEY,
    }
    directory = tmp_path_factory.mktemp("host")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(f"OPENCLAW_{name}", value)
        with any_host(request.param, directory) as url:
            yield SimpleNamespace(url=url, llm=llm, directory=directory, state=state)
    llm.stop()


def on(comfy, scenario) -> None:
    async def opened() -> None:
        async with page(comfy.url) as open_page:
            await scenario(open_page)

    comfy.llm.asked.clear()
    comfy.llm.replies.clear()
    run(opened())


def picture(colour: int, batch: int = 1) -> dict:
    size = {"width": 640, "height": 320, "batch_size": batch}
    return {"class_type": "EmptyImage", "inputs": {**size, "color": colour}}


def graph(class_type: str, outputs: int, **inputs) -> dict:
    """The node as `1`, its picture as `image` if it has one, a preview of each of its outputs."""
    colour = inputs.pop("colour", None)
    if colour is not None:
        inputs["image"] = ["image", 0]
    return {
        **({} if colour is None else {"image": picture(colour, batch=2)}),
        "1": {"class_type": class_type, "inputs": inputs},
        **{
            f"shown{slot}": {"class_type": "PreviewAny", "inputs": {"source": ["1", slot]}}
            for slot in range(outputs)
        },
    }


def planner(seed: int = 0, words: str = "a fox") -> dict:
    inputs = {"profile": "SDXL-v1", "requirements": words, "style_directives": "", "seed": seed}
    return graph("MoltbotPromptPlanner", 3, **inputs)


def caption(colour: int) -> dict:
    inputs = {"goal": "Describe it", "detail_level": "low", "max_image_side": 256}
    return graph("MoltbotImageToPrompt", 3, colour=colour, **inputs)


def refiner(colour: int, **optional) -> dict:
    inputs = {"orig_positive": "a fox", "orig_negative": "noise", "issue": "low_detail"}
    return graph("MoltbotPromptRefiner", 4, colour=colour, **inputs, **optional)


async def shown(open_page, prompt: dict) -> list[list[str]]:
    """Runs a graph; what each output's preview shows."""
    entry = await open_page.run(prompt)
    assert entry["status"]["status_str"] == "success", entry["status"]["messages"]
    previews = sorted(node for node in prompt if node.startswith("shown"))
    return [entry["outputs"][node]["text"] for node in previews]


def moved(prompt: dict) -> dict:
    """The same graph with a node `1` of another id, as a copied node has it."""
    return json.loads(json.dumps(prompt).replace('"1"', '"100"'))


@pytest.mark.parametrize(
    ("prompt", "other", "reply", "expected"),
    [
        (planner(1), planner(2), PLAN, ["a red fox", "blur"]),
        (caption(0x111111), caption(0x222222), CAPTION, ["A grey field.", "grey, flat", "a grey field"]),
        (
            refiner(0x333333),
            refiner(0x333333, goal="Sharper"),
            REFINED,
            ["a fox, sharp", "blur", '{\n  "steps": 40\n}', "It was soft."],
        ),
    ],
    ids=["planner", "image to prompt", "refiner"],
)
def test_a_run_asks_once_and_queueing_again_asks_nobody(comfy, prompt, other, reply, expected):
    async def scenario(open_page) -> None:
        comfy.llm.replies.extend([reply, reply])
        first = await shown(open_page, prompt)
        assert [text for (text,) in first][: len(expected)] == expected
        assert len(comfy.llm.asked) == 1
        assert await shown(open_page, prompt) == first
        assert await shown(open_page, moved(prompt)) == first
        assert len(comfy.llm.asked) == 1, "ComfyUI's cache or the server's gave the same again"
        await shown(open_page, other)
        assert len(comfy.llm.asked) == 2, "another question is asked"

    on(comfy, scenario)


def test_pictures_go_up_scaled_down(comfy):
    async def scenario(open_page) -> None:
        comfy.llm.replies.append(CAPTION)
        await shown(open_page, caption(0xABCDEF))
        (asked,) = comfy.llm.asked
        (url,) = [p["image_url"]["url"] for p in asked["messages"][-1]["content"] if p["type"] == "image_url"]
        sent = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
        assert sent.size == (256, 128)
        colours = zip(sent.convert("RGB").getpixel((9, 9)), (0xAB, 0xCD, 0xEF), strict=True)
        assert all(abs(is_ - was) < 4 for is_, was in colours)

    on(comfy, scenario)


@pytest.mark.parametrize("reply", [500, 401, {"nothing": "of use"}], ids=str)
def test_a_failed_run_has_asked_once_too(comfy, reply):
    async def scenario(open_page) -> None:
        comfy.llm.replies.append(reply)
        await open_page.queue(planner(words=f"a fox, {reply}"))
        failed = await open_page.event("execution_error")
        assert failed["exception_type"].endswith("Refused")
        assert "Custom" in failed["exception_message"]
        assert len(comfy.llm.asked) == 1
        # Other tests ask the same provider, which would rest after a refused key.
        async with open_page.session.delete("/api/openclaw/llm/health") as response:
            assert response.status == 200

    on(comfy, scenario)


def test_a_refiner_that_cannot_lets_the_prompts_through_and_tries_again(comfy):
    async def scenario(open_page) -> None:
        prompt = refiner(0x445566)
        comfy.llm.replies.extend([500, REFINED])
        (positive,), (negative,), (patch,), (rationale,) = await shown(open_page, prompt)
        assert (positive, negative, patch) == ("a fox", "noise", "{}")
        assert rationale.startswith("Error: Custom")
        assert any("out of order" in text for text in open_page.texts)
        for _ in range(3):
            assert (await shown(open_page, prompt))[3] == ["It was soft."]
        assert len(comfy.llm.asked) == 2

    on(comfy, scenario)


def test_variants_are_lists_with_the_python_editions_seeds_and_ask_nobody(comfy):
    async def scenario(open_page) -> None:
        inputs = {"positive": "a {red|blue} fox", "negative": "blur", "count": 3, "seed_base": 2**64 - 2}
        inputs |= {"seed_policy": "randomized", "variant_policy": "prompt_slots"}
        positive, negative, params = await shown(open_page, graph("MoltbotBatchVariants", 3, **inputs))
        assert positive == ["a red fox", "a blue fox", "a red fox"]
        assert negative == ["blur"] * 3
        seeds = [json.loads(text)["seed"] for text in params]
        expected = [random.Random(2**64 - 2 + i).randint(0, 2**64 - 1) for i in range(3)]
        assert seeds == expected
        inputs |= {"variant_policy": "steps_sweep", "sweep_start": 10.0, "sweep_end": 20.0}
        inputs |= {"params_json": '{"cfg": 3}'}
        _, _, params = await shown(open_page, graph("MoltbotBatchVariants", 3, **inputs))
        assert [(json.loads(t)["steps"], json.loads(t)["cfg"]) for t in params] == [(10, 3), (15, 3), (20, 3)]
        assert comfy.llm.asked == []
        inputs |= {"params_json": "[1]"}
        await open_page.queue(graph("MoltbotBatchVariants", 3, **inputs))
        failed = await open_page.event("execution_error")
        assert failed["exception_message"] == "params_json must be a JSON object\n"

    on(comfy, scenario)


def test_the_key_is_used_and_is_nowhere(comfy):
    async def scenario(open_page) -> None:
        comfy.llm.replies.append(PLAN)
        prompt = planner(77)
        save = {"class_type": "SaveImage", "inputs": {"images": ["image", 0], "filename_prefix": "canary"}}
        prompt |= {"image": picture(0), "save": save}
        await shown(open_page, prompt)
        assert comfy.llm.keys[-1] == f"Bearer {KEY}"
        told = [json.dumps(await open_page.get(path)) for path in ("/api/history", "/api/object_info")]
        told += [json.dumps(open_page.events), *open_page.texts]
        assert not any(KEY in text for text in told)

    on(comfy, scenario)
    pictures = list(comfy.directory.rglob("canary*.png"))
    assert pictures
    files = [file for root in (comfy.directory, comfy.state) for file in root.rglob("*") if is_ours(file)]
    for file in files:
        assert KEY.encode() not in file.read_bytes(), file


def is_ours(file: Path) -> bool:
    return file.is_file() and "custom_nodes" not in file.parts
