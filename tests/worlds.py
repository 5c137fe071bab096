"""Array worlds whose truth is known: planted concepts among massive dimensions, template neurons and correlated noise.

The worlds of the simulations that the statistics were designed on, smaller: `layers` x `width` neurons with lognormal
noise, noise correlated across layers, a few massive dimensions, three common factors, a prompt's own scale, a template
shift that all concept prompts share, and concept signals whose strength varies from prompt to prompt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from neurontest.arrays import Floats
from neurontest.claims.base import Claim, Traces
from neurontest.claims.grammar import parse
from neurontest.evidence.procedure import evidence_of
from neurontest.kinds import kinds
from neurontest.types import (
    BASELINE,
    Activations,
    Concept,
    Evidence,
    Generation,
    Location,
    PublishedNeuron,
    Selection,
    Statistics,
    Thresholds,
)

Signal = tuple[npt.NDArray[np.intp], Floats]


@dataclass
class World:
    """A model made of arrays. `rng` decides everything."""

    rng: np.random.Generator
    layers: int = 5
    width: int = 120
    massive: int = 6
    rho: float = 0.6
    template: float = 2.5
    _used: int = 0
    sd: Floats = field(init=False)

    def __post_init__(self) -> None:
        rng, size = self.rng, self.layers * self.width
        self.size = size
        self.sd = np.exp(rng.normal(0, 0.35, size))
        self.mean = rng.normal(0, 0.5, size)
        massive = rng.choice(size, self.massive, replace=False)
        self.mean[massive] = rng.uniform(50, 300, self.massive)
        self.sd[massive] = 6.0 * np.exp(rng.normal(0, 0.3, self.massive))
        self.load = rng.normal(0, 0.3, (3, size)) * self.sd
        self._free = rng.permutation(np.setdiff1d(np.arange(size), massive))
        self.shift = np.zeros(size)
        self.shift[self.take(5)] = self.template

    def take(self, count: int) -> npt.NDArray[np.intp]:
        """Neurons that nothing else uses, of equal scale."""
        out = self._free[self._used : self._used + count]
        self._used += count
        self.sd[out] = 1.0
        self.load[:, out] = 0.0
        return out

    def neutral(self, count: int) -> Floats:
        """Baseline prompts."""
        return self._prompts(count) + self.mean

    def concept(self, count: int, signal: Signal | None = None, noise: float = 1.0) -> Floats:
        """Prompts of a concept with these neurons and strengths."""
        out = self._prompts(count) * noise + self.mean + self.shift
        if signal is not None:
            neurons, strengths = signal
            gain = self.rng.gamma(4, 0.25, (count, len(neurons)))
            present = self.rng.random((count, len(neurons))) < 0.8
            out[:, neurons] += gain * present / 0.8 * strengths
        return out

    def _prompts(self, count: int) -> Floats:
        noise = self.rng.normal(size=(count, self.layers, self.width))
        for layer in range(1, self.layers):
            noise[:, layer] = self.rho * noise[:, layer - 1] + np.sqrt(1 - self.rho**2) * noise[:, layer]
        out = noise.reshape(count, self.size) * self.sd + self.rng.normal(size=(count, 3)) @ self.load
        scaled: Floats = out * np.exp(self.rng.normal(0, 0.2, (count, 1)))
        return scaled


def three(world: World, shared_b: int, shared_c: int, gain: float = 1.0) -> tuple[Signal, Signal, Signal]:
    """Signals of a, b, c: a shares some neurons with b, others with c; b and c differ. Equal numbers: equal overlap."""
    strong = np.array([4, 3.5, 3, 2.5, 2, 2]) * gain
    own = np.array([4, 3.5, 3, 3, 2.5, 2.5, 2, 2]) * gain
    ab, ac, only_a, only_b, only_c = (world.take(count) for count in (6, 6, 4, 8, 8))
    a = np.r_[ab[:shared_b], ac[:shared_c], only_a], np.r_[strong[:shared_b], strong[:shared_c], own[:4]]
    b = np.r_[ab[:shared_b], only_b], np.r_[strong[:shared_b], own]
    c = np.r_[ac[:shared_c], only_c], np.r_[strong[:shared_c], own]
    return a, b, c


def prompts_of(name: str, rows: Floats) -> tuple[str, ...]:
    """Texts whose alphabetical order is that of the rows."""
    return tuple(f"{name} {at:03}" for at in range(len(rows)))


def claim_on(
    sentence: str,
    data: Mapping[str, Floats] | Mapping[str, Mapping[str, Floats]],
    baseline: Floats | Mapping[str, Floats],
    *,
    width: int = 120,
    selection: Selection | None = None,
    statistics: Statistics | None = None,
    seed: int = 0,
    groups: Mapping[str, tuple[str, ...]] | None = None,
    published: Mapping[str, tuple[PublishedNeuron, ...]] | None = None,
) -> tuple[Claim, Traces]:
    """A claim about arrays, with its traces.

    `data` holds arrays [prompt, neuron] by concept, or by concept and positions; `groups` the group of each prompt.
    """
    published = published or {}
    kind, terms = parse(sentence, kinds())
    rows = {name: one if isinstance(one, np.ndarray) else next(iter(one.values())) for name, one in data.items()}
    concepts = {
        name: Concept(name, (), published=published[name], site="residual")
        if name in published
        else Concept(name, prompts_of(name, rows[name]), groups=(groups or {}).get(name, ()))
        for name in kind.named(terms, list(rows))
    }
    neutral = baseline if isinstance(baseline, np.ndarray) else next(iter(baseline.values()))
    claim = Claim(
        id=f"claim-{seed}",
        kind=kind,
        sentence=sentence,
        terms=terms,
        concepts=concepts,
        baseline=Concept(BASELINE, prompts_of("neutral", neutral)),
        generation=Generation(seed=seed),
        selection=selection or Selection(),
        # All worlds have the same texts: what is drawn in each is told apart by the seed of the tests alone.
        statistics=replace(statistics, seed=seed or statistics.seed) if statistics else Statistics(seed=seed),
        where=Location("world.yaml", 1, 1),
    )
    traces = {}
    for name, found in [*data.items(), (BASELINE, baseline)]:
        if name != BASELINE and name not in concepts:
            continue
        for where in kind.positions(claim):
            values = (found if isinstance(found, np.ndarray) else found[where]).astype(np.float32)
            digest = sha256(values.tobytes()).hexdigest()
            layers = values.shape[1] // width
            traces[claim.request(name, positions=where)] = Activations(values, layers, width, digest)
    return claim, traces


def evidence_on(
    sentence: str,
    data: Mapping[str, Floats] | Mapping[str, Mapping[str, Floats]],
    baseline: Floats | Mapping[str, Floats],
    thresholds: Sequence[float] = (0.05,),
    **settings: object,
) -> Evidence:
    """The evidence of a claim about arrays."""
    claim, traces = claim_on(sentence, data, baseline, **settings)  # type: ignore[arg-type]
    return evidence_of(claim, traces, Thresholds.of(*thresholds))
