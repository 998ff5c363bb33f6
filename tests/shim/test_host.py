"""The stand-in host answers as ComfyUI does: most tests here also run on the ComfyUI in COMFYUI_DIR."""

import gzip

import aiohttp
import pytest
from standin import HOSTS, ROOT, any_host, host, page
from support import run

BLACK = {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 32, "batch_size": 1, "color": 0}}
SAVE = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "probe/black"}}
GRAPH = {"1": BLACK, "2": SAVE}


def changed(node: dict, **inputs) -> dict:
    return {**node, "inputs": {**node["inputs"], **inputs}}


@pytest.fixture(scope="module", params=HOSTS)
def comfy(request, tmp_path_factory):
    """The address of a host with the pack, whose server is missing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENCLAW_SERVER_BIN", "/nowhere")
        with any_host(request.param, tmp_path_factory.mktemp("host")) as url:
            yield url


def on(url: str, scenario) -> None:
    async def opened() -> None:
        async with page(url) as open_page:
            await scenario(open_page)

    run(opened())


@pytest.mark.parametrize(
    ("prompt", "kind", "reasons"),
    [
        ({"1": BLACK}, "prompt_no_outputs", {}),
        ({"1": {"class_type": "Nothing", "inputs": {}}}, "invalid_prompt", {}),
        ({"1": {"inputs": {}}}, "invalid_prompt", {}),
        (
            {"1": BLACK, "2": {"class_type": "SaveImage", "inputs": {}}},
            None,
            {"2": ["required_input_missing"] * 2},
        ),
        ({"1": BLACK, "2": changed(SAVE, images=["77", 0])}, None, {"2": ["exception_during_validation"]}),
        ({"1": BLACK, "2": changed(SAVE, images=["1"])}, None, {"2": ["bad_linked_input"]}),
        ({"1": changed(BLACK, width=0), "2": SAVE}, None, {"1": ["value_smaller_than_min"]}),
        ({"1": changed(BLACK, width=1 << 20), "2": SAVE}, None, {"1": ["value_bigger_than_max"]}),
        ({"1": changed(BLACK, width="wide"), "2": SAVE}, None, {"1": ["invalid_input_type"]}),
        (
            {"1": {"class_type": "LoadImage", "inputs": {"image": "missing.png"}}, "2": SAVE},
            None,
            {"1": ["custom_validation_failed"]},
        ),
        (
            {
                "1": {"class_type": "MoltbotPromptPlanner", "inputs": {"profile": "nope"}},
                "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
            },
            None,
            {"1": ["value_not_in_list", *["required_input_missing"] * 3]},
        ),
        ({"1": BLACK, "2": changed(SAVE, images=["2", 0])}, None, None),
    ],
)
def test_a_prompt_that_cannot_run_is_refused_in_the_same_words(comfy, prompt, kind, reasons):
    async def scenario(open_page) -> None:
        status, answer = await open_page.post("/api/prompt", {"prompt": prompt})
        assert status == 400
        assert set(answer["error"]) == {"type", "message", "details", "extra_info"}
        assert answer["error"]["type"] == (kind or "prompt_outputs_failed_validation")
        if reasons is not None:
            found = {
                node_id: sorted(reason["type"] for reason in entry["errors"])
                for node_id, entry in answer["node_errors"].items()
            }
            assert found == {node_id: sorted(types) for node_id, types in reasons.items()}

    on(comfy, scenario)


def test_a_wrong_link_names_both_types(comfy):
    async def scenario(open_page) -> None:
        prompt = {"1": BLACK, "2": SAVE, "3": {"class_type": "EmptyImage", "inputs": {"width": ["1", 0]}}}
        prompt["2"] = changed(SAVE, images=["3", 0])
        _, answer = await open_page.post("/api/prompt", {"prompt": prompt})
        mismatch = [r for r in answer["node_errors"]["3"]["errors"] if r["type"] == "return_type_mismatch"]
        assert mismatch[0]["extra_info"]["received_type"] == "IMAGE"
        assert mismatch[0]["extra_info"]["linked_node"] == ["1", 0]

    on(comfy, scenario)


def test_a_graph_runs_with_the_same_events_and_the_second_time_from_the_cache(comfy):
    async def scenario(open_page) -> None:
        entry = await open_page.run(GRAPH)
        names = [name for name, _ in open_page.events if name not in ("status", "progress_state")]
        assert names[:2] == ["execution_start", "execution_cached"]
        assert names[2:] == ["executing", "executing", "executed", "execution_success", "executing"]
        (image,) = entry["outputs"]["2"]["images"]
        assert image == {"filename": "black_00001_.png", "subfolder": "probe", "type": "output"}
        assert entry["status"]["status_str"] == "success"
        assert entry["meta"]["2"]["node_id"] == "2"
        assert entry["prompt"][1:3] == [entry["status"]["messages"][0][1]["prompt_id"], GRAPH]

        open_page.events.clear()
        again = await open_page.run(GRAPH)
        events = dict(open_page.events)
        assert sorted(events["execution_cached"]["nodes"]) == ["1", "2"]
        assert events["executed"]["output"] == again["outputs"]["2"] == entry["outputs"]["2"]

        async with open_page.session.get("/api/view", params=image) as response:
            assert response.content_type == "image/png"
            assert (await response.read()).startswith(b"\x89PNG")
        async with open_page.session.get("/api/view", params={**image, "preview": "webp;50"}) as response:
            assert response.content_type == "image/webp"
        for name, status in {"missing.png": 404, "../x": 400}.items():
            async with open_page.session.get("/api/view", params={"filename": name}) as response:
                assert response.status == status

    on(comfy, scenario)


def test_good_outputs_run_beside_a_bad_one(comfy):
    async def scenario(open_page) -> None:
        prompt = {**GRAPH, "3": {"class_type": "PreviewImage", "inputs": {}}}
        status, answer = await open_page.post("/api/prompt", {"prompt": prompt})
        assert status == 200
        assert answer["prompt_id"]
        assert answer["node_errors"]["3"]["dependent_outputs"] == ["3"]

    on(comfy, scenario)


def test_an_uploaded_image_can_be_loaded(comfy):
    async def scenario(open_page) -> None:
        entry = await open_page.run(GRAPH)
        async with open_page.session.get("/api/view", params=entry["outputs"]["2"]["images"][0]) as response:
            form = aiohttp.FormData({"subfolder": "up", "type": "input", "overwrite": "true"})
            form.add_field("image", await response.read(), filename="black.png", content_type="image/png")
        async with open_page.session.post("/upload/image", data=form) as response:
            assert await response.json() == {"name": "black.png", "subfolder": "up", "type": "input"}
        load = {"class_type": "LoadImage", "inputs": {"image": "up/black.png"}}
        preview = {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}
        entry = await open_page.run({"1": load, "2": preview})
        assert entry["outputs"]["2"]["images"][0]["type"] == "temp"

    on(comfy, scenario)


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://{host}", 200), ("http://localhost:{port}", 403), ("http://evil.example", 403), (None, 200)],
)
def test_pages_of_other_origins_are_refused(comfy, origin, status):
    async def scenario(open_page) -> None:
        address = comfy.removeprefix("http://")
        port = address.partition(":")[2]
        headers = {"Origin": origin.format(host=address, port=port)} if origin else {}
        async with open_page.session.get("/api/queue", headers=headers) as response:
            assert response.status == status

    on(comfy, scenario)


def test_settings_and_files_are_kept(comfy):
    async def scenario(open_page) -> None:
        assert (await open_page.get("/api/users"))["storage"] == "server"
        assert await open_page.post("/api/settings/Comfy.Probe", {"a": 1}) == (200, None)
        assert (await open_page.get("/api/settings"))["Comfy.Probe"] == {"a": 1}
        name = "/api/userdata/workflows%2Fa.json"
        assert await open_page.post(name, {"nodes": []}) == (200, "workflows/a.json")
        assert await open_page.get(name) == {"nodes": []}
        assert await open_page.get("/api/userdata?dir=workflows&recurse=true&split=false") == ["a.json"]

    on(comfy, scenario)


def test_the_pack_is_there_with_its_node_its_script_and_its_help_page(comfy):
    async def scenario(open_page) -> None:
        info = (await open_page.get("/api/object_info/MoltbotPromptPlanner"))["MoltbotPromptPlanner"]
        assert info["python_module"] == f"custom_nodes.{ROOT.name}"
        assert info["output_name"] == ["positive", "negative", "params_json"]
        assert await open_page.get("/api/object_info/Nothing") == {}
        ours = [path for path in await open_page.get("/api/extensions") if f"/{ROOT.name}/" in path]
        assert ours == [f"/extensions/{ROOT.name}/openclaw.js"]
        async with open_page.session.get(f"/extensions/{ROOT.name}/docs/MoltbotPromptPlanner.md") as response:
            assert response.status == 200
        async with open_page.session.get(ours[0]) as response:
            assert response.content_type.endswith("/javascript")
            assert response.headers["Cache-Control"] == "no-cache"

    on(comfy, scenario)


def test_packed_siblings_are_sent_to_those_who_take_them(tmp_path):
    pack = tmp_path / "pack"
    (pack / "web").mkdir(parents=True)
    (pack / "__init__.py").write_text("WEB_DIRECTORY, NODE_CLASS_MAPPINGS = './web', {}")
    (pack / "web" / "a.wasm").write_bytes(b"plain")
    (pack / "web" / "a.wasm.gz").write_bytes(gzip.compress(b"packed"))

    async def scenario(open_page) -> None:
        async with open_page.session.get("/extensions/pack/a.wasm") as response:
            assert response.headers["Content-Encoding"] == "gzip"
            assert response.headers["Content-Type"] == "application/wasm"
            assert await response.read() == b"packed"
        headers = {"Accept-Encoding": "identity"}
        async with open_page.session.get("/extensions/pack/a.wasm", headers=headers) as response:
            assert await response.read() == b"plain"

    with host(tmp_path, pack) as running:
        on(running.url, scenario)


def test_a_pack_that_cannot_be_imported_is_left_out_and_the_host_starts(tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("raise RuntimeError('no')")

    async def scenario(open_page) -> None:
        assert await open_page.get("/api/extensions") == []

    with host(tmp_path, tmp_path / "pack") as running:
        on(running.url, scenario)
