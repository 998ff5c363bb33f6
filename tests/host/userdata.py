"""Settings, stored files and translations: what the page keeps on the host."""

import json
import shutil
from pathlib import Path

import folder_paths
from aiohttp import web
from packs import Pack
from server import PromptServer

# No tutorial, no template dialog and no map: they would lie over what a test clicks.
QUIET = {
    "Comfy.TutorialCompleted": True,
    "Comfy.InstalledVersion": "1.27.10",
    "Comfy.Workflow.ShowMissingNodesWarning": False,
    "Comfy.Workflow.ShowMissingModelsWarning": False,
    "Comfy.Minimap.Visible": False,
}


def add_routes(server: PromptServer, packs: list[Pack], settings: dict) -> None:
    routes = server.routes
    user = Path(folder_paths.get_user_directory(), "default")
    store = user / "comfy.settings.json"
    if not store.exists():
        store.write_text(json.dumps({**QUIET, **settings}, indent=4))

    @routes.get("/users")
    async def users(_: web.Request):
        return web.json_response({"storage": "server", "migrated": True})

    @routes.get("/settings")
    async def all_settings(_: web.Request):
        return web.json_response(json.loads(store.read_text()))

    @routes.get("/settings/{id}")
    async def setting(request: web.Request):
        return web.json_response(json.loads(store.read_text()).get(request.match_info["id"]))

    @routes.post("/settings")
    async def change_settings(request: web.Request):
        store.write_text(json.dumps({**json.loads(store.read_text()), **await request.json()}, indent=4))
        return web.Response()

    @routes.post("/settings/{id}")
    async def change_setting(request: web.Request):
        changed = {request.match_info["id"]: await request.json()}
        store.write_text(json.dumps({**json.loads(store.read_text()), **changed}, indent=4))
        return web.Response()

    @routes.get("/i18n")
    async def translations(_: web.Request):
        merged: dict = {}
        for pack in packs:
            _merge(merged, pack.translations())
        return web.json_response(merged)

    @routes.get("/workflow_templates")
    async def templates(_: web.Request):
        return web.json_response({})

    @routes.get("/global_subgraphs")
    async def subgraphs(_: web.Request):
        return web.json_response({})

    @routes.get("/userdata")
    async def stored(request: web.Request):
        root = folder_paths.inside(user, request.query.get("dir", ""))
        if "dir" not in request.query or root is None:
            return web.Response(status=400)
        if not root.is_dir():
            return web.Response(status=404, text="Directory not found")
        found = root.rglob("*") if request.query.get("recurse") == "true" else root.glob("*")
        names = [path.relative_to(root).as_posix() for path in found if path.is_file()]
        if request.query.get("full_info") == "true":
            return web.json_response([_info(root / name, name) for name in names])
        split = request.query.get("split") == "true"
        return web.json_response([[name, *name.split("/")] for name in names] if split else names)

    @routes.get("/userdata/{file}")
    async def read(request: web.Request):
        path = folder_paths.inside(user, request.match_info["file"])
        return web.FileResponse(path) if path and path.is_file() else web.Response(status=404)

    @routes.post("/userdata/{file}")
    async def write(request: web.Request):
        name = request.match_info["file"]
        path = folder_paths.inside(user, name)
        if path is None:
            return web.Response(status=403)
        if request.query.get("overwrite") == "false" and path.exists():
            return web.Response(status=409, text="File already exists")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(await request.read())
        return web.json_response(_info(path, name) if request.query.get("full_info") == "true" else name)

    @routes.delete("/userdata/{file}")
    async def delete(request: web.Request):
        path = folder_paths.inside(user, request.match_info["file"])
        if path is None or not path.is_file():
            return web.Response(status=404)
        path.unlink()
        return web.Response(status=204)

    @routes.post("/userdata/{file}/move/{target}")
    async def move(request: web.Request):
        source = folder_paths.inside(user, request.match_info["file"])
        name = request.match_info["target"]
        target = folder_paths.inside(user, name)
        if source is None or target is None or not source.is_file():
            return web.Response(status=404)
        if request.query.get("overwrite") == "false" and target.exists():
            return web.Response(status=409, text="File already exists")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)
        return web.json_response(_info(target, name) if request.query.get("full_info") == "true" else name)


def _info(path: Path, name: str) -> dict:
    stat = path.stat()
    times = {"modified": int(stat.st_mtime * 1000), "created": int(stat.st_ctime * 1000)}
    return {"path": name, "size": stat.st_size, **times}


def _merge(into: dict, other: dict) -> None:
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value
