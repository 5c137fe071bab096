"""What the evidence of every kind starts from: a claim's traces as half-samples, in one mode or several.

Imported inside ``Kind.evidence`` only: it needs numpy and scipy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from neurontest.claims.base import Traces
from neurontest.errors import EvidenceError
from neurontest.neurons.normalize import Floats
from neurontest.neurons.select import ConsistencySelector, MeanSelector, selector
from neurontest.neurons.table import scores_of
from neurontest.stats.half_t import FIRST_PAIRS, HalfT, Hypothesis, half_t, settle
from neurontest.stats.halves import Halves, Indices
from neurontest.stats.power import detectable, prompts_needed
from neurontest.stats.streams import Stream
from neurontest.stats.terms import HalfSamples, Key, Term, mean
from neurontest.types import BASELINE, Activations, Claim, Estimate, Evidence, Interval, KeyResult, NullSummary

#: Fewer baseline prompts than this: their own noise is added to the variance, and a warning given.
SMALL_BASELINE = 10
HALF_T_METHOD = "half-sample t"
HALF_T_NULL = "over prompts drawn anew, the effect is no larger than its reference value; nothing is exchanged"

Hypotheses = Callable[[HalfSamples], Sequence[Hypothesis]]


@dataclass(frozen=True)
class Mode:
    """A way to look at the same prompts: `positions` and `normalize` of a selection, under a name."""

    name: str
    positions: str
    normalize: str


class Trial:
    """The half-samples of a claim's concepts.

    Parameters
    ----------
    claim : Claim
    traces : mapping from TraceRequest to Activations
    modes : sequence of Mode
        All modes of a concept share its half-samples. None: the claim's own setting, named ``""``.

    Attributes
    ----------
    m : int
        Prompts in a half-sample, the same for every concept: a concept with more prompts has a more reliable set, and
        so overlaps more with everything.
    """

    def __init__(self, claim: Claim, traces: Traces, modes: Sequence[Mode] | None = None) -> None:
        self.claim, self.traces = claim, traces
        own = claim.selection
        self.modes = {mode.name: mode for mode in modes or [Mode("", own.positions, own.normalize)]}
        self.n = {name: len(concept.prompts) for name, concept in claim.concepts.items()}
        self.m = claim.statistics.m or min(self.n.values()) // 2
        if 2 * self.m > min(self.n.values()):
            raise EvidenceError(f"{claim.node}: half-samples of {self.m} prompts need {2 * self.m} prompts a concept")
        self.streams = {name: self.stream("halves", name) for name in self.n}
        self.samples: HalfSamples | None = None

    def stream(self, *purpose: str) -> Stream:
        """A random stream of this claim."""
        return Stream(self.claim.generation.seed, self.claim.node, *purpose)

    def activations(self, concept: str, mode: str) -> Activations:
        """The traces of a concept, or of the baseline, in a mode."""
        return self.traces[self.claim.request(concept, positions=self.modes[mode].positions)]

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
        width = None
        if own.identity == "dimension":
            width = self.activations(next(iter(self.n)), next(iter(self.modes))).width
        return selector(
            scores, select=own.select, k=own.k, smallest=smallest, per_prompt_k=own.per_prompt_k, width=width
        )

    def full(self, concept: str, mode: str = "", baseline: Indices | None = None) -> Floats:
        """Memberships [neuron] of the set that all prompts of a concept select."""
        scores = self.scores(concept, mode, baseline)
        chosen = self.selector(scores, len(scores))
        out = np.zeros(chosen.size)
        out[chosen.columns] = chosen.memberships(np.ones((1, len(scores))))[0]
        return out

    def settle(self, hypotheses: Hypotheses, thresholds: Sequence[float]) -> list[HalfT]:
        """Half-t tests of some hypotheses; keeps the half-samples as :attr:`samples`."""
        first = HalfSamples.draw(self._selectors(), self.n, self.m, FIRST_PAIRS, self.streams)
        extra = self._baseline_variance(first.halves, hypotheses)

        def widened(samples: HalfSamples) -> list[Hypothesis]:
            return [
                replace(one, extra_variance=variance)
                for one, variance in zip(hypotheses(samples), extra or [0.0] * len(hypotheses(samples)), strict=True)
            ]

        self.samples, results = settle(first, self.streams, widened, thresholds)
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

    def ceiling(self, concept: str, mode: str = "") -> Estimate:
        """What two halves of one concept's prompts share: no overlap with it can be expected to be larger."""
        result = self.describe(lambda s: [Hypothesis(s.within((concept, mode)), level=True)])[0]
        name = f"{concept}{', ' + mode if mode else ''}, two halves of its prompts"
        return self.estimate(name, result, note="ceiling of its overlaps", tested=False)

    def pair(self, a: str, b: str, mode: str = "") -> Estimate:
        """What the sets of two concepts share, from half-samples."""
        result = self.describe(lambda s: [Hypothesis(s.overlap((a, mode), (b, mode)))])[0]
        return self.estimate(f"{a}/{b}", result, tested=False)

    def _selectors(self, baseline: Indices | None = None) -> dict[Key, MeanSelector | ConsistencySelector]:
        return {
            (name, mode): self.selector(self.scores(name, mode, baseline), self.m)
            for name in self.n
            for mode in self.modes
        }

    def _baseline_variance(self, halves: Mapping[str, Halves], hypotheses: Hypotheses) -> list[float]:
        """Jackknife variance over the prompts of a small baseline, whose noise is common to all sets."""
        size = 0 if self.claim.baseline is None else len(self.claim.baseline.prompts)
        used = any(mode.normalize != "raw" for mode in self.modes.values())
        if not used or not 2 < size < SMALL_BASELINE:
            return []
        values = []
        for left_out in range(size):
            rows = np.delete(np.arange(size), left_out)
            values.append([one.term.value for one in hypotheses(HalfSamples(self._selectors(rows), halves))])
        return [(size - 1) / size * float(spread) for spread in np.var(np.array(values), axis=0) * size]

    # What evidence is put together from.

    def key(self, result: HalfT, error_rate: str) -> KeyResult:
        """The half-sample key, from the test that decides it."""
        return KeyResult(
            name="half-sample",
            null=HALF_T_NULL,
            statistic=float(result.t),
            p=result.p,
            p_opposite=result.p_opposite,
            p_floor=0.0,
            df=float(result.df),
            exact=result.exact,
            half_pairs=result.pairs,
            monte_carlo_se=result.se,
            error_rate=error_rate,
        )

    def estimate(
        self, name: str, result: HalfT, *, unit: str = "neurons", note: str = "", tested: bool = True
    ) -> Estimate:
        """A number with its interval and, if it is tested and not only described, what it was tested against."""
        level = self.claim.statistics.confidence
        low, high = result.interval(level)
        return Estimate(
            name,
            result.estimate,
            unit,
            Interval(low, high, level, HALF_T_METHOD),
            result.reference if tested else None,
            note=note,
        )

    def evidence(
        self,
        effect: Estimate,
        decisive: HalfT,
        keys: Sequence[KeyResult],
        nulls: Sequence[NullSummary],
        details: Sequence[Estimate],
        thresholds: Sequence[float],
        *,
        side: int = 1,
        p: float | None = None,
        p_opposite: float | None = None,
        warnings: Sequence[str] = (),
    ) -> Evidence:
        """The evidence of the claim; `decisive` is the half-t test that power is judged by."""
        strictest = min(thresholds)
        distance = side * (decisive.estimate - decisive.reference)
        size = 0 if self.claim.baseline is None else len(self.claim.baseline.prompts)
        found = list(warnings)
        if any(mode.normalize != "raw" for mode in self.modes.values()) and size < SMALL_BASELINE:
            found.append(
                f"the baseline has {size} prompts: its noise is common to all sets and raises every overlap;"
                " 20 or more are advised"
            )
        return Evidence(
            effect=effect,
            keys=tuple(keys),
            p=max(key.p for key in keys) if p is None else p,
            p_opposite=decisive.p_opposite if p_opposite is None else p_opposite,
            nulls=tuple(nulls),
            details=tuple(details),
            prompts=dict(self.n),
            m=self.m,
            detectable=detectable(decisive.variance, decisive.df, strictest),
            needed=prompts_needed(decisive.variance, min(self.n.values()), distance, strictest),
            warnings=tuple(found),
        )


def distinctness(samples: HalfSamples, names: Sequence[str], mode: str = "") -> tuple[Term, Term, Term]:
    """``D``, and what it is the difference of: mean overlap within concepts, mean overlap between them."""
    within = mean([samples.within((name, mode)) for name in names])
    pairs = [(a, b) for at, a in enumerate(names) for b in names[at + 1 :]]
    between = mean([samples.overlap((a, mode), (b, mode)) for a, b in pairs])
    return within - between, within, between


def t_null(result: HalfT) -> NullSummary:
    """Student's t, with the observed t to be drawn in it."""
    return NullSummary(kind="t", observed=float(result.t), df=float(result.df))
