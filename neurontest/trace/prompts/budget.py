"""Work on what strangers have written, in a process of its own with a budget of time and memory.

A chat template is a program and a tokenizer's patterns are next to one: either may run for ever, within one call that
nothing in this process could end. A copy of the process can be ended at any time, and is cheap: it begins with all that
is imported and loaded here.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import math
import os
import select
import signal
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurontest import errors
from neurontest.errors import ModelError, NeurontestError
from neurontest.text import quoted


@dataclass(frozen=True)
class Budget:
    """What a stage of the work may take.

    Attributes
    ----------
    seconds : int
        Of processor time: a machine that is busy with other things takes nothing from it.
    memory : int
        Bytes beyond what the process has when the stage begins.
    """

    seconds: int
    memory: int


#: To read a configuration and a tokenizer: some are made anew from another format, which takes the largest ten seconds.
READING = Budget(60, 4 << 30)
#: To render and tokenize prompts, hundreds of times what the longest of ordinary templates take.
RENDERING = Budget(10, 1 << 30)

#: Seconds of waiting for each second of processor time: what takes longer waits for something that never comes.
_PATIENCE = 6
#: Bytes that the work may hand back.
_MOST = 256 << 20

#: ``enter(stage, budget)``: what follows is called so in a message, and has this budget.
Enter = Callable[[str, Budget], None]


def within(work: Callable[[Enter], Any]) -> Any:
    """What `work` returns, which must be plain JSON values.

    Raises
    ------
    NeurontestError
        As `work` raises it; a ModelError if a stage goes over its budget, or raises something else.
    """
    if not hasattr(os, "fork"):  # there is no such process to be had on this platform, and no limit of memory
        return work(lambda stage, budget: None)
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        # Later Pythons warn of threads, which the copy does not have; it does nothing that would wait for one.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:  # pragma: no cover - another process
        os.close(reader)
        _be_the_child(work, writer)
    os.close(writer)
    status: int | None = None
    try:
        said, is_late = _hear(reader)
        if is_late:
            os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
    finally:
        os.close(reader)
        if status is None:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return _made_of(said, status, is_late)


def _hear(reader: int) -> tuple[list[dict[str, Any]], bool]:
    """What the other process says, and whether it did not come to an end."""
    heard = b""
    deadline = time.monotonic() + _PATIENCE * READING.seconds
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or len(heard) > _MOST:
            return _lines(heard), True
        if not select.select([reader], [], [], left)[0]:
            continue
        part = os.read(reader, 1 << 16)
        if not part:
            return _lines(heard), False
        heard += part
        if part.endswith(b"\n") and len(part) < 1 << 12:
            stages = [line for line in _lines(heard) if "stage" in line]
            if stages:
                deadline = min(deadline, time.monotonic() + _PATIENCE * stages[-1]["seconds"])


def _lines(heard: bytes) -> list[dict[str, Any]]:
    found = []
    for line in heard.split(b"\n"):
        with suppress(ValueError):  # a line that was cut off is none
            found.append(json.loads(line))
    return [line for line in found if isinstance(line, dict)]


def _made_of(said: list[dict[str, Any]], status: int, is_late: bool) -> Any:
    last = said[-1] if said else {}
    if "result" in last:
        return last["result"]
    if "error" in last:
        raise getattr(errors, last["error"], ModelError)(last["message"])
    stage, seconds, memory = last.get("stage", "The work"), last.get("seconds", 0), last.get("memory", 0)
    if is_late or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        raise ModelError(f"{stage} took more than {seconds} s of processor time, and was stopped.")
    # Libraries that are not written in Python end the process where there is no memory left.
    raise ModelError(f"{stage} took more than {memory >> 20} MB of memory, or crashed.")


def _be_the_child(work: Callable[[Enter], Any], writer: int) -> None:  # pragma: no cover - another process
    stage, code = "The work", 1
    try:
        _settle_in()

        def enter(name: str, budget: Budget) -> None:
            nonlocal stage
            stage = name
            _write(writer, {"stage": name, "seconds": budget.seconds, "memory": budget.memory})
            _limit(budget)

        try:
            said = {"result": work(enter)}
        except NeurontestError as error:
            said = {"error": type(error).__name__, "message": str(error)}
        except MemoryError:
            gc.collect()
            said = {"error": "ModelError", "message": f"{stage} took more memory than it may, and was stopped."}
        except BaseException as error:
            message = f"{stage} failed: {type(error).__name__}: {quoted(str(error), 200)}."
            said = {"error": "ModelError", "message": message}
        _write(writer, said)
        code = 0
    finally:
        # Neither what is to be done at the end of the run nor anybody's buffered output is this process's.
        os._exit(code)


def _settle_in() -> None:  # pragma: no cover - another process
    import resource

    faulthandler.disable()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    for number in (signal.SIGXCPU, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Else a library of tokenizers says in the terminal that its threads are gone.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"


def _limit(budget: Budget) -> None:  # pragma: no cover - another process
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    seconds = math.ceil(used.ru_utime + used.ru_stime) + budget.seconds
    resource.setrlimit(resource.RLIMIT_CPU, (seconds if most < 0 else min(seconds, most), most))
    with suppress(OSError, ValueError):  # where the system does not say, time alone is the limit
        size = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (size + budget.memory, most))


def _write(writer: int, said: dict[str, Any]) -> None:  # pragma: no cover - another process
    data = json.dumps(said).encode() + b"\n"
    while data:
        data = data[os.write(writer, data) :]
