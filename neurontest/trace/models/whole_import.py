"""Importing torch, whole: an import that a limit of time cuts short cannot be repeated, and ends the process later."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def later() -> Iterator[None]:
    """Alarms and interrupts that arrive within are heard at the end."""
    names = [name for name in ("SIGALRM", "SIGINT") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are heard in the main thread alone
        return
    heard: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        heard.append(number)

    before = {name: signal.signal(getattr(signal, name), note) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), signal.SIG_DFL if handler is None else handler)
        for number in dict.fromkeys(heard):
            signal.raise_signal(number)


def import_torch() -> None:
    """Import torch; a limit of time that is over in between ends the test as soon as that is done."""
    with later():
        import torch  # noqa: F401
