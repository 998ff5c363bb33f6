"""What is queued, what runs, and what has run."""

import heapq
import threading
from itertools import islice

from execution import PromptExecutor


class PromptQueue:
    """Items are (number, prompt_id, prompt, extra_data, outputs); the lowest number runs first."""

    def __init__(self, server) -> None:
        self._server = server
        self._changed = threading.Condition()
        self._pending: list[tuple] = []
        self._running: list[tuple] = []
        self._history: dict[str, dict] = {}

    def put(self, item: tuple) -> None:
        with self._changed:
            heapq.heappush(self._pending, item)
            self._changed.notify()
        self._server.queue_updated()

    def snapshot(self) -> tuple[list[tuple], list[tuple]]:
        with self._changed:
            return list(self._running), list(self._pending)

    def get_tasks_remaining(self) -> int:
        return sum(map(len, self.snapshot()))

    def delete(self, prompt_ids) -> None:
        """Takes prompts out that wait; None means all."""
        with self._changed:
            self._pending = [i for i in self._pending if prompt_ids is not None and i[1] not in prompt_ids]
            heapq.heapify(self._pending)
        self._server.queue_updated()

    def history(self, prompt_id: str | None = None, max_items: int | None = None, offset: int = -1) -> dict:
        with self._changed:
            if prompt_id is not None:
                return {prompt_id: self._history[prompt_id]} if prompt_id in self._history else {}
            if offset < 0 and max_items is not None:
                offset = len(self._history) - max_items
            first = max(offset, 0)
            stop = None if max_items is None else first + max_items
            return dict(islice(self._history.items(), first, stop))

    def delete_history(self, prompt_ids) -> None:
        """None means all."""
        with self._changed:
            for prompt_id in list(self._history) if prompt_ids is None else prompt_ids:
                self._history.pop(prompt_id, None)

    def work(self) -> None:
        """The body of the thread `prompt_worker`."""
        executor = PromptExecutor(self._server)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending)
                item = heapq.heappop(self._pending)
                self._running.append(item)
            self._server.queue_updated()
            _, prompt_id, prompt, extra_data, outputs = item
            entry = executor.execute(prompt_id, prompt, extra_data, outputs)
            with self._changed:
                self._running.remove(item)
                self._history[prompt_id] = {"prompt": item, **entry}
            self._server.queue_updated()
            client = self._server.client_id
            if client is not None:
                self._server.send_sync("executing", {"node": None, "prompt_id": prompt_id}, client)
