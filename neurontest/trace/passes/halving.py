"""Batches that are halved when memory does not suffice for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from neurontest.errors import TraceError
from neurontest.text import quoted

Row = TypeVar("Row")
Result = TypeVar("Result")

#: What allocators other than CUDA's say; they raise a plain RuntimeError.
_WORDS = ("not enough memory", "out of memory", "can't allocate memory")


class Halving:
    """Batches run one after another, in halves where memory does not suffice.

    What was too much once is not tried again: all later batches are cut to the size that was left.

    Parameters
    ----------
    on_halved : callable
        Told how many texts a batch has from now on.
    """

    def __init__(self, on_halved: Callable[[int], None]) -> None:
        self._on_halved = on_halved
        self._most: int | None = None

    def each(
        self,
        batches: Iterable[Sequence[Row]],
        run: Callable[[Sequence[Row]], Result],
        prompt: Callable[[Row], str],
        lost: Callable[[str, TraceError], None] | None = None,
    ) -> Iterator[Result]:
        """Yield what `run` makes of each batch, or of its parts; `prompt` tells the prompt of a row.

        Where memory does not suffice for a single row, `lost` is told of its prompt, and the others go on.

        Raises
        ------
        TraceError
            The same, if nobody is to be told.
        """
        waiting = deque(batches)
        while waiting:
            batch = waiting.popleft()
            most = self._most
            if most is not None and len(batch) > most:
                waiting.extendleft(reversed([batch[start : start + most] for start in range(0, len(batch), most)]))
                continue
            done = _attempt(run, batch)
            if done:
                yield done[0]
                continue
            if len(batch) == 1:
                error = TraceError(
                    f"Memory does not suffice for the prompt {quoted(prompt(batch[0]))} even in a batch of its own; "
                    "shorten its text, or use --concept-dtype bfloat16."
                )
                if lost is None:
                    raise error
                lost(prompt(batch[0]), error)
                continue
            self._most = (len(batch) + 1) // 2
            self._on_halved(self._most)
            waiting.appendleft(batch)


def _attempt(run: Callable[[Sequence[Row]], Result], batch: Sequence[Row]) -> list[Result]:
    """What `run` makes of the batch, in a list; an empty one if memory did not suffice."""
    import torch

    try:
        return [run(batch)]
    except RuntimeError as error:
        known = isinstance(error, torch.OutOfMemoryError)
        if not known and not any(word in str(error).lower() for word in _WORDS):
            raise
    # Only now is the error gone, and with it the frames that held on to the batch's tensors.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return []
