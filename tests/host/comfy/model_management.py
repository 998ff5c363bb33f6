"""The interrupt flag. It belongs to the process: ComfyUI runs one graph at a time."""

import threading

_interrupted = threading.Event()


class InterruptProcessingException(Exception):
    """Raised inside a node when the person at the page pressed Interrupt."""


def interrupt_current_processing(value: bool = True) -> None:
    if value:
        _interrupted.set()
    else:
        _interrupted.clear()


def processing_interrupted() -> bool:
    return _interrupted.is_set()


def throw_exception_if_processing_interrupted() -> None:
    if _interrupted.is_set():
        _interrupted.clear()
        raise InterruptProcessingException
