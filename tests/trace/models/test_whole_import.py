from __future__ import annotations

import signal
import threading

import pytest

from neurontest.trace.models.whole_import import later


def test_signals_are_heard_at_the_end_and_handlers_are_what_they_were() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: heard.append(number))
    mine = signal.getsignal(signal.SIGALRM)
    try:
        with later():
            signal.raise_signal(signal.SIGALRM)
            signal.raise_signal(signal.SIGALRM)
            assert heard == []
        assert heard == [signal.SIGALRM]
        assert signal.getsignal(signal.SIGALRM) is mine
        with pytest.raises(KeyboardInterrupt), later():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_outside_of_the_main_thread_nothing_is_changed() -> None:
    done: list[bool] = []

    def work() -> None:
        with later():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
