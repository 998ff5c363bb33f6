"""ComfyUI's node classes, made from nodes.json, which `comfyui-openclaw nodes` prints."""

import collections
import json
import logging
from pathlib import Path
from string import Template

from .client import Refused, call
from .images import png

# A stage that is reached, as a share of the progress bar.
STAGES = {"dispatch": 10, "receive": 40, "finalize": 90}


def _body(schema: dict, inputs: dict) -> dict:
    """The endpoint's request: the inputs by their names, pictures as files."""
    body = dict(inputs)
    for entry in schema["inputs"]:
        if picture := entry.get("picture"):
            side = inputs.get(picture["max_side_input"], picture["max_side"])
            body[picture["member"]] = png(body.pop(entry["name"]), side)
    return body


def _output(value):
    """Text as it is, a list item by item, anything else as indented JSON."""
    if isinstance(value, list):
        return [_output(item) for item in value]
    if isinstance(value, dict):
        # Only HTTP clients of the Python edition expect this member; graphs never had it.
        value.pop("extra", None)
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _node_class(schema: dict) -> type:
    outputs, survives = schema["outputs"], "on_problem" in schema["outputs"][0]
    problems = collections.Counter()

    async def run(self, unique_id=None, **inputs):
        from comfy.model_management import throw_exception_if_processing_interrupted as check
        from comfy.utils import ProgressBar
        from server import PromptServer

        bar = ProgressBar(100, node_id=unique_id)
        say = getattr(PromptServer.instance, "send_progress_text", lambda *_: None)

        def on_event(name: str, data: dict) -> None:
            if name == "stage":
                bar.update_absolute(STAGES.get(data["phase"], bar.current))
                say(data["message"], unique_id)

        try:
            result = await call(schema["endpoint"], _body(schema, inputs), on_event, check)
        except Refused as problem:
            if not survives:
                raise
            logging.getLogger("openclaw").warning("%s: %s", schema["display_name"], problem)
            say(str(problem), unique_id)
            problems[unique_id] += 1
            said = {**inputs, "message": str(problem)}
            return tuple(Template(output["on_problem"]).safe_substitute(said) for output in outputs)
        bar.update_absolute(100)
        return tuple(_output(result[output["member"]]) for output in outputs)

    input_types = {"required": {}, "optional": {}, "hidden": {"unique_id": "UNIQUE_ID"}}
    for entry in schema["inputs"]:
        group = input_types["optional" if entry.get("optional") else "required"]
        group[entry["name"]] = (entry.get("options", entry["type"]), entry["widget"])
    members = {
        "INPUT_TYPES": classmethod(lambda _: input_types),
        "RETURN_TYPES": tuple(output["type"] for output in outputs),
        "RETURN_NAMES": tuple(output["name"] for output in outputs),
        "OUTPUT_TOOLTIPS": tuple(output["tooltip"] for output in outputs),
        "OUTPUT_IS_LIST": tuple(output.get("list", False) for output in outputs),
        **{name.upper(): schema[name] for name in ("function", "category", "description")},
        schema["function"]: run,
    }
    if survives:
        # ComfyUI keeps a result until this changes: one that a problem made is not to be kept.
        members["IS_CHANGED"] = classmethod(lambda _, unique_id=None, **__: problems[unique_id])
    return type(schema["id"], (), members)


SCHEMAS = json.loads(Path(__file__).with_name("nodes.json").read_text(encoding="utf-8"))
NODE_CLASS_MAPPINGS = {schema["id"]: _node_class(schema) for schema in SCHEMAS}
NODE_DISPLAY_NAME_MAPPINGS = {schema["id"]: schema["display_name"] for schema in SCHEMAS}
