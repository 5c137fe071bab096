"""Prompts dealt to concepts anew: half-samples of concepts whose prompts are rows of a common pool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from neurontest.claims.trial import Trial
from neurontest.stats.half_t import half_t
from neurontest.stats.halves import Floats, Indices, draw_halves
from neurontest.stats.relabel import Labels
from neurontest.stats.studentised import PAIRS
from neurontest.stats.terms import HalfSamples, Key, Selector

#: From labels [relabeling, prompt] to a statistic [relabeling].
Statistic = Callable[[Labels], Floats]


class Dealt:
    """A selector of some of the pooled prompts: those that a concept was dealt.

    Parameters
    ----------
    pool : Selector
        Over all pooled prompts.
    members : int array [prompt]
        Rows of the pool.
    total : int
        Prompts in the pool.
    """

    def __init__(self, pool: Selector, members: Indices, total: int) -> None:
        self.pool, self.members, self.total = pool, members, total
        self.size, self.columns = pool.size, pool.columns

    def memberships(self, subsets: Floats) -> Floats:
        """See :class:`neurontest.stats.terms.Selector`."""
        return self.pool.memberships(self._wide(subsets))

    def leading(self, subsets: Floats) -> Floats:
        """See :class:`neurontest.stats.terms.Selector`."""
        return self.pool.leading(self._wide(subsets))

    def sharing(self, held: Floats) -> Callable[[Floats], Floats]:
        """See :class:`neurontest.stats.terms.Selector`."""
        shared = self.pool.sharing(held)
        return lambda subsets: shared(self._wide(subsets))

    def _wide(self, subsets: Floats) -> Floats:
        out = np.zeros((len(subsets), self.total))
        out[:, self.members] = subsets
        return out


def paired_statistic(
    trial: Trial, exchanged: Sequence[str], held: str | None = None, by: float = 0.0
) -> tuple[Statistic, Statistic | None]:
    """The claim's studentised statistic where the prompts of some concepts are exchanged within shared templates.

    All half-samples are drawn anew for each relabeling, the same for all concepts of a sample; :data:`PAIRS` of them.

    Returns
    -------
    statistic : callable
    shifted : callable or None
        With `by`, the statistic of the labels as they are, less `by` before it is studentised.
    """
    pool = trial.selector(np.concatenate([trial.scores(name) for name in exchanged]), trial.m)
    templates, count = trial.n[exchanged[0]], len(exchanged)
    stream = trial.stream("permutation", "relabelled halves")
    own: dict[Key, Selector] = {}
    fixed: dict[Key, Floats] = {}
    if held is not None and held in trial.n:
        own[held, ""] = trial.selector(trial.scores(held), trial.m)
    elif held is not None:
        fixed[held, ""] = trial.published(held)
    asis = {
        name: draw_halves(size, trial.m, PAIRS, trial.stream("permutation", "own halves", name))
        for name, size in trial.sizes.items()
    }

    def statistic(labels: Labels, reference: float = 0.0) -> Floats:
        out = np.empty(len(labels))
        for at, row in enumerate(labels):
            source = np.argsort(row.reshape(count, templates), axis=0, kind="stable")
            dealt: dict[Key, Selector] = {
                (name, ""): Dealt(pool, source[group] * templates + np.arange(templates), count * templates)
                for group, name in enumerate(exchanged)
            }
            halves = {**asis, trial.sample_of[exchanged[0]]: draw_halves(templates, trial.m, PAIRS, stream)}
            samples = HalfSamples({**dealt, **own}, halves, trial.sample_of, fixed)
            (asked,) = trial.kind.hypotheses(trial.claim, samples)
            out[at] = half_t(samples, replace(asked, reference=reference, level=False)).t
        return out

    return statistic, (lambda labels: statistic(labels, by)) if by else None
