"""What goes through the proxy, and what does not."""

import asyncio
import gzip
import json

import pytest
from support import Attached, Connection, comfyui, raw_server, run

from python_shim.process import Server, Target

EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def exchange(request: bytes, answer: bytes = EMPTY, **attached) -> tuple[str, dict, str, dict, bytes]:
    """Sends one request without a body through; returns both heads as received, and the answer's body."""
    seen = []

    async def converse(upstream: Connection) -> None:
        seen.extend(await upstream.head())
        await upstream.send(answer)

    async def scenario() -> None:
        async with raw_server(converse) as port, comfyui(Attached(port, **attached)) as connect:
            client = await connect()
            await client.send(request)
            seen.extend(await client.head())
            seen.append(await client.rest())

    run(scenario())
    return tuple(seen)


@pytest.mark.parametrize("prefix", ["/openclaw", "/api/openclaw", "/moltbot", "/api/moltbot"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/a//b/",
        "/a%2Fb%20c/%C3%A9",
        "/../up/./here",
        "/q?x=%20+&&y=%2B?/&z",
        "/bare?a=b=c",
        "/%",
        "/a;b,c",
    ],
)
def test_path_and_query_arrive_byte_for_byte(prefix, path):
    target = prefix + path
    first, *_ = exchange(f"GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
    assert first == f"GET {target} HTTP/1.1"


def test_an_attached_server_may_live_below_a_path():
    request = b"GET /openclaw/x?y HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    first, *_ = exchange(request, base="/base")
    assert first == "GET /base/openclaw/x?y HTTP/1.1"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_every_method_goes_through(method):
    request = f"{method} /openclaw/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode()
    first, _, status, *_ = exchange(request)
    assert first == f"{method} /openclaw/x HTTP/1.1"
    assert status == "HTTP/1.1 200 OK"


def test_request_headers_are_the_clients_except_between_neighbours_and_ours():
    _, headers, *_ = exchange(
        b"GET /openclaw/x HTTP/1.1\r\nHost: 192.168.0.9:8188\r\nOrigin: http://evil\r\nCookie: a=b\r\n"
        b"X-OpenClaw-Launch-Key: guessed\r\nx-openclaw-peer: 127.0.0.1\r\nX-OPENCLAW-PEER: 127.0.0.1\r\n"
        b"Connection: close, X-Between\r\nX-Between: us\r\nKeep-Alive: 9\r\nTE: trailers\r\nUpgrade: h2c\r\n"
        b"Proxy-Connection: x\r\nX-Custom: kept\r\n\r\n"
    )
    assert headers == {
        "host": "192.168.0.9:8188",
        "origin": "http://evil",
        "cookie": "a=b",
        "x-custom": "kept",
        "x-openclaw-launch-key": "the-key",
        "x-openclaw-peer": "127.0.0.1",
    }


def test_a_client_cannot_hide_that_a_proxy_passed_it_on():
    _, headers, *_ = exchange(
        b"GET /openclaw/x HTTP/1.1\r\nHost: h\r\nConnection: close, X-Forwarded-For, x-real-ip, Forwarded\r\n"
        b"X-Forwarded-For: 203.0.113.9\r\nX-Real-IP: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\n\r\n"
    )
    assert {"x-forwarded-for", "x-real-ip", "forwarded"} <= headers.keys()


def test_without_a_key_the_header_is_left_out_and_the_peer_is_still_told():
    request = (
        b"GET /openclaw/x HTTP/1.1\r\nHost: h\r\nX-OpenClaw-Launch-Key: guessed\r\nConnection: close\r\n\r\n"
    )
    _, headers, *_ = exchange(request, key=None)
    assert "x-openclaw-launch-key" not in headers
    assert headers["x-openclaw-peer"] == "127.0.0.1"


def test_the_answer_comes_back_as_it_was_even_packed_or_redirecting():
    packed = gzip.compress(b"content")
    _, _, status, headers, body = exchange(
        b"GET /openclaw/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 307 Over there\r\nLocation: http://127.0.0.1:1/\r\nContent-Encoding: gzip\r\n"
        b"Set-Cookie: a=1\r\nX-Custom: kept\r\nConnection: close, X-Between\r\nX-Between: us\r\n"
        b"Keep-Alive: timeout=5\r\nContent-Length: " + str(len(packed)).encode() + b"\r\n\r\n" + packed,
    )
    assert status == "HTTP/1.1 307 Over there"
    assert headers["location"] == "http://127.0.0.1:1/"
    assert headers["content-encoding"] == "gzip"
    assert headers["set-cookie"] == "a=1"
    assert headers["x-custom"] == "kept"
    assert "x-between" not in headers
    assert "keep-alive" not in headers
    assert body == packed


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'),
    ],
)
def test_answers_without_a_body_end_with_their_head(method, answer):
    request = f"{method} /openclaw/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode()
    _, _, status, headers, body = exchange(request, answer)
    assert status.encode() == answer.split(b"\r\n")[0]
    assert body == b""
    if method == "HEAD":
        assert headers["content-length"] == "1234"


def test_events_arrive_one_by_one_as_the_server_sends_them():
    events = [b"event: stage\ndata: {}\n\n", b": comment\n\n", b"data: a\r\ndata: b\r\n\r\n"]
    received = asyncio.Queue()

    async def converse(upstream: Connection) -> None:
        await upstream.head()
        await upstream.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for event in events:
            await upstream.send(b"%x\r\n%s\r\n" % (len(event), event))
            # The next is not sent before the client has this one.
            assert await received.get() == event
        await upstream.send(b"0\r\n\r\n")

    async def scenario() -> None:
        async with raw_server(converse) as port, comfyui(Attached(port)) as connect:
            client = await connect()
            await client.send(b"POST /openclaw/stream HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}")
            _, headers = await client.head()
            assert headers["content-type"] == "text/event-stream"
            assert "content-length" not in headers
            for _ in events:
                received.put_nowait(await client.chunk())
            assert await client.chunk() == b""

    run(scenario())


def test_a_large_body_goes_up_piece_by_piece_whatever_comfyuis_limit_is():
    piece = b"x" * 4096
    received = asyncio.Queue()

    async def converse(upstream: Connection) -> None:
        _, headers = await upstream.head()
        assert headers["content-length"] == str(3 * len(piece))
        for _ in range(3):
            received.put_nowait(await upstream.reader.readexactly(len(piece)))
        await upstream.send(EMPTY)

    async def scenario() -> None:
        async with raw_server(converse) as port, comfyui(Attached(port)) as connect:
            client = await connect()
            await client.send(b"PUT /openclaw/x HTTP/1.1\r\nHost: h\r\nContent-Length: 12288\r\n\r\n")
            for _ in range(3):
                await client.send(piece)
                assert await received.get() == piece
            status, _ = await client.head()
            assert status == "HTTP/1.1 200 OK"

    run(scenario())


@pytest.mark.parametrize("wanted", [True, False])
def test_a_very_large_body_is_sent_only_if_the_server_wants_it(wanted):
    size = 1 << 20

    async def converse(upstream: Connection) -> None:
        _, headers = await upstream.head()
        assert headers["expect"] == "100-continue"
        if wanted:
            await upstream.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            assert len(await upstream.reader.readexactly(size)) == size
            await upstream.send(EMPTY)
        else:
            await upstream.send(b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n\r\n")
            assert await upstream.rest() == b""

    async def scenario() -> None:
        async with raw_server(converse) as port, comfyui(Attached(port)) as connect:
            client = await connect()
            await client.send(b"PUT /openclaw/x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % size)
            await client.send(b"x" * size)
            status, _ = await client.head()
            assert status == ("HTTP/1.1 200 OK" if wanted else "HTTP/1.1 413 Too large")

    run(scenario())


def test_a_body_that_comfyui_unpacked_is_not_called_packed():
    async def converse(upstream: Connection) -> None:
        _, headers = await upstream.head()
        assert "content-encoding" not in headers
        assert headers["transfer-encoding"] == "chunked"
        body = b""
        while piece := await upstream.chunk():
            body += piece
        assert body == b"plain"
        await upstream.send(EMPTY)

    async def scenario() -> None:
        async with raw_server(converse) as port, comfyui(Attached(port)) as connect:
            client, packed = await connect(), gzip.compress(b"plain")
            head = b"POST /openclaw/x HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\n"
            await client.send(head + b"Content-Length: %d\r\n\r\n" % len(packed) + packed)
            status, _ = await client.head()
            assert status == "HTTP/1.1 200 OK"

    run(scenario())


@pytest.mark.parametrize("answered", [False, True])
def test_a_client_that_goes_away_takes_the_servers_work_with_it(answered):
    async def scenario() -> None:
        asked, gone = asyncio.Event(), asyncio.Event()

        async def converse(upstream: Connection) -> None:
            await upstream.head()
            if answered:
                await upstream.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
            asked.set()
            assert await upstream.rest() == b""
            gone.set()

        async with raw_server(converse) as port, comfyui(Attached(port)) as connect:
            client = await connect()
            await client.send(b"GET /openclaw/slow HTTP/1.1\r\nHost: h\r\n\r\n")
            await asked.wait()
            if answered:
                await client.head()
            client.writer.transport.abort()
            await gone.wait()

    run(scenario())


def test_an_answer_that_breaks_off_does_not_look_finished():
    async def converse(upstream: Connection) -> None:
        await upstream.head()
        await upstream.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")

    async def scenario() -> None:
        async with raw_server(converse) as port, comfyui(Attached(port)) as connect:
            client = await connect()
            await client.send(b"GET /openclaw/x HTTP/1.1\r\nHost: h\r\n\r\n")
            await client.head()
            assert await client.chunk() == b"half"
            with pytest.raises((ConnectionError, ValueError)):
                await client.chunk()

    run(scenario())


def problem(server: Server, request: bytes = b"GET /api/openclaw/health HTTP/1.1\r\nHost: h\r\n\r\n") -> dict:
    answer = {}

    async def scenario() -> None:
        async with comfyui(server) as connect:
            client = await connect()
            await client.send(request)
            status, headers = await client.head()
            assert status == "HTTP/1.1 503 Service Unavailable"
            assert headers["content-type"].startswith("application/problem+json")
            answer.update(json.loads(await client.reader.readexactly(int(headers["content-length"]))))

    run(scenario())
    return answer


def test_without_a_server_the_answer_is_the_problem_that_the_server_would_send():
    server = Server()
    server._problem = "What is wrong and how to mend it."
    answer = problem(server)
    assert answer.pop("request_id")
    assert answer == {
        "ok": False,
        "error": "dependency_unavailable",
        "message": "What is wrong and how to mend it.",
        "type": "about:blank",
        "title": "The OpenClaw server is not running",
        "status": 503,
    }


def test_a_server_that_dies_over_a_request_is_told_and_the_request_is_not_repeated():
    requests = []

    async def converse(upstream: Connection) -> None:
        requests.append(await upstream.head())

    async def scenario() -> None:
        async with raw_server(converse) as port, comfyui(Attached(port)) as connect:
            client = await connect()
            await client.send(b"POST /openclaw/x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}")
            status, headers = await client.head()
            assert status == "HTTP/1.1 503 Service Unavailable"
            body = json.loads(await client.reader.readexactly(int(headers["content-length"])))
            assert body["message"] == "The OpenClaw server stopped before it answered; try again."
        assert len(requests) == 1

    run(scenario())


def test_a_request_waits_for_a_server_that_is_being_started_again_and_keeps_its_body():
    async def converse(upstream: Connection) -> None:
        await upstream.head()
        assert await upstream.reader.readexactly(2) == b"{}"
        await upstream.send(EMPTY)

    async def scenario() -> None:
        async with raw_server(converse) as port:
            # Port 9 is the address of the server that died a moment ago.
            server, looked = Attached(9), asyncio.Event()
            server._soon = True
            find = server.target

            async def target(dead=None):
                if dead:
                    looked.set()
                return await find(dead)

            server.target = target
            async with comfyui(server) as connect:
                client = await connect()
                await client.send(b"POST /openclaw/x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}")
                await looked.wait()
                server._target = Target(f"http://127.0.0.1:{port}", "new-key")
                status, _ = await client.head()
                assert status == "HTTP/1.1 200 OK"

    run(scenario())
