"""ComfyUI's routes for prompts, images and what the page asks at its start."""

import glob
import io
import logging
import os
import platform
import sys
import traceback
import urllib.parse
import uuid
from pathlib import Path

import folder_paths
import nodes
from aiohttp import web
from comfy.model_management import interrupt_current_processing
from PIL import Image
from server import FEATURES, PromptServer
from validation import problem, validate_prompt

VERSION = "0.3.64"


def add_routes(server: PromptServer) -> None:
    routes, queue = server.routes, server.prompt_queue

    @routes.get("/")
    async def index(_: web.Request):
        headers = {"Cache-Control": "no-cache", "Pragma": "no-cache", "Expires": "0"}
        return web.FileResponse(server.web_root / "index.html", headers=headers)

    @routes.get("/features")
    async def features(_: web.Request):
        return web.json_response(FEATURES)

    @routes.get("/system_stats")
    async def system_stats(_: web.Request):
        system = {
            "os": os.name,
            "ram_total": 0,
            "ram_free": 0,
            "comfyui_version": VERSION,
            "required_frontend_version": "1.27.10",
            "python_version": sys.version,
            "pytorch_version": "none (stand-in host)",
            "embedded_python": False,
            "argv": sys.argv,
        }
        memory = dict.fromkeys(["vram_total", "vram_free", "torch_vram_total", "torch_vram_free"], 0)
        device = {"name": platform.processor() or "cpu", "type": "cpu", "index": None, **memory}
        return web.json_response({"system": system, "devices": [device]})

    @routes.get("/extensions")
    async def extensions(_: web.Request):
        packs = {f"/extensions/{urllib.parse.quote(n)}": d for n, d in nodes.EXTENSION_WEB_DIRS.items()}
        found = []
        for prefix, directory in {"/extensions": str(server.web_root / "extensions"), **packs}.items():
            scripts = glob.glob("**/*.js", root_dir=directory, recursive=True)
            found += [f"{prefix}/{script.replace(os.sep, '/')}" for script in scripts]
        return web.json_response(found)

    @routes.get("/object_info")
    async def object_info(_: web.Request):
        known = {}
        for name in nodes.NODE_CLASS_MAPPINGS:
            try:
                known[name] = nodes.describe(name)
            except Exception:
                logging.error("node %s cannot be described\n%s", name, traceback.format_exc())
        return web.json_response(known)

    @routes.get("/object_info/{name}")
    async def object_info_of(request: web.Request):
        name = request.match_info["name"]
        return web.json_response({name: nodes.describe(name)} if name in nodes.NODE_CLASS_MAPPINGS else {})

    @routes.get("/internal/logs")
    async def no_logs(_: web.Request):
        return web.json_response("")

    @routes.get("/models")
    @routes.get("/embeddings")
    @routes.get("/experiment/models")
    async def no_models(_: web.Request):
        return web.json_response([])

    @routes.get("/prompt")
    async def remaining(_: web.Request):
        return web.json_response(server.queue_info())

    @routes.post("/prompt")
    async def prompt(request: web.Request):
        body = await request.json()
        for handler in server.on_prompt_handlers:
            try:
                body = handler(body)
            except Exception:
                logging.warning("a prompt handler failed\n%s", traceback.format_exc())
        if "prompt" not in body:
            error = problem("no_prompt", "No prompt provided", "No prompt provided")
            return web.json_response({"error": error, "node_errors": {}}, status=400)
        number = float(body["number"]) if "number" in body else server.number
        if "number" not in body:
            number = -number if body.get("front") else number
            server.number += 1
        error, outputs, node_errors = await validate_prompt(
            body["prompt"], body.get("partial_execution_targets")
        )
        if error:
            return web.json_response({"error": error, "node_errors": node_errors}, status=400)
        prompt_id = str(body.get("prompt_id", uuid.uuid4()))
        extra_data = dict(body.get("extra_data", {}))
        if "client_id" in body:
            extra_data["client_id"] = body["client_id"]
        queue.put((number, prompt_id, body["prompt"], extra_data, outputs))
        return web.json_response({"prompt_id": prompt_id, "number": number, "node_errors": node_errors})

    @routes.get("/queue")
    async def queued(_: web.Request):
        running, pending = queue.snapshot()
        return web.json_response({"queue_running": running, "queue_pending": pending})

    @routes.post("/queue")
    async def change_queue(request: web.Request):
        body = await request.json()
        queue.delete(None if body.get("clear") else body.get("delete", []))
        return web.Response()

    @routes.post("/interrupt")
    async def interrupt(request: web.Request):
        body = await request.json() if request.can_read_body else {}
        running = [item[1] for item in queue.snapshot()[0]]
        if not body.get("prompt_id") or body["prompt_id"] in running:
            interrupt_current_processing()
        return web.Response()

    @routes.post("/free")
    async def free(_: web.Request):
        return web.Response()

    @routes.get("/history")
    async def history(request: web.Request):
        limits = {key: int(request.query[key]) for key in ("max_items", "offset") if key in request.query}
        return web.json_response(queue.history(**limits))

    @routes.get("/history/{prompt_id}")
    async def history_of(request: web.Request):
        return web.json_response(queue.history(request.match_info["prompt_id"]))

    @routes.post("/history")
    async def change_history(request: web.Request):
        body = await request.json()
        queue.delete_history(None if body.get("clear") else body.get("delete", []))
        return web.Response()

    @routes.post("/upload/image")
    async def upload(request: web.Request):
        form = await request.post()
        image, kind, subfolder = form.get("image"), form.get("type", "input"), form.get("subfolder", "")
        root = folder_paths.get_directory_by_type(kind)
        if root is None or not isinstance(image, web.FileField) or not image.filename:
            return web.Response(status=400)
        path = folder_paths.inside(root, subfolder, image.filename)
        if path is None:
            return web.Response(status=400)
        path.parent.mkdir(parents=True, exist_ok=True)
        data = image.file.read()
        stem, number = path.stem, 1
        while form.get("overwrite") not in ("true", "1") and path.exists() and path.read_bytes() != data:
            path = path.with_stem(f"{stem} ({number})")
            number += 1
        path.write_bytes(data)
        return web.json_response({"name": path.name, "subfolder": subfolder, "type": kind})

    @routes.get("/view")
    async def view(request: web.Request):
        query = request.query
        name = query.get("filename", "")
        root = folder_paths.get_directory_by_type(query.get("type", "output"))
        if not name or root is None or name.startswith("/") or ".." in name:
            return web.Response(status=400)
        path = folder_paths.inside(root, query.get("subfolder", ""), Path(name).name)
        if path is None:
            return web.Response(status=403)
        if not path.is_file():
            return web.Response(status=404)
        if "preview" in query or query.get("channel", "rgba") != "rgba":
            return _converted(path, query.get("preview", "png"), query.get("channel", "rgba"))
        return web.FileResponse(path, headers={"Content-Disposition": f'filename="{path.name}"'})


def _converted(path: Path, preview: str, channel: str) -> web.Response:
    """`preview` is a format and a quality, for instance `webp;50`; `channel` is rgb, a or rgba."""
    kind, _, quality = preview.partition(";")
    with Image.open(path) as file:
        image = file.convert("RGB" if channel == "rgb" or kind == "jpeg" else "RGBA")
    if channel == "a":
        alpha = image.getchannel("A")
        image = Image.new("RGBA", image.size)
        image.putalpha(alpha)
    data = io.BytesIO()
    image.save(data, format=kind, quality=int(quality) if quality.isdigit() else 90)
    return web.Response(body=data.getvalue(), content_type=f"image/{kind}")
