"""How many threads of the processor compute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


def threads() -> int:
    """As many as torch computes with in this process."""
    import torch

    return int(torch.get_num_threads())


@contextmanager
def with_threads(count: int) -> Iterator[None]:
    """Compute with so many threads, and afterwards with as many as before."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
