"""Progress bars."""

_hook = None


def set_progress_bar_global_hook(hook) -> None:
    """The executor's `hook(value, total, preview, node_id=None)`."""
    global _hook
    _hook = hook


class ProgressBar:
    """Reports to the page; without `node_id` for the node that is being executed."""

    def __init__(self, total: int, node_id: str | None = None) -> None:
        self.total, self.current, self.node_id = total, 0, node_id

    def update_absolute(self, value: int, total: int | None = None, preview=None) -> None:
        if total is not None:
            self.total = total
        self.current = min(value, self.total)
        if _hook is not None:
            _hook(self.current, self.total, preview, node_id=self.node_id)

    def update(self, value: int) -> None:
        self.update_absolute(self.current + value)
