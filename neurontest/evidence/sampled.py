"""A claim's traces as half-samples, in one mode or several, and what is computed from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256

import msgspec
import numpy as np

from neurontest.arrays import Floats, Indices
from neurontest.claims.base import Claim, Traces
from neurontest.claims.exchange import samples_of
from neurontest.errors import EvidenceError
from neurontest.evidence.conclusion import SMALL_BASELINE, Conclusion
from neurontest.neurons.select import ConsistencySelector, MeanSelector, selector
from neurontest.neurons.table import scores_of, unit_names, units
from neurontest.stats.half_samples.half_t import FIRST_PAIRS, HalfT, Hypothesis, half_t, settle
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.stats.streams import Stream
from neurontest.stats.terms import Key
from neurontest.types import BASELINE, Activations, Thresholds, TraceRequest

Hypotheses = Callable[[HalfSamples], Sequence[Hypothesis]]


class Sampled(Conclusion):
    """The half-samples of a claim's concepts.

    Parameters
    ----------
    claim : Claim
        Its kind says in which modes it looks at its prompts.
    traces : mapping from TraceRequest to Activations

    Attributes
    ----------
    n : dict from concept to int
        Prompts of each concept that has any, or groups of prompts.
    sample_of : dict from concept to str
        Concepts that share templates are one sample.
    sizes : dict from sample to int
    m : int
        Prompts in a half-sample, the same for every concept: a concept with more prompts has a more reliable set, and
        so overlaps more with everything.
    """

    def __init__(self, claim: Claim, traces: Traces) -> None:
        self.claim, self.traces = claim, traces
        self.modes = {mode.name: mode for mode in claim.kind.modes(claim)}
        self.n = {name: concept.units for name, concept in claim.concepts.items() if not concept.published}
        self.sample_of = samples_of({name: claim.concepts[name].groups for name in self.n})
        self.sizes = {self.sample_of[name]: count for name, count in self.n.items()}
        self.m = claim.statistics.m or min(self.n.values()) // 2
        if 2 * self.m > min(self.n.values()):
            raise EvidenceError(f"{claim.node}: half-samples of {self.m} prompts need {2 * self.m} prompts a concept")
        self._texts = _texts(claim)
        self.streams = {name: self.stream("halves", name) for name in self.sizes}
        self.samples: HalfSamples | None = None

    def stream(self, purpose: str, *of: str) -> Stream:
        """A random stream of one purpose, for some concepts (or the baseline), or for all that the claim is about.

        It hangs on their prompts and groups, not on what they, the claim or its file are called, nor on the order of
        prompts or concepts: the same question, asked elsewhere, is answered the same.
        """
        texts = [self._texts[name] for name in of] if of else sorted(map(self._texts.__getitem__, self.claim.concepts))
        return Stream(self.claim.statistics.seed, purpose, *texts)

    def request(self, concept: str, mode: str) -> TraceRequest:
        """The traces of a concept, or of the baseline, in a mode."""
        return self.claim.request(concept, positions=self.modes[mode].positions)

    def activations(self, concept: str, mode: str) -> Activations:
        """The traces of a concept, one row for each prompt or group of prompts, or of the baseline, in a mode."""
        request = self.request(concept, mode)
        groups = () if concept == BASELINE else self.claim.concepts[concept].groups
        return units(self.traces[request], request.prompts, groups)

    def units(self, concept: str) -> tuple[str, ...]:
        """What the rows of a concept's traces stand for: its prompts, or groups of prompts."""
        one = self.claim.concepts[concept]
        return unit_names(one.prompts, one.groups)

    def columns(self, concept: str, mode: str, neurons: Indices) -> Floats:
        """Activations [prompt, neuron] of some neurons, ``layer * width + index``, as they were traced."""
        return np.asarray(self.activations(concept, mode).values[:, neurons])

    @property
    def shape(self) -> Activations:
        """The traces of some concept: layers and width are those of all."""
        return self.activations(next(iter(self.n)), next(iter(self.modes)))

    def scores(self, concept: str, mode: str = "", baseline: Indices | None = None) -> Floats:
        """Normalized activations [prompt, neuron]; `baseline` picks rows of the baseline (default: all)."""
        selection = replace(self.claim.selection, normalize=self.modes[mode].normalize)  # type: ignore[arg-type]
        neutral = None
        if self.claim.baseline is not None:
            neutral = self.activations(BASELINE, mode)
            if baseline is not None:
                neutral = replace(neutral, values=neutral.values[baseline])
        return scores_of(selection, self.activations(concept, mode), neutral)

    def selector(self, scores: Floats, smallest: int) -> MeanSelector | ConsistencySelector:
        """The claim's selection over some scores, exact for subsets of at least `smallest` prompts."""
        own = self.claim.selection
        width = self.shape.width if own.identity == "dimension" else None
        if own.k >= (size := width or scores.shape[1]):
            raise EvidenceError(
                f"{self.claim.node}: k is {own.k}, and there are {size} to select from; say a smaller k"
            )
        return self.selector_over(scores, smallest, width)

    def selector_over(self, scores: Floats, smallest: int, width: int | None) -> MeanSelector | ConsistencySelector:
        """The claim's selection over scores of layers of this `width`, if an index counts as one neuron."""
        own = self.claim.selection
        return selector(
            scores, select=own.select, k=own.k, smallest=smallest, per_prompt_k=own.per_prompt_k, width=width
        )

    def full(self, concept: str, mode: str = "", baseline: Indices | None = None) -> Floats:
        """Memberships [neuron] of the set that all prompts of a concept select, or that was published."""
        if concept not in self.n:
            return self.published(concept)
        scores = self.scores(concept, mode, baseline)
        chosen = self.selector(scores, len(scores))
        out = np.zeros(chosen.size)
        out[chosen.columns] = chosen.memberships(np.ones((1, len(scores))))[0]
        return out

    def published(self, concept: str) -> Floats:
        """Memberships [neuron] of a published set.

        Raises
        ------
        EvidenceError
            If the model has no such neuron.
        """
        shape = self.shape
        by_index = self.claim.selection.identity == "dimension"
        out = np.zeros(shape.width if by_index else shape.layers * shape.width)
        for neuron in self.claim.concepts[concept].published:
            if neuron.layer >= shape.layers or neuron.index >= shape.width:
                raise EvidenceError(
                    f"{self.claim.node}: the published set {concept!r} has a neuron in layer {neuron.layer} with index"
                    f" {neuron.index}; the model has layers 0 to {shape.layers - 1} of {shape.width} neurons"
                )
            out[neuron.index if by_index else neuron.layer * shape.width + neuron.index] = 1.0
        return out

    def settle(self, hypotheses: Hypotheses, thresholds: Thresholds) -> list[HalfT]:
        """Half-t tests of some hypotheses; keeps the half-samples as :attr:`samples`."""
        first = HalfSamples.draw(
            self.selectors(), self.sizes, self.m, FIRST_PAIRS, self.streams, self.sample_of, self.fixed()
        )
        extra = self._baseline_variance(first, hypotheses)

        def widened(samples: HalfSamples) -> list[Hypothesis]:
            asked = hypotheses(samples)
            widths = extra or [0.0] * len(asked)
            return [
                replace(one, extra_variance=one.extra_variance + width)
                for one, width in zip(asked, widths, strict=True)
            ]

        self.samples, results = settle(first, self.streams, widened, thresholds.open)
        return results

    def describe(self, hypotheses: Hypotheses) -> list[HalfT]:
        """Half-t results on the half-samples that :meth:`settle` left; described, not decided by."""
        samples = self.half_samples()
        return [half_t(samples, one) for one in hypotheses(samples)]

    def half_samples(self) -> HalfSamples:
        """The half-samples that :meth:`settle` left."""
        if self.samples is None:
            raise EvidenceError(f"{self.claim.node}: described before it was tested")
        return self.samples

    def fixed(self) -> dict[Key, Floats]:
        """Memberships [neuron] of the published sets that the claim is about, in every mode."""
        return {
            (name, mode): self.published(name)
            for name, concept in self.claim.concepts.items()
            if concept.published
            for mode in self.modes
        }

    def selectors(self, baseline: Indices | None = None) -> dict[Key, MeanSelector | ConsistencySelector]:
        """The claim's selection over the scores of each concept in each mode, exact for its half-samples.

        Parameters
        ----------
        baseline : int array [prompt], optional
            Rows of the baseline to subtract the mean of; by default all.
        """
        return {(name, mode): self.selector_of(name, mode, baseline) for name in self.n for mode in self.modes}

    def selector_of(
        self, concept: str, mode: str, baseline: Indices | None = None
    ) -> MeanSelector | ConsistencySelector:
        """That of one concept in one mode."""
        return self.selector(self.scores(concept, mode, baseline), self.m)

    def _baseline_variance(self, whole: HalfSamples, hypotheses: Hypotheses) -> list[float]:
        """Jackknife variance over the prompts of a small baseline, whose noise is common to all sets."""
        size = 0 if self.claim.baseline is None else len(self.claim.baseline.prompts)
        if not self.claim.kind.normalizes(self.claim) or not 2 < size < SMALL_BASELINE:
            return []
        values = []
        for left_out in range(size):
            rows = np.delete(np.arange(size), left_out)
            samples = HalfSamples(self.selectors(rows), whole.halves, whole.sample_of, whole.fixed)
            values.append([one.term.value for one in hypotheses(samples)])
        return [(size - 1) / size * float(spread) for spread in np.var(np.array(values), axis=0) * size]


def _texts(claim: Claim) -> dict[str, str]:
    """A digest of the prompts and groups, or published neurons, of every concept of a claim and of its baseline."""
    everyone = dict(claim.concepts)
    if claim.baseline is not None:
        everyone[BASELINE] = claim.baseline
    out: dict[str, str] = {}
    for name, concept in everyone.items():
        prompts = sorted(zip(concept.prompts, concept.groups or concept.prompts, strict=True))
        said = (prompts, sorted((one.layer, one.index) for one in concept.published))
        digest = sha256(msgspec.json.encode(said)).hexdigest()
        # Concepts of the very same prompts are drawn for each: halves that are the same would share what none else do.
        twins = sum(one.startswith(digest) for one in out.values())
        out[name] = f"{digest}-{twins}" if twins else digest
    return out
