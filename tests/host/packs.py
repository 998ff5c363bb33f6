"""Loads a node pack in the way ComfyUI does."""

import importlib.util
import json
import logging
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

import nodes


@dataclass(frozen=True)
class Pack:
    folder: Path

    def load(self) -> bool:
        """Imports the folder under its absolute path; a fault is logged and the host starts all the same."""
        name = str(self.folder).replace(".", "_x_")
        try:
            spec = importlib.util.spec_from_file_location(name, self.folder / "__init__.py")
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
        except Exception:
            logging.warning("Cannot import %s\n%s", self.folder, traceback.format_exc())
            return False
        web = getattr(module, "WEB_DIRECTORY", None)
        if web is not None and (self.folder / web).is_dir():
            nodes.EXTENSION_WEB_DIRS[self.folder.name] = str((self.folder / web).resolve())
        classes = getattr(module, "NODE_CLASS_MAPPINGS", None)
        if classes is None:
            logging.warning("Skip %s: it has no NODE_CLASS_MAPPINGS", self.folder)
            return False
        for node_id, cls in classes.items():
            nodes.NODE_CLASS_MAPPINGS[node_id] = cls
            cls.RELATIVE_PYTHON_MODULE = f"custom_nodes.{self.folder.name}"
        nodes.NODE_DISPLAY_NAME_MAPPINGS.update(getattr(module, "NODE_DISPLAY_NAME_MAPPINGS", {}))
        return True

    def translations(self) -> dict:
        """`locales/<language>/main.json`, and the other three files as members of it."""
        found = {}
        for directory in sorted(self.folder.glob("locales/*/")):
            entry = _read(directory / "main.json")
            for part in ("nodeDefs", "commands", "settings"):
                if content := _read(directory / f"{part}.json"):
                    entry[part] = content
            if entry:
                found[directory.name] = entry
        return found


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        logging.error("%s is not JSON", path)
        return {}
