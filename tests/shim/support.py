"""Both ends of the proxy: a raw server behind it, and ComfyUI's kind of application around it."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

from aiohttp import web

from python_shim.process import Server, Target
from python_shim.proxy import Proxy


def run(scenario) -> None:
    """Runs a coroutine to its end; one that hangs is a failure."""
    asyncio.run(asyncio.wait_for(scenario, 30))


class Attached(Server):
    """A server that is already there."""

    def __init__(self, port: int, key: str | None = "the-key", base: str = "") -> None:
        super().__init__()
        self._target = Target(f"http://127.0.0.1:{port}{base}", key)


class Connection:
    """One raw HTTP/1.1 connection, seen from either end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> tuple[str, dict[str, str]]:
        """The first line, and the headers by lower-case name."""
        first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        return first, {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines) if name
        }

    async def chunk(self) -> bytes:
        """One chunk of a body in chunked coding; empty at the end."""
        size = int(await self.reader.readline(), 16)
        return (await self.reader.readexactly(size + 2))[:-2]

    async def rest(self) -> bytes:
        return await self.reader.read()


@asynccontextmanager
async def raw_server(converse):
    """Calls `converse(connection)` for every connection; gives the port."""

    async def on_connection(reader, writer):
        try:
            await converse(Connection(reader, writer))
        finally:
            writer.close()

    listener = await asyncio.start_server(on_connection, "127.0.0.1", 0)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()


@asynccontextmanager
async def comfyui(server: Server):
    """An application with our routes and their `/api` twins; gives a function that opens a connection."""
    routes = web.RouteTableDef()
    proxy = Proxy(server)
    proxy.register(SimpleNamespace(routes=routes))
    twins = [web.route(route.method, "/api" + route.path, route.handler) for route in routes]
    app = web.Application(client_max_size=1024)
    app.add_routes([*routes, *twins])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]

    async def connect() -> Connection:
        return Connection(*await asyncio.open_connection("127.0.0.1", port))

    try:
        yield connect
    finally:
        await runner.shutdown()
        await runner.cleanup()
        if proxy._session:
            await proxy._session.close()
