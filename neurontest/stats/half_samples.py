"""The sets that half-samples select, and what follows from them: overlaps as terms, and their variance over prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from neurontest.stats.halves import Halves, draw_halves, halves_of, jackknife_variance, paired
from neurontest.stats.streams import Stream
from neurontest.stats.terms import Floats, Key, Selectable, Selector, Term, mean

_CHUNK = 4096
_NONE: Mapping[str, str] = MappingProxyType({})
_NOTHING: Mapping[Key, Floats] = MappingProxyType({})


class HalfSamples:
    """The sets selected by half-samples of some concepts.

    Parameters
    ----------
    selectors : mapping from Key to Selector
    halves : mapping from sample to Halves
        One for each independent sample of prompts.
    sample_of : mapping from concept to sample
        Concepts that share templates are one sample, the templates: their half-samples are the same, and their sets are
        only ever compared on disjoint ones. By default every concept is a sample of its own.
    fixed : mapping from Key to float64 array [neuron]
        Memberships of sets that were published, and come from no prompts at hand: they have no variance.
    """

    def __init__(
        self,
        selectors: Mapping[Key, Selector],
        halves: Mapping[str, Halves],
        sample_of: Mapping[str, str] = _NONE,
        fixed: Mapping[Key, Floats] = _NOTHING,
    ) -> None:
        self.selectors: Mapping[Key, Selectable] = selectors
        self.halves = halves
        self.sample_of = sample_of
        self.fixed = fixed
        self.sets: dict[Key, Floats] = {
            key: selector.memberships(halves[self.sample(key)].subsets) for key, selector in selectors.items()
        }
        self._drawn_from = selectors

    @classmethod
    def given(
        cls,
        neurons: Mapping[Key, Selectable],
        sets: dict[Key, Floats],
        halves: Mapping[str, Halves],
        sample_of: Mapping[str, str] = _NONE,
        fixed: Mapping[Key, Floats] = _NOTHING,
    ) -> HalfSamples:
        """Sets [subset, column] that were selected already, of half-samples that are never added to."""
        out = cls({}, halves, sample_of, fixed)
        out.selectors, out.sets = neurons, sets
        return out

    @classmethod
    def draw(
        cls,
        selectors: Mapping[Key, Selector],
        n: Mapping[str, int],
        m: int,
        pairs: int,
        streams: Mapping[str, Stream],
        sample_of: Mapping[str, str] = _NONE,
        fixed: Mapping[Key, Floats] = _NOTHING,
    ) -> HalfSamples:
        """Enumerate or draw half-samples of `m` of the `n` prompts of each sample."""
        halves = {name: halves_of(count, m, pairs, streams[name]) for name, count in n.items()}
        return cls(selectors, halves, sample_of, fixed)

    def sample(self, key: Key) -> str:
        """The sample of prompts that a concept's half-samples are drawn from."""
        return self.sample_of.get(key[0], key[0])

    @property
    def exact(self) -> bool:
        """No half-sample was drawn by chance."""
        return all(halves.exact for halves in self.halves.values())

    @property
    def pairs(self) -> int:
        """Pairs of half-samples of a concept (the most, if concepts differ)."""
        return max(len(halves.first) for halves in self.halves.values())

    def extended(self, streams: Mapping[str, Stream]) -> HalfSamples:
        """The same with twice the pairs of each concept whose halves are drawn; `streams` go on where they were."""
        fresh = {
            name: draw_halves(halves.n, halves.m, len(halves.first), streams[name])
            for name, halves in self.halves.items()
            if not halves.exact
        }
        selectors = {key: one for key, one in self._drawn_from.items() if self.sample(key) in fresh}
        more = HalfSamples(selectors, fresh, self.sample_of)
        halves = {
            name: paired(np.concatenate([old.subsets, fresh[name].subsets])) if name in fresh else old
            for name, old in self.halves.items()
        }
        sets = {
            key: np.concatenate([old, more.sets[key]]) if key in more.sets else old for key, old in self.sets.items()
        }
        return self._with(halves, sets)

    def batches(self, count: int) -> list[HalfSamples]:
        """The drawn pairs dealt to `count` batches in the order of drawing; enumerated halves are in each whole."""
        out = []
        for batch in range(count):
            halves, sets = dict(self.halves), dict(self.sets)
            for name, old in self.halves.items():
                if old.exact:
                    continue
                size = len(old.first) // count
                halves[name] = old.take(batch * size, (batch + 1) * size)
                for key in sets:
                    if self.sample(key) == name:
                        sets[key] = self.sets[key][2 * batch * size : 2 * (batch + 1) * size]
            out.append(self._with(halves, sets))
        return out

    def _with(self, halves: Mapping[str, Halves], sets: dict[Key, Floats]) -> HalfSamples:
        other = HalfSamples.__new__(HalfSamples)
        other.selectors, other.halves, other.sets = self.selectors, halves, sets
        other.sample_of, other.fixed, other._drawn_from = self.sample_of, self.fixed, self._drawn_from
        return other

    def pi(self, key: Key) -> Floats:
        """Selection probabilities [neuron]."""
        if key in self.fixed:
            return self.fixed[key]
        selector = self.selectors[key]
        out = np.zeros(selector.size)
        out[selector.columns] = self.sets[key].mean(axis=0)
        return out

    def overlap(self, a: Key, b: Key) -> Term:
        """Expected overlap of the sets of two concepts, each from m fresh prompts: ``<pi_a, pi_b>``.

        Concepts of one sample are compared on disjoint halves of it.
        """
        if a[0] == b[0]:
            raise ValueError(f"{a[0]!r} with itself: use within or cross, whose halves are disjoint")
        pi_a, pi_b = self.pi(a), self.pi(b)
        paired = not {a, b} & self.fixed.keys() and self.sample(a) == self.sample(b)
        value = (self._across(a, b) + self._across(b, a)) / 2 if paired else float(pi_a @ pi_b)
        return Term(value, {key: pi for key, pi in ((a, pi_b), (b, pi_a)) if key not in self.fixed})

    def within(self, a: Key) -> Term:
        """Expected overlap of two sets of one concept from disjoint halves: the ceiling of its overlaps."""
        pi = self.pi(a)
        return Term(self._across(a, a), {a: 2 * pi}, {a: 2 * pi})

    def cross(self, a: Key, b: Key) -> Term:
        """Expected overlap of the sets of one concept in two modes, from disjoint halves."""
        if a[0] != b[0]:
            raise ValueError(f"cross compares two modes of one concept, not {a[0]!r} and {b[0]!r}")
        return Term((self._across(a, b) + self._across(b, a)) / 2, {a: self.pi(b), b: self.pi(a)})

    def _across(self, a: Key, b: Key) -> float:
        halves = self.halves[self.sample(a)]
        left, right = self.sets[a], self.sets[b]
        if a != b:
            shared, at_a, at_b = np.intersect1d(
                self.selectors[a].columns, self.selectors[b].columns, assume_unique=True, return_indices=True
            )
            if not len(shared):
                return 0.0
            left, right = left[:, at_a], right[:, at_b]
        total = 0.0
        for start in range(0, len(halves.first), _CHUNK):
            stop = start + _CHUNK
            total += float(np.einsum("pc,pc->", left[halves.first[start:stop]], right[halves.second[start:stop]]))
        return total / len(halves.first)

    def variance(self, term: Term, *, level: bool) -> float:
        """Sampling variance of a term over prompts, floored at one neuron flipping with probability 1/n a concept.

        Parameters
        ----------
        level : bool
            The term is a level of split-half overlaps, not a difference of levels: their part counts twice.
        """
        names = {self.sample(key) for key in term.gradient}
        return max(self.spread(term, level=level), sum(1 / self.halves[name].n ** 2 for name in names))

    def spread(self, term: Term, *, level: bool) -> float:
        """:meth:`variance` without its floor; 0 if no prompt's presence moves the term."""
        names = {self.sample(key) for key in term.gradient}
        total = sum(self._jackknife(name, term.gradient) for name in names)
        if level:
            total += sum(self._jackknife(name, term.split) for name in {self.sample(key) for key in term.split})
        return total

    def _jackknife(self, name: str, gradient: Mapping[Key, Floats]) -> float:
        halves = self.halves[name]
        values = sum(
            self.sets[key] @ vector[self.selectors[key].columns]
            for key, vector in gradient.items()
            if self.sample(key) == name
        )
        return jackknife_variance(halves.subsets, np.asarray(values, dtype=np.float64), exact=halves.exact)

    def df(self, term: Term) -> int:
        """Degrees of freedom: the smallest sample's prompts less one."""
        return min(self.halves[self.sample(key)].n for key in term.gradient) - 1


def distinctness(samples: HalfSamples, names: Sequence[str], mode: str = "") -> tuple[Term, Term, Term]:
    """``D``, and what it is the difference of: mean overlap within concepts, mean overlap between them."""
    within = mean([samples.within((name, mode)) for name in names])
    pairs = [(a, b) for at, a in enumerate(names) for b in names[at + 1 :]]
    between = mean([samples.overlap((a, mode), (b, mode)) for a, b in pairs])
    return within - between, within, between
