"""A stand-in for ComfyUI without torch: the real page, the pack, and graphs that really run.

`host.py --frontend DIR --pack DIR --data DIR` prints its address as a JSON line when it serves.
"""

import argparse
import asyncio
import json
import logging
import threading
from pathlib import Path

import folder_paths
import jobs
import routes
import userdata
from comfy.cli_args import args as comfy_args
from packs import Pack
from server import PromptServer


async def serve(options: argparse.Namespace) -> None:
    comfy_args.listen, comfy_args.port = options.listen, options.port
    folder_paths.configure(options.data)
    web_root = options.frontend / "comfyui_frontend_package" / "static"
    server = PromptServer(asyncio.get_running_loop(), web_root)
    packs = [Pack(folder.absolute()) for folder in options.pack]
    for pack in packs:
        pack.load()
    routes.add_routes(server)
    jobs.add_routes(server)
    userdata.add_routes(server, packs, json.loads(options.settings))
    threading.Thread(target=server.prompt_queue.work, name="prompt_worker", daemon=True).start()
    port = await server.start(options.listen, options.port)
    print(json.dumps({"event": "ready", "url": f"http://{options.listen}:{port}"}), flush=True)
    await server.publish()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frontend", type=Path, required=True, help="where pip put comfyui-frontend-package")
    parser.add_argument("--pack", type=Path, action="append", default=[], help="a node pack; may be repeated")
    parser.add_argument("--data", type=Path, required=True, help="input, output, temp and user go here")
    parser.add_argument("--listen", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--settings", default="{}", help="the page's settings as JSON, for a new data directory"
    )
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        asyncio.run(serve(parser.parse_args()))
    except KeyboardInterrupt:
        logging.info("Stopped server")


if __name__ == "__main__":
    main()
