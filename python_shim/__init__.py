"""What ComfyUI loads: the node classes, two routes, and the server that does the work beside ComfyUI."""

import logging

from .nodes import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]


def _join_host() -> None:
    try:
        from server import PromptServer
    except ImportError:
        return  # Imported outside ComfyUI, for instance by a test: there is nothing to join.
    from .process import SERVER
    from .proxy import Proxy

    # Before the server: without one the routes are what tells people what is wrong.
    Proxy(SERVER).register(PromptServer.instance)
    SERVER.start(lambda: _address(PromptServer.instance))


def _address(host) -> str | None:
    """ComfyUI's URL, once it listens: it sets its port then and tells nobody."""
    if (port := getattr(host, "port", None)) is None:
        return None
    from comfy.cli_args import args

    scheme = "https" if getattr(args, "tls_keyfile", None) else "http"
    # What listens everywhere is reached on this machine.
    name = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host.address, host.address)
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"


try:
    _join_host()
except Exception:
    # A fault here must not take the nodes and the web directory away, as a failed import would.
    logging.getLogger("openclaw").exception("OpenClaw could not join ComfyUI")
