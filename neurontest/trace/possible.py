"""The part of a plan that a model can be traced at: a function of plan and model, whoever asks for which of it.

What cannot be traced is noted as a fault and left out. So batches stay the same whether or not somebody asks for what
is at fault, and the claims that do not are none the poorer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from neurontest.errors import StoreError, TraceError
from neurontest.trace.architecture import check_reads, check_writes
from neurontest.trace.faults import Faults
from neurontest.trace.prompts.encoding import check_rows
from neurontest.trace.prompts.remembered import Prompts
from neurontest.trace.selftest.sites import Lengths, checked_sites
from neurontest.trace.sites.find import Site
from neurontest.trace.texts import read_texts, write
from neurontest.types import Positions, TraceGroup

if TYPE_CHECKING:
    from neurontest.trace.store import Store

Batch = TypeVar("Batch")
Written = list[write.Written]


class Possible:
    """What of some groups is possible.

    Parameters
    ----------
    model, tokenizer
        Of transformers.
    prompts : Prompts
        What prompts become; those that are not known are faults already.
    faults : Faults
        Receives what is not.
    padded : bool
        Whether texts of different lengths will stand side by side.
    lengths : Lengths
        That no text exceeds.
    """

    def __init__(
        self, model: Any, tokenizer: Any, prompts: Prompts, faults: Faults, *, padded: bool, lengths: Lengths
    ) -> None:
        self._model, self._tokenizer, self._prompts, self._faults = model, tokenizer, prompts, faults
        self._padded, self._lengths = padded, lengths
        self._tested: dict[tuple[str, ...], tuple[Site, ...] | TraceError] = {}

    def part(self, group: TraceGroup) -> tuple[TraceGroup, tuple[Site, ...]] | None:
        """The positions and sites of a group that the architecture has; None if nothing of it is left.

        The texts that the model writes are, even if nothing can be read meanwhile: others may look for words in them.
        """
        writes = group.needs_text and not read_texts.is_known(group)
        alone: list[tuple[Positions, ...]] = [(where,) for where in group.positions] or [()]
        positions: list[Positions] = []
        for one in alone:
            part = replace(group, positions=one)
            try:
                if writes:
                    check_writes(self._model)
                check_reads(self._model, part)
            except TraceError as error:
                self._faults.note(part, error, text=part.needs_text and not group.match)
            else:
                positions.extend(one)
        if (group.positions and not positions) or (not group.positions and self._faults.within([group])):
            return None
        group = replace(group, positions=tuple(positions))
        names, sites = self._sites(group)
        if sites or not group.sites:
            return replace(group, sites=names), sites
        return (replace(group, sites=(), positions=()), ()) if writes and self._test(()) == () else None

    def rows(self, group: TraceGroup) -> list[write.Row]:
        """The rows of all prompts of a group that can be written on."""
        found = []
        for prompt in group.prompts:
            try:
                ids = self._prompts.of(prompt, group.generation).ids
                check_rows(self._model, self._tokenizer, prompt, ids)
                rows = [write.Row(prompt, sample, ids) for sample in range(group.generation.samples)]
                write.check_lengths(self._model, rows, group.generation)
            except TraceError as error:
                self._faults.note(group, error, text=True, prompts=[prompt])
            except StoreError:
                if self._faults.of_texts([prompt], group.generation) is None:
                    raise
            else:
                found.extend(rows)
        return found

    def texts(self, store: Store, group: TraceGroup) -> list[read_texts.Known]:
        """The texts of a group, known before it is traced, that can be read."""
        found = []
        for prompt in group.prompts:
            try:
                found.extend(
                    read_texts.known_texts(self._model, self._tokenizer, store, replace(group, prompts=(prompt,)))
                )
            except TraceError as error:
                self._faults.note(group, error, text=group.generation.replay is not None, prompts=[prompt])
            except StoreError:
                # The model could not write it.
                cause = self._faults.of_texts([prompt], group.generation)
                if cause is None:
                    raise
                self._faults.note(group, cause, prompts=[prompt])
        return found

    def attempt(
        self, group: TraceGroup, run: Callable[[Sequence[Batch]], Written], prompt: Callable[[Batch], str]
    ) -> Callable[[Sequence[Batch]], Written]:
        """`run`, without the prompts of a batch that turn out to be at fault: the others are run again without them."""

        def tried(batch: Sequence[Batch]) -> Written:
            while batch:
                try:
                    return run(batch)
                except write.UnfitError as error:
                    for one, said in error.faults.items():
                        self.lost(group, one, TraceError(said))
                    batch = [row for row in batch if prompt(row) not in error.faults]
                except TraceError as error:
                    for row in batch:
                        self.lost(group, prompt(row), error)
                    break
            return []

        return tried

    def lost(self, group: TraceGroup, prompt: str, error: TraceError) -> None:
        """Note that a prompt of a group turned out to be at fault."""
        self._faults.note(group, error, text=group.needs_text and not group.match, prompts=[prompt])

    def _sites(self, group: TraceGroup) -> tuple[tuple[str, ...], tuple[Site, ...]]:
        together = self._test(group.sites)
        if not isinstance(together, TraceError):
            return group.sites, together
        found: list[Site] = []
        for name in group.sites:
            alone = self._test((name,))
            if isinstance(alone, TraceError):
                self._faults.note(replace(group, sites=(name,)), alone)
            else:
                found.extend(alone)
        if not group.sites:
            self._faults.note(group, together, text=True)
        return tuple(site.name for site in found), tuple(found)

    def _test(self, names: tuple[str, ...]) -> tuple[Site, ...] | TraceError:
        if names not in self._tested:
            try:
                self._tested[names] = checked_sites(self._model, names, padded=self._padded, lengths=self._lengths)
            except TraceError as error:
                self._tested[names] = error
        return self._tested[names]
