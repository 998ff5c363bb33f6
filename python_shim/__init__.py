"""What ComfyUI loads: the node classes, two routes, and the server that does the work beside ComfyUI."""

import logging

from .nodes import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]


def _join_host() -> None:
    try:
        from server import PromptServer
    except ImportError:
        return  # Imported outside ComfyUI, for instance by a test: there is nothing to join.
    from .host import announce
    from .process import SERVER
    from .proxy import Proxy

    # The routes come first: without a server they are what tells people what is wrong.
    Proxy(SERVER).register(PromptServer.instance)
    announce(PromptServer.instance, SERVER.tell_host)
    SERVER.start()


try:
    _join_host()
except Exception:
    # A fault here must not take the nodes and the web directory away, as a failed import would.
    logging.getLogger("openclaw").exception("OpenClaw could not join ComfyUI")
