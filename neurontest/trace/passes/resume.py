"""Passes that begin at a block: what comes before it is the same however later neurons are set, and computed once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import nn


class Resume:
    """What the first of some blocks read, to begin further passes with.

    Parameters
    ----------
    blocks : sequence of nn.Module
        All of the model's, in order.
    first : int
        The first block that is run again.
    """

    def __init__(self, blocks: Sequence[nn.Module], first: int) -> None:
        self._blocks, self._first = tuple(blocks), first
        self._hidden: list[torch.Tensor] = []
        self._in_tuple = False

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """While it lasts, whole passes leave what the first block reads ``[row, position, hidden]``, in their order.

        If one of them fails, nothing of it is left.
        """
        before = len(self._hidden)

        def read(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            self._hidden.append(args[0] if args else kwargs["hidden_states"])

        def form(_: Any, args: tuple[Any, ...], output: Any) -> None:
            self._in_tuple = isinstance(output, tuple)

        handles = [
            self._blocks[self._first].register_forward_pre_hook(read, with_kwargs=True),
            self._blocks[0].register_forward_hook(form),
        ]
        try:
            yield
        except BaseException:
            del self._hidden[before:]
            raise
        finally:
            for handle in handles:
                handle.remove()

    @contextlib.contextmanager
    def resumed(self, rows: torch.Tensor) -> Iterator[None]:
        """While it lasts, passes skip the blocks before the first one, which reads some recorded rows.

        Parameters
        ----------
        rows : int tensor [row]
            Of the recorded passes.
        """
        import torch

        if not self._hidden:
            raise RuntimeError("resumed before anything was recorded")
        if len(self._hidden) > 1:
            self._hidden = [torch.cat(self._hidden)]
        hidden, skipped = self._hidden[0], self._blocks[: self._first]
        # A model may be spread over several devices.
        here = rows.to(hidden.device)

        def through(value: Any = None, *args: Any, **kwargs: Any) -> Any:
            value = kwargs["hidden_states"] if value is None else value
            return (value,) if self._in_tuple else value

        def begin(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
            if args:
                return (hidden[here], *args[1:]), kwargs
            return args, {**kwargs, "hidden_states": hidden[here]}

        # What others have put in the place of a block's forward method lives in the same dictionary.
        before = [block.__dict__.get("forward") for block in skipped]
        handle = self._blocks[self._first].register_forward_pre_hook(begin, with_kwargs=True)
        try:
            for block in skipped:
                block.__dict__["forward"] = through
            yield
        finally:
            handle.remove()
            for block, forward in zip(skipped, before, strict=True):
                if forward is None:
                    block.__dict__.pop("forward", None)
                else:
                    block.__dict__["forward"] = forward
