"""The drift of a suite's concepts since a reference: each way of looking at one is computed once, and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping

import msgspec

from neurontest.claims.suite import Family
from neurontest.errors import EvidenceError
from neurontest.gate.neurons.drifts import Asked, Same, asked_by, drift_of
from neurontest.gate.neurons.matching import MATCHING_VERSION
from neurontest.gate.reference.then import Read, Then
from neurontest.run.cache import Cache, substance
from neurontest.types import ConceptDrift, Notice, Selection

#: Changed whenever the same reference and traces would give another drift.
DRIFT_VERSION = 1


class Drifts:
    """What is found of the concepts that families are about.

    Parameters
    ----------
    then : Then
        The reference.
    notice : Notice
        Told of what cannot be computed.
    cache : Cache, optional
        Where it is kept.
    """

    def __init__(self, then: Then, notice: Notice, cache: Cache[ConceptDrift] | None = None) -> None:
        self._then, self._notice, self._cache = then, notice, cache
        self._found: dict[Same, ConceptDrift] = {}

    def look(self, family: Family, traces: Read, unlike: Mapping[str, str], unmatched: Callable[[Asked], str]) -> None:
        """Find out about the concepts that a family's claims are about, as far as that is not known.

        Parameters
        ----------
        traces : mapping from TraceRequest to Activations, or to Pruned
            All that these claims request of the model at hand.
        unlike : mapping from claim id to str
            Of claims that cannot be compared, why.
        unmatched : callable
            Why a concept's neurons cannot be told by what they do; empty if they can.
        """
        for asked in asked_by(family, self._then, unlike):
            known = self._found.get(asked.same)
            if known is not None and known.m >= asked.m:
                continue
            try:
                self._found[asked.same] = self._kept(asked, traces, unmatched(asked))
            except EvidenceError as error:
                self._notice(f"how far the neurons of {asked.concept} have moved is not known: {error}")

    def found(self, concepts: Iterable[str]) -> tuple[ConceptDrift, ...]:
        """What was found: setting by setting, and of each setting concept by concept in this order."""
        order = {name: at for at, name in enumerate(concepts)}
        settings: dict[Selection, int] = {}
        for one in self._found.values():
            settings.setdefault(one.selection, len(settings))
        return tuple(sorted(self._found.values(), key=lambda one: (settings[one.selection], order[one.concept])))

    def _kept(self, asked: Asked, traces: Read, unmatched: str) -> ConceptDrift:
        def make() -> dict[str, ConceptDrift]:
            return {asked.concept: drift_of(asked, self._then, traces, unmatched)}

        found = make() if self._cache is None else self._cache.keep_or_find(self._key(asked, traces, unmatched), make)
        return found[asked.concept]

    def _key(self, asked: Asked, traces: Read, unmatched: str) -> str:
        digests = [traces[request].digest for request in asked.requests]  # type: ignore[union-attr]
        said = [
            DRIFT_VERSION,
            MATCHING_VERSION,
            substance(asked.now),
            digests,
            self._then.reference.checksum,
            unmatched,
        ]
        return hashlib.sha256(b"drift" + msgspec.json.encode(said, order="deterministic")).hexdigest()
