"""What of a plan cannot be traced, and why: a fault is told to whoever asks for what it is of, and to nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from neurontest.errors import TraceError
from neurontest.types import Generation, Reading, TraceGroup, TraceRequest


@dataclass(frozen=True)
class Fault:
    """A part of a plan that cannot be traced.

    Attributes
    ----------
    part : TraceGroup
        Every one of its prompts at every one of its sites and positions.
    said : str
        Why, in a sentence.
    text : bool
        Nor can the texts themselves be had.
    """

    part: TraceGroup
    said: str
    text: bool = False

    def is_of(self, request: TraceRequest) -> bool:
        """Whether a request asks for some of it."""
        return (
            request.generation == self.part.generation
            and request.site in self.part.sites
            and request.positions in self.part.positions
            and not set(self.part.prompts).isdisjoint(request.prompts)
        )


class Faults:
    """The faults of a plan, as they are found."""

    def __init__(self) -> None:
        self.found: dict[Fault, None] = {}

    def note(self, part: TraceGroup, error: TraceError, *, text: bool = False, prompts: Iterable[str] = ()) -> None:
        """Note that a part, or some prompts of it, cannot be traced."""
        some = tuple(prompts)
        self.found[Fault(replace(part, prompts=some) if some else part, str(error), text)] = None

    def told(self) -> list[dict[str, Any]]:
        """All of them, for another process; plain JSON values."""
        return [
            msgspec.to_builtins({**vars(fault.part), "said": fault.said, "text": fault.text}) for fault in self.found
        ]

    def hear(self, told: Iterable[Mapping[str, Any]]) -> None:
        """Note what another process found."""
        for one in told:
            part = TraceGroup(
                msgspec.convert(one["generation"], Generation),
                tuple(one["prompts"]),
                tuple(one["sites"]),
                msgspec.convert(one["positions"], tuple[str | Reading, ...]),
            )
            self.found[Fault(part, one["said"], one["text"])] = None

    def of(self, request: TraceRequest) -> TraceError | None:
        """The first fault of what a request asks for; None if it has none."""
        return next((TraceError(fault.said) for fault in self.found if fault.is_of(request)), None)

    def of_texts(self, prompts: Iterable[str], generation: Generation) -> TraceError | None:
        """The same of texts."""
        some = set(prompts)
        return next(
            (
                TraceError(fault.said)
                for fault in self.found
                if fault.text and fault.part.generation == generation and not some.isdisjoint(fault.part.prompts)
            ),
            None,
        )

    def within(self, groups: Iterable[TraceGroup]) -> TraceError | None:
        """The first fault of some groups; None if they have none."""
        ways = {(group.generation, group.match) for group in groups}
        known = (TraceError(one.said) for one in self.found if (one.part.generation, one.part.match) in ways)
        return next(known, None)
