"""A suite once more: with texts written at another seed, or with another baseline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from neurontest.types.spec import Claim, Concept, Suite

_Of = TypeVar("_Of", Suite, Claim)

#: In what a repeat differs from the run itself.
Varied = Literal["seed", "baseline"]


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


@dataclass(frozen=True)
class Repeat:
    """What became of a claim in a repeat, its whole family tested anew.

    Attributes
    ----------
    varies, value
        As of :class:`Alternative`.
    verdict : {"holds", "refuted", "inconclusive", "same", "not tested"}
        ``same``: at another seed the claim's activations, or with another baseline its evidence, are those of the run
        itself to the last bit, so that nothing was repeated.
    effect, p_adjusted : float or None
        As the verdict rests on them; None where it was not tested.
    reason : str
        Why it was not.
    """

    varies: Varied
    value: str
    verdict: Literal["holds", "refuted", "inconclusive", "same", "not tested"]
    effect: float | None = None
    p_adjusted: float | None = None
    reason: str = ""


def alternatives(suite: Suite) -> tuple[Alternative, ...]:
    """A suite at each of its other seeds, and with each of its other baselines.

    One thing at a time: other texts with its own baseline, other baselines beside its own texts.
    """
    # One plan serves all baselines, and so each of them knows the others; at other seeds nobody asks for those.
    found = [Alternative("seed", f"{seed}", _changed(replace(suite, baselines=()), seed=seed)) for seed in suite.seeds]
    every = (*([suite.baseline] if suite.baseline else []), *suite.baselines)
    for number, one in enumerate(suite.baselines, start=2):
        value = f"{number} ({one.source})" if one.source else f"{number}"
        others = tuple(other for other in every if other is not one)
        found.append(Alternative("baseline", value, _changed(replace(suite, baselines=others), baseline=one)))
    return tuple(found)


def _changed(suite: Suite, *, seed: int | None = None, baseline: Concept | None = None) -> Suite:
    def change(one: _Of) -> _Of:
        if seed is None:
            return replace(one, baseline=baseline)
        return replace(one, generation=replace(one.generation, seed=seed))

    families = (replace(one, claims=tuple(map(change, one.claims))) for one in suite.families)
    return change(replace(suite, families=tuple(families), seeds=()))
