"""Refuses a prompt in ComfyUI's words before anything runs."""

import inspect
import traceback

import nodes

CONVERSIONS = {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}


def problem(kind: str, message: str, details: str = "", **extra) -> dict:
    return {"type": kind, "message": message, "details": details, "extra_info": extra}


async def validate_prompt(prompt: dict, targets: list[str] | None):
    """Returns (error or None, the output nodes that can run, errors by node)."""
    outputs = []
    for node_id, node in prompt.items():
        cls = nodes.NODE_CLASS_MAPPINGS.get(node.get("class_type"))
        if cls is None:
            missing = f"node {node['class_type']} does not exist" if "class_type" in node else None
            reason = missing or "a node is missing the class_type property"
            return (
                problem("invalid_prompt", f"Cannot execute because {reason}.", f"Node ID '#{node_id}'"),
                [],
                {},
            )
        if getattr(cls, "OUTPUT_NODE", False) and (targets is None or node_id in targets):
            outputs.append(node_id)
    if not outputs:
        return problem("prompt_no_outputs", "Prompt has no outputs"), [], {}

    check = _Check(prompt)
    good, node_errors, sentences = [], {}, []
    for output in outputs:
        try:
            valid = await check.node(output)
        except Exception as error:
            valid = False
            check.found[output] = [
                _exception("exception_during_validation", "Exception when validating node", error)
            ]
        if valid:
            good.append(output)
            continue
        sentences += [f"{reason['message']}: {reason['details']}" for reason in check.found[output]]
        for node_id, reasons in check.found.items():
            if reasons:
                entry = {
                    "errors": reasons,
                    "dependent_outputs": [],
                    "class_type": prompt[node_id]["class_type"],
                }
                node_errors.setdefault(node_id, entry)["dependent_outputs"].append(output)
    if not good:
        kind, message = "prompt_outputs_failed_validation", "Prompt outputs failed validation"
        return problem(kind, message, "\n".join(sentences)), [], node_errors
    return None, good, node_errors


def _exception(kind: str, message: str, error: Exception, **extra) -> dict:
    trace = traceback.format_tb(error.__traceback__)
    return problem(kind, message, str(error), exception_type=type(error).__name__, traceback=trace, **extra)


class _Check:
    """Walks from an output up its links; remembers the reasons found at every node."""

    def __init__(self, prompt: dict) -> None:
        self.prompt = prompt
        self.found: dict[str, list[dict]] = {}
        self._valid: dict[str, bool] = {}

    async def node(self, node_id: str) -> bool:
        if node_id in self._valid:
            return self._valid[node_id]
        # A node that leads back to itself is invalid without a reason, as in ComfyUI.
        self._valid[node_id], self.found[node_id] = False, []
        given = self.prompt[node_id]["inputs"]
        cls = nodes.NODE_CLASS_MAPPINGS[self.prompt[node_id]["class_type"]]
        custom = getattr(cls, "VALIDATE_INPUTS", None)
        spec = inspect.getfullargspec(custom) if custom else None
        taken = set(spec.args) if spec else set()

        upstream_valid, errors, received_types = True, [], {}
        groups = cls.INPUT_TYPES()
        for group in ("required", "optional"):
            for name, config in groups.get(group, {}).items():
                kind, options = config[0], (config[1] if len(config) > 1 else {})
                if name not in given:
                    if group == "required":
                        errors.append(
                            problem(
                                "required_input_missing", "Required input is missing", name, input_name=name
                            )
                        )
                elif isinstance(given[name], list):
                    link = _Link(name, (kind, options), given[name])
                    error, valid = await self._link(link, received_types, "input_types" in taken)
                    errors += error
                    upstream_valid = upstream_valid and valid
                else:
                    free = name in taken or bool(spec and spec.varkw)
                    errors += _value(name, kind, options, given, free)
        if custom:
            errors += await _ask(custom, spec, given, received_types)
        self.found[node_id] = errors
        self._valid[node_id] = upstream_valid and not errors
        return self._valid[node_id]

    async def _link(self, link: "_Link", received_types: dict, unchecked: bool) -> tuple[list[dict], bool]:
        extra = {"input_name": link.name, "input_config": link.config}
        if len(link.value) != 2:
            message = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
            return [problem("bad_linked_input", message, link.name, received_value=link.value, **extra)], True
        source, slot = link.value
        received = nodes.NODE_CLASS_MAPPINGS[self.prompt[source]["class_type"]].RETURN_TYPES[slot]
        received_types[link.name] = received
        wanted = link.config[0]
        if not unchecked and received != wanted and "*" not in (received, wanted):
            message = "Return type mismatch between linked nodes"
            details = f"{link.name}, received_type({received}) mismatch input_type({wanted})"
            extra |= {"received_type": received, "linked_node": link.value}
            return [problem("return_type_mismatch", message, details, **extra)], True
        try:
            return [], await self.node(source)
        except Exception as error:
            kind, message = "exception_during_inner_validation", "Exception when validating inner node"
            self.found[source] = [_exception(kind, message, error, linked_node=link.value, **extra)]
            return [], False


class _Link:
    def __init__(self, name: str, config: tuple, value: list) -> None:
        self.name, self.config, self.value = name, config, value


def _value(name: str, kind, options: dict, given: dict, free: bool) -> list[dict]:
    """Converts a widget's value in place and checks its limits unless the node does that itself."""
    value = given[name]
    extra = {"input_name": name, "input_config": (kind, options), "received_value": value}
    if isinstance(value, dict) and "__value__" in value:
        # How the page sends a list that is not a link.
        value = given[name] = value["__value__"]
    if not isinstance(kind, list) and kind in CONVERSIONS:
        try:
            value = given[name] = CONVERSIONS[kind](value)
        except (TypeError, ValueError) as error:
            message = f"Failed to convert an input value to a {kind} value"
            details = f"{name}, {value}, {error}"
            return [problem("invalid_input_type", message, details, exception_message=str(error), **extra)]
    if free:
        return []
    if "min" in options and value < options["min"]:
        return [
            problem(
                "value_smaller_than_min", f"Value {value} smaller than min of {options['min']}", name, **extra
            )
        ]
    if "max" in options and value > options["max"]:
        return [
            problem(
                "value_bigger_than_max", f"Value {value} bigger than max of {options['max']}", name, **extra
            )
        ]
    if isinstance(kind, list) and value not in kind:
        listed = kind if len(kind) <= 20 else f"(list of length {len(kind)})"
        return [
            problem("value_not_in_list", "Value not in list", f"{name}: '{value}' not in {listed}", **extra)
        ]
    return []


async def _ask(custom, spec, given: dict, received_types: dict) -> list[dict]:
    """The node's own VALIDATE_INPUTS; a linked input has no value yet."""
    wanted = given if spec.varkw else [name for name in spec.args if name in given]
    values = {name: None if isinstance(given[name], list) else given[name] for name in wanted}
    if "input_types" in spec.args:
        values["input_types"] = received_types
    answer = custom(**values)
    if inspect.isawaitable(answer):
        answer = await answer
    if answer is True:
        return []
    reason = "" if answer is False else f" - {answer}"
    message = "Custom validation failed for node"
    return [
        problem("custom_validation_failed", message, f"{name}{reason}", input_name=name) for name in values
    ]
