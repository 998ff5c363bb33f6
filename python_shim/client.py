"""One call of a node to the server: the inputs go up as JSON, events come down, the result comes last."""

import asyncio
import json
from collections.abc import Callable

import aiohttp

from .process import SERVER
from .proxy import KEY_HEADER

# The server says something every second; one that is silent for so many seconds hangs.
SILENCE = 60
# One line of a stream can hold a whole result.
LONGEST_LINE = 4 << 20


class Refused(RuntimeError):
    """The server answered with a problem; the text is its sentence for people."""


async def call(endpoint: str, body: dict, on_event: Callable, check: Callable[[], None]) -> dict:
    """Returns the result of an endpoint, or raises the server's sentence for people.

    `check` is called ten times a second and stops the work by raising.
    """
    work = asyncio.ensure_future(_result(endpoint, body, on_event))
    try:
        while not work.done():
            await asyncio.wait({work}, timeout=0.1)
            check()
    finally:
        # Closing the connection is how the server learns that nobody waits for the result any more.
        work.cancel()
        await asyncio.wait({work})
    return work.result()


async def _result(endpoint: str, body: dict, on_event: Callable[[str, dict], None]) -> dict:
    try:
        target = await SERVER.target()
        headers = {KEY_HEADER: target.key} if target.key else {}
        timeout = aiohttp.ClientTimeout(total=None, sock_read=SILENCE)
        async with (
            # A session of its own: nodes run on an event loop that ends with the graph.
            aiohttp.ClientSession(timeout=timeout, read_bufsize=LONGEST_LINE) as session,
            session.post(f"{target.url}/openclaw{endpoint}", json=body, headers=headers) as response,
        ):
            if response.status != 200:
                raise Refused(await _sentence(response))
            if response.content_type == "application/json":
                return await response.json()
            name = ""
            # Server-sent events; the server writes data as one line of JSON.
            async for line in response.content:
                field, _, value = line.decode().rstrip("\r\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    data = json.loads(value)
                    if name == "final":
                        return data["result"]
                    if name == "error":
                        raise Refused(data["message"])
                    on_event(name, data)
    except asyncio.TimeoutError:
        raise RuntimeError(f"The OpenClaw server has been silent for {SILENCE} seconds; try again.") from None
    except aiohttp.ClientError as error:
        raise RuntimeError("The connection to the OpenClaw server broke; run the graph again.") from error
    raise RuntimeError("The OpenClaw server stopped in the middle of its answer; run the graph again.")


async def _sentence(response: aiohttp.ClientResponse) -> str:
    try:
        return (await response.json(content_type=None))["message"]
    except (ValueError, TypeError, KeyError):
        return f"The OpenClaw server answered with status {response.status}."
