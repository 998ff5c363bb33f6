"""PromptServer: the HTTP application, the web socket, and what packs find in `PromptServer.instance`."""

import asyncio
import ipaddress
import json
import mimetypes
import struct
import urllib.parse
import uuid
from pathlib import Path

import aiohttp
import nodes
from aiohttp import web
from prompt_queue import PromptQueue

FEATURES = {"supports_preview_metadata": True, "max_upload_size": 100 << 20}
TEXT_FRAME = 3


class PromptServer:
    instance: "PromptServer"

    def __init__(self, loop: asyncio.AbstractEventLoop, web_root: Path) -> None:
        PromptServer.instance = self
        mimetypes.add_type("application/javascript; charset=utf-8", ".js")
        self.loop, self.web_root = loop, web_root
        self.routes = web.RouteTableDef()
        self.app = web.Application(
            client_max_size=FEATURES["max_upload_size"], middlewares=[_cache_control, _same_origin]
        )
        self.prompt_queue = PromptQueue(self)
        self.number = 0
        self.client_id: str | None = None
        self.last_node_id: str | None = None
        self.client_session: aiohttp.ClientSession | None = None
        self.on_prompt_handlers = []
        self.sockets: dict[str, web.WebSocketResponse] = {}
        self._messages: asyncio.Queue = asyncio.Queue()
        self.routes.get("/ws")(self._web_socket)

    async def start(self, address: str, port: int) -> int:
        """Adds the routes, their `/api` twins and the static directories; returns the port."""
        twins = web.RouteTableDef()
        for route in self.routes:
            if isinstance(route, web.RouteDef):
                twins.route(route.method, "/api" + route.path)(route.handler, **route.kwargs)
        self.app.add_routes([*twins, *self.routes])
        for name, directory in nodes.EXTENSION_WEB_DIRS.items():
            self.app.add_routes([web.static(f"/extensions/{name}", directory)])
        self.app.add_routes([web.static("/", self.web_root)])
        self.client_session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        runner = web.AppRunner(self.app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, address, port)
        await site.start()
        # As in ComfyUI, packs find these only now.
        self.address, self.port = address, site._server.sockets[0].getsockname()[1]
        return self.port

    def add_on_prompt_handler(self, handler) -> None:
        self.on_prompt_handlers.append(handler)

    def send_sync(self, event, data, sid: str | None = None) -> None:
        """Any thread may send; bytes become a binary frame of the type `event`."""
        self.loop.call_soon_threadsafe(self._messages.put_nowait, (event, data, sid))

    def send_progress_text(self, text: str | bytes, node_id: str, sid: str | None = None) -> None:
        name = str(node_id).encode()
        body = text.encode() if isinstance(text, str) else bytes(text)
        self.send_sync(TEXT_FRAME, struct.pack(">I", len(name)) + name + body, sid)

    def queue_updated(self) -> None:
        self.send_sync("status", {"status": self.queue_info()})

    def queue_info(self) -> dict:
        return {"exec_info": {"queue_remaining": self.prompt_queue.get_tasks_remaining()}}

    async def publish(self) -> None:
        """Sends what was queued, in order; runs as long as the host."""
        while True:
            event, data, sid = await self._messages.get()
            receivers = self.sockets if sid is None else {sid} & self.sockets.keys()
            for socket in [self.sockets[receiver] for receiver in receivers]:
                try:
                    if isinstance(data, bytes):
                        await socket.send_bytes(struct.pack(">I", event) + data)
                    else:
                        await socket.send_json({"type": event, "data": data})
                except (ConnectionError, aiohttp.ClientError):
                    pass  # Its handler is about to take it out of the table.

    async def _web_socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sid = request.query.get("clientId") or uuid.uuid4().hex
        self.sockets[sid] = socket
        try:
            await socket.send_json({"type": "status", "data": {"status": self.queue_info(), "sid": sid}})
            if self.client_id == sid and self.last_node_id is not None:
                await socket.send_json({"type": "executing", "data": {"node": self.last_node_id}})
            first = True
            async for message in socket:
                if first and message.type == aiohttp.WSMsgType.TEXT:
                    if json.loads(message.data).get("type") == "feature_flags":
                        await socket.send_json({"type": "feature_flags", "data": FEATURES})
                    first = False
        finally:
            if self.sockets.get(sid) is socket:
                del self.sockets[sid]
        return socket


@web.middleware
async def _cache_control(request: web.Request, handler) -> web.StreamResponse:
    response = await handler(request)
    if request.path.endswith((".js", ".css")):
        response.headers.setdefault("Cache-Control", "no-cache")
    return response


@web.middleware
async def _same_origin(request: web.Request, handler) -> web.StreamResponse:
    """ComfyUI's check, for loopback hosts only: a page of another origin must not queue prompts."""
    host, origin = request.headers.get("Host"), request.headers.get("Origin")
    if host and origin:
        asked, sender = urllib.parse.urlsplit("//" + host.lower()), urllib.parse.urlsplit(origin.lower())
        with_port = asked.port is not None and sender.port is not None
        same = (asked.netloc == sender.netloc) if with_port else (asked.hostname == sender.hostname)
        if _is_loopback(asked.hostname) and sender.hostname and not same:
            return web.Response(status=403)
    return web.Response() if request.method == "OPTIONS" else await handler(request)


def _is_loopback(host: str | None) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
