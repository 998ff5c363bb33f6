"""Passes every request below our prefixes on to the server, byte for byte and in both directions."""

import asyncio
import uuid

import aiohttp
from aiohttp import hdrs, web
from yarl import URL

from .process import Server, ServerUnavailable, Target

PREFIXES = ("/openclaw", "/moltbot")
KEY_HEADER, PEER_HEADER = "X-OpenClaw-Launch-Key", "X-OpenClaw-Peer"
# RFC 9110 §7.6.1: these are between two neighbours. Expect is answered by ComfyUI's own HTTP server.
_HOP_BY_HOP = {
    "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "te", "trailer", "transfer-encoding", "upgrade",
}  # fmt: skip
_OURS = {KEY_HEADER.lower(), PEER_HEADER.lower()}
# aiohttp's server has already unpacked a body with one of these encodings.
_UNPACKED = {"gzip", "deflate", "br", "zstd"}
_LARGE = 64 << 10


class Proxy:
    """One handler for every path and method; it has no opinion about any of them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._session: aiohttp.ClientSession | None = None

    def register(self, host) -> None:
        """ComfyUI adds the `/api` twins, and takes routes only while it starts."""
        for prefix in PREFIXES:
            host.routes.route("*", prefix + "/{tail:.*}")(self.handle)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        work = asyncio.ensure_future(self._forward(request))
        try:
            # ComfyUI's HTTP server does not tell a handler that its client is gone, so the handler looks.
            while not work.done():
                await asyncio.wait({work}, timeout=0.2)
                if request.transport is None or request.transport.is_closing():
                    work.cancel()
            return work.result()
        except ServerUnavailable as error:
            return _problem(str(error))
        finally:
            work.cancel()

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        async with await self._answer(request) as upstream:
            response = web.StreamResponse(
                status=upstream.status, reason=upstream.reason, headers=_end_to_end(upstream.headers)
            )
            await response.prepare(request)
            try:
                async for chunk in upstream.content.iter_any():
                    await response.write(chunk)
                await response.write_eof()
            except (aiohttp.ClientError, OSError):
                # A cut must look like a cut, not like the end of an answer.
                if request.transport:
                    request.transport.abort()
            return response

    async def _answer(self, request: web.Request) -> aiohttp.ClientResponse:
        dead = None
        while True:
            target = await self._server.target(dead)
            try:
                return await self._send(request, target)
            except aiohttp.ClientConnectorError:
                # Nothing was sent yet, so the request can go to a server that is just being started again.
                dead = target
            except (aiohttp.ClientError, OSError) as error:
                raise ServerUnavailable(
                    "The OpenClaw server stopped before it answered; try again."
                ) from error

    async def _send(self, request: web.Request, target: Target) -> aiohttp.ClientResponse:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                auto_decompress=False,
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=(hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE, hdrs.USER_AGENT),
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return await self._session.request(
            request.method,
            _address(target, request),
            headers=_request_headers(request, target),
            data=request.content if request.body_exists else None,
            allow_redirects=False,
            # The server may refuse a large body by its length; a refusal while it is being sent can get lost.
            expect100=(request.content_length or 0) > _LARGE,
        )


def _address(target: Target, request: web.Request) -> URL:
    base, asked = URL(target.url), request.rel_url
    return URL.build(
        scheme=base.scheme,
        authority=base.raw_authority,
        path=base.raw_path.rstrip("/") + asked.raw_path,
        query_string=asked.raw_query_string,
        encoded=True,
    )


def _request_headers(request: web.Request, target: Target):
    headers = _end_to_end(request.headers, drop=_OURS)
    if request.headers.get(hdrs.CONTENT_ENCODING, "").lower() in _UNPACKED:
        for name in (hdrs.CONTENT_ENCODING, hdrs.CONTENT_LENGTH):
            headers.popall(name, None)
    if target.key:
        headers[KEY_HEADER] = target.key
    # Without a peer the server would take the request for a node's own, so a socket without an address
    # is a stranger.
    peer = request.transport.get_extra_info("peername") if request.transport else None
    address = peer[0] if isinstance(peer, tuple) else "0.0.0.0"
    headers[PEER_HEADER] = address.partition("%")[0]
    return headers


def _end_to_end(headers, drop=frozenset()):
    """A copy without what concerns only one connection, and without `drop`. Who passed it on stays told."""
    named = {name.strip() for name in ",".join(headers.getall(hdrs.CONNECTION, ())).lower().split(",")}
    dropped = _HOP_BY_HOP | drop | named - {"forwarded", "x-forwarded-for", "x-real-ip"}
    copy = headers.copy()
    for name in {name for name in copy if name.lower() in dropped}:
        copy.popall(name, None)
    return copy


def _problem(message: str) -> web.Response:
    """The server's error shape (shared/src/problem.rs), for when there is no server to make it."""
    problem = {"ok": False, "error": "dependency_unavailable", "message": message, "status": 503}
    problem |= {"title": "The OpenClaw server is not running", "type": "about:blank"}
    problem["request_id"] = str(uuid.uuid4())
    return web.json_response(problem, status=503, content_type="application/problem+json")
