"""ComfyUI's command line as packs see it; host.py fills it in before it loads them."""

from types import SimpleNamespace

args = SimpleNamespace(listen="127.0.0.1", port=0)
