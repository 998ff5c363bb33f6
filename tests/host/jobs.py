"""`/api/jobs`, through which newer pages show the queue; ComfyUI 0.3.64 does not have it."""

from aiohttp import web
from server import PromptServer


def add_routes(server: PromptServer) -> None:
    @server.routes.get("/jobs")
    async def jobs(request: web.Request):
        wanted = request.query.get("status", "").split(",")
        found = [job for job in _jobs(server) if wanted == [""] or job["status"] in wanted]
        offset, limit = int(request.query.get("offset", 0)), int(request.query.get("limit", 200))
        page = found[offset : offset + limit]
        left = len(found) > offset + limit
        pagination = {"offset": offset, "limit": limit, "total": len(found), "has_more": left}
        return web.json_response({"jobs": page, "pagination": pagination})

    @server.routes.get("/jobs/{id}")
    async def job(request: web.Request):
        entry = server.prompt_queue.history(request.match_info["id"]).get(request.match_info["id"])
        if entry is None:
            return web.json_response({"error": "Job not found"}, status=404)
        _, _, prompt, extra_data, _ = entry["prompt"]
        details = {"outputs": entry["outputs"], "workflow": {"prompt": prompt, "extra_data": extra_data}}
        return web.json_response(_finished(entry) | details | {"execution_status": entry["status"]})


def _jobs(server: PromptServer) -> list[dict]:
    """Newest first."""
    running, pending = server.prompt_queue.snapshot()
    waiting = [(item, "pending") for item in pending] + [(item, "in_progress") for item in running]
    queued = [
        {"id": item[1], "status": status, "priority": item[0], "create_time": 0} for item, status in waiting
    ]
    return queued + [_finished(entry) for entry in reversed(server.prompt_queue.history().values())]


def _finished(entry: dict) -> dict:
    number, prompt_id, *_ = entry["prompt"]
    messages = entry["status"]["messages"]
    last = messages[-1][0]
    status = {"execution_success": "completed", "execution_interrupted": "cancelled"}.get(last, "failed")
    images = [
        {**image, "nodeId": node_id, "mediaType": "images"}
        for node_id, shown in entry["outputs"].items()
        for image in shown.get("images", [])
    ]
    times = [data["timestamp"] for _, data in messages]
    return {
        "id": prompt_id,
        "status": status,
        "priority": number,
        "create_time": times[0],
        "execution_start_time": times[0],
        "execution_end_time": times[-1],
        "outputs_count": len(entry["outputs"]),
        "preview_output": images[0] if images else None,
    }
