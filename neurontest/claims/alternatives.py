"""What a suite is repeated with: texts written at other seeds, other baselines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from neurontest.claims.suite import Suite
from neurontest.types import Concept, Generation
from neurontest.types.repeat import Varied


@dataclass(frozen=True)
class Alternative:
    """What a suite is repeated with.

    Attributes
    ----------
    varies : {"seed", "baseline"}
    value : str
        The seed; or the baseline's number in the spec, from 1, and its file.
    suite : Suite
        All of it, so changed.
    """

    varies: Varied
    value: str
    suite: Suite


def alternatives(suite: Suite) -> tuple[Alternative, ...]:
    """A suite at each of its other seeds, and with each of its other baselines.

    One thing at a time: other texts with its own baseline, other baselines beside its own texts.
    """
    # One plan serves all baselines, and so each of them knows the others; at other seeds nobody asks for those.
    alone = replace(suite, baselines=())
    found = [Alternative("seed", f"{seed}", at_seed(alone, seed)) for seed in suite.seeds]
    every = (*([suite.baseline] if suite.baseline else []), *suite.baselines)
    for number, one in enumerate(suite.baselines, start=2):
        value = f"{number} ({one.source})" if one.source else f"{number}"
        others = tuple(other for other in every if other is not one)
        found.append(Alternative("baseline", value, _with_baseline(replace(suite, baselines=others), one)))
    return tuple(found)


def at_seed(suite: Suite, seed: int) -> Suite:
    """A suite whose texts are drawn with another seed."""
    return written_anew(suite, lambda one: replace(one, seed=seed))


def written_anew(suite: Suite, change: Callable[[Generation], Generation]) -> Suite:
    """A suite whose texts come about in another way; those of claims with settings of their own as well."""
    families = tuple(
        replace(family, claims=tuple(replace(one, generation=change(one.generation)) for one in family.claims))
        for family in suite.families
    )
    return replace(suite, generation=change(suite.generation), families=families, seeds=())


def _with_baseline(suite: Suite, baseline: Concept) -> Suite:
    families = tuple(
        replace(family, claims=tuple(replace(one, baseline=baseline) for one in family.claims))
        for family in suite.families
    )
    return replace(suite, baseline=baseline, families=families, seeds=())
