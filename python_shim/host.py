"""Where ComfyUI itself listens. It knows only once it does, so the server is told then."""

import asyncio


def announce(host, tell) -> None:
    """Calls `tell` with ComfyUI's address as soon as there is one."""
    tasks = []

    async def on_startup(_app) -> None:
        # aiohttp calls this just before it listens.
        tasks.append(asyncio.get_running_loop().create_task(_announce(host, tell)))

    host.app.on_startup.append(on_startup)


async def _announce(host, tell) -> None:
    # ComfyUI sets it without telling anybody.
    while (port := getattr(host, "port", None)) is None:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    tell(_url(host.address, port))


def _url(address: str, port: int) -> str:
    from comfy.cli_args import args

    scheme = "https" if getattr(args, "tls_keyfile", None) else "http"
    # What listens everywhere is reached on this machine.
    address = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
    return f"{scheme}://[{address}]:{port}" if ":" in address else f"{scheme}://{address}:{port}"
