"""ComfyUI's node classes, made from nodes.json, which `comfyui-openclaw nodes` prints."""

import json
from pathlib import Path

from .client import call

# A stage that is reached, as a share of the progress bar.
STAGES = {"dispatch": 10, "receive": 40, "finalize": 90}


def _input(schema: dict) -> tuple:
    options = {"default": schema["default"], "tooltip": schema["tooltip"]}
    if schema["type"] == "COMBO":
        return schema["options"], options
    for name in ("multiline", "placeholder", "min", "max"):
        if name in schema:
            options[name] = schema[name]
    if schema["type"] == "STRING":
        # Braces in a description are the writer's, not wildcards of the page.
        options["dynamicPrompts"] = False
    return schema["type"], options


def _output(result: dict, pointer: str) -> str:
    """The value at a JSON pointer (RFC 6901): text as it is, anything else as indented JSON."""
    value = result
    for token in pointer.split("/")[1:]:
        value = value[token.replace("~1", "/").replace("~0", "~")]
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        # Only HTTP clients of the Python edition expect this member; graphs never had it.
        value = {name: member for name, member in value.items() if name != "extra"}
    return json.dumps(value, indent=2, ensure_ascii=False)


def _node_class(schema: dict) -> type:
    async def run(self, unique_id=None, **inputs):
        from comfy.model_management import throw_exception_if_processing_interrupted
        from comfy.utils import ProgressBar
        from server import PromptServer

        bar = ProgressBar(100, node_id=unique_id)
        show_text = getattr(PromptServer.instance, "send_progress_text", None)

        def on_event(name: str, data: dict) -> None:
            if name == "stage":
                bar.update_absolute(STAGES.get(data["phase"], bar.current))
                if show_text and unique_id:
                    show_text(data["message"], unique_id)

        result = await call(schema["endpoint"], inputs, on_event, throw_exception_if_processing_interrupted)
        bar.update_absolute(100)
        return tuple(_output(result, output["pointer"]) for output in schema["outputs"])

    run.__name__ = schema["function"]
    input_types = {
        "required": {entry["name"]: _input(entry) for entry in schema["inputs"]},
        "hidden": {"unique_id": "UNIQUE_ID"},
    }
    members = {
        "INPUT_TYPES": classmethod(lambda _: input_types),
        "RETURN_TYPES": tuple(output["type"] for output in schema["outputs"]),
        "RETURN_NAMES": tuple(output["name"] for output in schema["outputs"]),
        "OUTPUT_TOOLTIPS": tuple(output["tooltip"] for output in schema["outputs"]),
        "FUNCTION": schema["function"],
        "CATEGORY": schema["category"],
        "DESCRIPTION": schema["description"],
        schema["function"]: run,
    }
    return type(schema["id"], (), members)


SCHEMAS = json.loads(Path(__file__).with_name("nodes.json").read_text(encoding="utf-8"))
NODE_CLASS_MAPPINGS = {schema["id"]: _node_class(schema) for schema in SCHEMAS}
NODE_DISPLAY_NAME_MAPPINGS = {schema["id"]: schema["display_name"] for schema in SCHEMAS}
