"""An aiohttp handler that only reads and answers: what is measured beside the pack in ComfyUI.

`bare.py` prints its address as a JSON line when it serves.
"""

import asyncio
import json

from aiohttp import web

# As long as what a webhook is answered with.
ANSWER = {
    "ok": True,
    "prompt_id": "0199ab3c-7d52-7e11-9c8e-1c1d2e3f4a5b",
    "number": None,
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "deduped": False,
    "callback_scheduled": False,
    "mapped": False,
}


async def answer(request: web.Request) -> web.Response:
    await request.read()
    return web.json_response(ANSWER)


async def serve() -> None:
    app = web.Application()
    app.router.add_post("/{tail:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    print(json.dumps({"event": "ready", "url": f"http://127.0.0.1:{port}"}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
