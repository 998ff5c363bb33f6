"""Runs a validated prompt: in order of the links, unchanged nodes from the cache, async ones side by side."""

import asyncio
import contextvars
import inspect
import json
import logging
import time
import traceback
import uuid
from dataclasses import dataclass, field

import comfy.utils
import nodes
from comfy.model_management import (
    InterruptProcessingException,
    interrupt_current_processing,
    throw_exception_if_processing_interrupted,
)

_current_node: contextvars.ContextVar[str] = contextvars.ContextVar("node")


@dataclass
class Result:
    """What a node gave: a list of values for every output slot, and what the page shows."""

    slots: list[list]
    ui: dict | None = None


@dataclass
class Run:
    """The state of one prompt while it runs."""

    prompt_id: str
    prompt: dict
    extra_data: dict
    messages: list = field(default_factory=list)
    results: dict[str, Result] = field(default_factory=dict)
    signatures: dict[str, str] = field(default_factory=dict)
    progress: dict[str, dict] = field(default_factory=dict)
    executed: list[str] = field(default_factory=list)


class NodeFailed(Exception):
    """Carries the failing node's id and values; the cause is the node's own exception."""

    def __init__(self, node_id: str, inputs: dict) -> None:
        super().__init__(node_id)
        self.node_id, self.inputs = node_id, inputs


class PromptExecutor:
    """One for the whole host, in the thread `prompt_worker`."""

    def __init__(self, server) -> None:
        self.server = server
        self.run = Run("", {}, {})
        self._cache: dict[str, Result] = {}
        self._instances: dict[tuple[str, str], object] = {}
        comfy.utils.set_progress_bar_global_hook(self._on_progress)

    def execute(self, prompt_id: str, prompt: dict, extra_data: dict, outputs: list[str]) -> dict:
        """Returns the history entry's outputs, meta and status."""
        self.run = run = Run(prompt_id, prompt, extra_data)
        self.server.client_id = extra_data.get("client_id")
        interrupt_current_processing(False)
        self._message("execution_start")
        try:
            asyncio.run(self._execute(outputs))
            self._message("execution_success")
            succeeded = True
        except NodeFailed as failure:
            self._fail(failure)
            succeeded = False
        ui = {node_id: result.ui for node_id, result in run.results.items() if result.ui}
        return {
            "outputs": ui,
            "meta": {node_id: _names(node_id, "display_node") for node_id in ui},
            "status": {
                "status_str": "success" if succeeded else "error",
                "completed": succeeded,
                "messages": run.messages,
            },
        }

    async def _execute(self, outputs: list[str]) -> None:
        run = self.run
        waiting = _ancestors(run.prompt, outputs)
        for node_id in waiting:
            await self._sign(node_id)
        self._cache = {key: self._cache[key] for key in run.signatures.values() if key in self._cache}
        self._message("execution_cached", nodes=[i for i in waiting if run.signatures[i] in self._cache])
        tasks: dict[asyncio.Task, str] = {}
        while waiting or tasks:
            for node_id in [i for i in waiting if all(s in run.results for s, _ in _links(run.prompt[i]))]:
                waiting.remove(node_id)
                tasks[asyncio.create_task(self._node(node_id))] = node_id
            finished, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                run.results[tasks.pop(task)] = task.result()

    async def _sign(self, node_id: str) -> None:
        """Two nodes with one signature give the same result; sources are signed before."""
        run, node = self.run, self.run.prompt[node_id]
        cls = nodes.NODE_CLASS_MAPPINGS[node["class_type"]]
        parts = [node["class_type"]]
        if "UNIQUE_ID" in cls.INPUT_TYPES().get("hidden", {}).values():
            parts.append(node_id)
        if hasattr(cls, "IS_CHANGED"):
            values = {name: None if _is_link(value) else value for name, value in node["inputs"].items()}
            try:
                changed = cls.IS_CHANGED(**values, **self._hidden(cls, node_id))
                parts.append(await changed if inspect.isawaitable(changed) else changed)
            except Exception:
                logging.warning("IS_CHANGED of node %s failed\n%s", node_id, traceback.format_exc())
                parts.append(float("nan"))
            if parts[-1] != parts[-1]:
                # NaN differs from itself: the node asked to run every time.
                parts[-1] = uuid.uuid4().hex
        for name, value in sorted(node["inputs"].items()):
            parts.append([name, [run.signatures[value[0]], value[1]] if _is_link(value) else value])
        run.signatures[node_id] = json.dumps(parts)

    async def _node(self, node_id: str) -> Result:
        run, node, signature = self.run, self.run.prompt[node_id], self.run.signatures[node_id]
        result = self._cache.get(signature)
        if result is None:
            _current_node.set(node_id)
            self._progress(node_id, 0, 1, "running")
            self.server.last_node_id = node_id
            self._send("executing", node=node_id, display_node=node_id)
            inputs = {
                name: run.results[value[0]].slots[value[1]] if _is_link(value) else [value]
                for name, value in self._declared(node).items()
            }
            try:
                throw_exception_if_processing_interrupted()
                result = await self._call(node_id, node["class_type"], inputs)
            except Exception as error:
                raise NodeFailed(node_id, inputs) from error
            self._cache[signature] = result
            run.executed.append(node_id)
        if result.ui:
            self._send("executed", node=node_id, display_node=node_id, output=result.ui)
        total = run.progress.get(node_id, {"max": 1})["max"]
        self._progress(node_id, total, total, "finished")
        return result

    @staticmethod
    def _declared(node: dict) -> dict:
        """The page also sends values of widgets that it adds by itself; a node gets what it asked for."""
        types = nodes.NODE_CLASS_MAPPINGS[node["class_type"]].INPUT_TYPES()
        known = {**types.get("required", {}), **types.get("optional", {})}
        return {name: value for name, value in node["inputs"].items() if name in known}

    async def _call(self, node_id: str, class_type: str, inputs: dict[str, list]) -> Result:
        cls = nodes.NODE_CLASS_MAPPINGS[class_type]
        node = self._instances.setdefault((node_id, class_type), cls())
        function, hidden = getattr(node, cls.FUNCTION), self._hidden(cls, node_id)
        if getattr(cls, "INPUT_IS_LIST", False):
            calls = [inputs]
        else:
            # A shorter list repeats its last value.
            longest = max((len(values) for values in inputs.values()), default=1)
            calls = [{name: v[min(i, len(v) - 1)] for name, v in inputs.items()} for i in range(longest)]
        returned = [function(**call, **hidden) for call in calls]
        if inspect.iscoroutinefunction(function):
            returned = await asyncio.gather(*returned)
        shown = [value.get("ui") for value in returned if isinstance(value, dict)]
        tuples = [value.get("result", ()) if isinstance(value, dict) else value for value in returned]
        is_list = getattr(cls, "OUTPUT_IS_LIST", [False] * len(cls.RETURN_TYPES))
        slots = [
            [item for value in tuples for item in (value[slot] if is_list[slot] else [value[slot]])]
            for slot in range(len(cls.RETURN_TYPES))
        ]
        ui = {key: [item for part in shown for item in part[key]] for key in shown[0]} if any(shown) else None
        return Result(slots, ui)

    def _hidden(self, cls, node_id: str) -> dict:
        values = {
            "UNIQUE_ID": node_id,
            "PROMPT": self.run.prompt,
            "EXTRA_PNGINFO": self.run.extra_data.get("extra_pnginfo"),
        }
        return {name: values.get(kind) for name, kind in cls.INPUT_TYPES().get("hidden", {}).items()}

    def _fail(self, failure: NodeFailed) -> None:
        run, cause = self.run, failure.__cause__
        where = {
            "node_id": failure.node_id,
            "node_type": run.prompt[failure.node_id]["class_type"],
            "executed": run.executed,
        }
        if isinstance(cause, InterruptProcessingException):
            self._message("execution_interrupted", everyone=True, **where)
            return
        logging.error("Node %s failed: %s", failure.node_id, cause)
        kind = type(cause)
        self._progress(failure.node_id, 1, 1, "error")
        self._message(
            "execution_error",
            exception_message=f"{cause}\n",
            exception_type=kind.__qualname__
            if kind.__module__ == "builtins"
            else f"{kind.__module__}.{kind.__qualname__}",
            traceback=traceback.format_tb(cause.__traceback__),
            current_inputs={
                name: [_plain(value) for value in values] for name, values in failure.inputs.items()
            },
            current_outputs=list(run.results),
            **where,
        )

    def _on_progress(self, value: int, total: int, preview, node_id: str | None = None) -> None:
        throw_exception_if_processing_interrupted()
        # Threads that a node starts do not know it, so they have to name it.
        node_id = node_id or _current_node.get()
        self._progress(node_id, value, total, "running")
        self._send("progress", value=value, max=total, node=node_id)

    def _progress(self, node_id: str, value: int, total: int, state: str) -> None:
        run = self.run
        names = _names(node_id, "display_node_id", "parent_node_id")
        run.progress[node_id] = {
            "value": value, "max": total, "state": state, "prompt_id": run.prompt_id, **names,
        }  # fmt: skip
        self._send("progress_state", nodes=dict(run.progress))

    def _message(self, event: str, everyone: bool = False, **data) -> None:
        """An event that history keeps."""
        data = {"prompt_id": self.run.prompt_id, **data, "timestamp": int(time.time() * 1000)}
        self.run.messages.append((event, data))
        if self.server.client_id is not None or everyone:
            self.server.send_sync(event, data, self.server.client_id)

    def _send(self, event: str, **data) -> None:
        if self.server.client_id is not None:
            self.server.send_sync(event, {"prompt_id": self.run.prompt_id, **data}, self.server.client_id)


def _names(node_id: str, display: str, parent: str = "parent_node") -> dict:
    """A node's other ids, which differ only in expanded subgraphs; this host has none."""
    return {"node_id": node_id, display: node_id, parent: None, "real_node_id": node_id}


def _is_link(value) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )


def _links(node: dict) -> list[list]:
    return [value for value in node["inputs"].values() if _is_link(value)]


def _ancestors(prompt: dict, outputs: list[str]) -> list[str]:
    """The outputs and all they need, sources first."""
    order: list[str] = []

    def visit(node_id: str) -> None:
        if node_id not in order:
            for source, _ in _links(prompt[node_id]):
                visit(source)
            order.append(node_id)

    for output in outputs:
        visit(output)
    return order


def _plain(value):
    return value if value is None or isinstance(value, (int, float, bool, str)) else str(value)
