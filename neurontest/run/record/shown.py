"""What reports show besides verdicts: neuron sets, their overlaps and the texts, as far as they were traced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from neurontest.claims.suite import Suite
from neurontest.errors import StoreError, TraceError
from neurontest.run.traced import Traced
from neurontest.types import (
    BASELINE,
    Activations,
    Concept,
    Continuation,
    Generation,
    NeuronSet,
    Notice,
    OverlapMatrix,
    PublishedNeuron,
    Selection,
    TextsRecord,
    TraceRequest,
    drawn_selections,
)


def standard_selections(suite: Suite) -> tuple[Selection, ...]:
    """The suite's own selection raw and normalized, over all tokens and at the last: the write-up's figures."""
    return _beside(suite, suite.selection)


def _beside(suite: Suite, own: Selection) -> tuple[Selection, ...]:
    normalized = own.normalize if own.normalize != "raw" else "difference"
    hows = ("raw", normalized) if suite.baseline else ("raw",)
    return tuple(
        replace(drawn, normalize=how)  # type: ignore[arg-type]
        for drawn in drawn_selections(own)
        for how in hows
    )


def _claimed(suite: Suite) -> list[Selection]:
    return [claim.selection for claim in suite.claims if claim.generation == suite.generation]


def selections_of(suite: Suite) -> tuple[Selection, ...]:
    """Every selection under which the suite looks at its own texts, each once, the suite's own first."""
    return tuple(dict.fromkeys([suite.selection, *standard_selections(suite), *_claimed(suite)]))


def drawn(suite: Suite) -> dict[Selection, Selection]:
    """The selections of which overlaps are drawn, by what each stands beside: the suite's, and those of its claims."""
    out: dict[Selection, Selection] = {}
    for own in dict.fromkeys([suite.selection, *_claimed(suite)]):
        for selection in _beside(suite, own):
            # What neurons are set to selects none.
            out.setdefault(replace(selection, ablate="mean"), own)
    return out


def comparable(suite: Suite, selection: Selection) -> dict[str, tuple[PublishedNeuron, ...]]:
    """The published sets that sets selected so can be laid beside: those of the same site, neuron by neuron."""
    # A dimension has no layer: what it would mean for a published neuron to be one, the publication does not say.
    if selection.identity == "dimension":
        return {}
    return {name: one.published for name, one in suite.concepts.items() if one.published and one.site == selection.site}


def overlap_matrix(
    own: Selection, selection: Selection, concepts: tuple[str, ...], counts: tuple[tuple[float, ...], ...]
) -> OverlapMatrix:
    """One of the report's heatmaps, beside those of the selection that it was drawn for."""
    plain = Selection()
    # The same for all that stand side by side, though nothing of it can be said of the last token.
    reading = {name: getattr(own, name) for name in ("match", "exclude_first", "reduce")}
    return OverlapMatrix(
        setting={
            "site": selection.site,
            "normalize": selection.normalize,
            "select": selection.select,
            "k": selection.k,
            "identity": selection.identity,
            **{name: value for name, value in reading.items() if value != getattr(plain, name)},
        },
        kind="raw" if selection.normalize == "raw" else "normalized",
        positions=selection.positions,
        concepts=concepts,
        counts=counts,
    )


class Shown:
    """A suite's neuron sets, overlaps and texts.

    Parameters
    ----------
    suite : Suite
    traced : Traced
    notice : Notice
        Told of what should be there and is not.
    """

    def __init__(self, suite: Suite, traced: Traced, notice: Notice) -> None:
        self._suite, self._traces, self._notice = suite, traced, notice
        self._traced = {name: concept for name, concept in suite.concepts.items() if not concept.published}

    def requests(self, concept: Concept, selection: Selection) -> list[TraceRequest]:
        """The traces that a concept's set is selected from: its own, and the baseline's if there is one."""
        lists = [(concept.prompts, selection.reading)]
        if self._suite.baseline:
            lists.append((self._suite.baseline.prompts, selection.neutral))
        return [TraceRequest(prompts, self._suite.generation, selection.site, where) for prompts, where in lists]

    def _activations(self, concept: Concept, selection: Selection) -> tuple[Activations, Activations | None]:
        from neurontest.neurons.table import units

        own, *neutral = (self._traces.read(one) for one in self.requests(concept, selection))
        return units(own, concept.prompts, concept.groups), neutral[0] if neutral else None

    def set_of(self, concept: str, selection: Selection) -> NeuronSet:
        """The neuron set of a concept.

        Raises
        ------
        StoreError
            If it was not traced.
        """
        from neurontest.neurons.table import neuron_set

        return neuron_set(concept, selection, *self._activations(self._traced[concept], selection))

    def sets(self) -> dict[str, list[NeuronSet]]:
        """Every concept's sets, by concept, under every selection that the suite looks at."""
        out: dict[str, list[NeuronSet]] = {name: [] for name in self._traced}
        for selection in selections_of(self._suite):
            for name, found in out.items():
                with self._tells(self.requests(self._traced[name], selection)):
                    found.append(self.set_of(name, selection))
        return out

    @contextmanager
    def _tells(self, requests: Sequence[TraceRequest]) -> Iterator[None]:
        """Go on without what is not there; what should be is told of."""
        try:
            yield
        except TraceError:
            # It has no such positions, or cannot be traced: who asked for it was told.
            return
        except StoreError as error:
            # Else nobody asked about a claim that needs it.
            if all(map(self._traces.was_asked_for, requests)):
                self._notice(f"the report is not whole: {error}")

    def matrices(self) -> tuple[OverlapMatrix, ...]:
        """The report's heatmaps."""
        from neurontest.neurons.overlap import matrix, side_by_side
        from neurontest.neurons.table import full_set

        out = []
        for selection, own in drawn(self._suite).items() if self._traced else ():
            read = {}
            for name, concept in self._traced.items():
                with self._tells(self.requests(concept, selection)):
                    read[name] = self._activations(concept, selection)
            if not read:
                continue
            sets = side_by_side(
                {name: full_set(selection, values, neutral) for name, (values, neutral) in read.items()},
                comparable(self._suite, selection),
                width=next(iter(read.values()))[0].width,
                identity=selection.identity,
            )
            names = tuple(name for name in self._suite.concepts if name in sets)
            out.append(overlap_matrix(own, selection, names, matrix([sets[name] for name in names])))
        return tuple(out)

    def texts(self) -> dict[str, tuple[Continuation, ...]]:
        """What the model wrote, by concept; nothing where it wrote nothing. Further baselines by ``baseline 2`` on."""
        named = {concept.name: concept for concept in self._traced.values()}
        if self._suite.baseline:
            named[BASELINE] = self._suite.baseline
        named |= {f"baseline {number}": one for number, one in enumerate(self._suite.baselines, start=2)}
        out: dict[str, tuple[Continuation, ...]] = {}
        for name, concept in named.items():
            out[name] = ()
            try:
                out[name] = self._traces.texts(concept.prompts)
            except TraceError:
                continue
            except StoreError as error:
                if self._traces.wrote(concept.prompts):
                    self._notice(f"the report is not whole: {error}")
        return out

    def others(self) -> tuple[TextsRecord, ...]:
        """What claims have read whose texts are written in another way than the suite's, way by way, as far as asked.

        The texts of further baselines are among them, as they are traced together with the first.
        """
        lists: dict[Generation, dict[tuple[str, ...], Generation]] = {}
        for claim in self._suite.claims:
            if claim.skip is None and claim.generation.way != self._suite.generation.way:
                neutral = [claim.baseline, *self._suite.baselines] if claim.baseline else []
                own = lists.setdefault(claim.generation.way, {})
                for concept in (*claim.concepts.values(), *neutral):
                    own.setdefault(concept.prompts, claim.generation)
        out = []
        for way, asked in lists.items():
            found: dict[tuple[str, int], Continuation] = {}
            for prompts, generation in asked.items():
                if not self._traces.wrote(prompts, generation):
                    continue
                try:
                    texts = self._traces.texts(prompts, generation)
                except TraceError:
                    continue
                except StoreError as error:
                    self._notice(f"the record is not whole: {error}")
                    continue
                found.update(((one.prompt, one.sample), one) for one in texts)
            if found:
                out.append(TextsRecord(way, tuple(found.values())))
        return tuple(out)
