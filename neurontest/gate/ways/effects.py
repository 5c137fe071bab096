"""What is left of effects that a reference knows prompt by prompt: of causal claims, and of neurons in lists."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurontest.arrays import Floats
from neurontest.evidence.single_neurons import column_of
from neurontest.evidence.trial import Trial
from neurontest.gate.margin import Margin
from neurontest.gate.neurons.partners import Partner
from neurontest.gate.ways.lists import lists_of
from neurontest.gate.ways.mean_t import mean_survival
from neurontest.gate.ways.named import any_of, told_by
from neurontest.gate.ways.survival import IncomparableError, Survival
from neurontest.types import PerPrompt

EFFECT = "effect"


def effect_survival(then: Sequence[PerPrompt], now: Sequence[PerPrompt], margin: Margin, unit: str) -> Survival:
    """Test whether enough is left of what forcing a set does to the same prompts.

    What random sets do is no part of it: that the set does more than they do, the claim's own verdict says.

    Raises
    ------
    IncomparableError
        If other prompts were measured.
    """
    return mean_survival(
        [np.array(one.values[EFFECT]) for one in then],
        [_again(one, other) for one, other in _paired(then, now)],
        margin,
        unit=unit,
    )


def listed_survival(
    then: Sequence[PerPrompt],
    now: Trial,
    neurons: Sequence[str],
    sides: tuple[str, str],
    margin: Margin,
    partners: Sequence[Partner] = (),
) -> Survival:
    """Test whether enough is left of how much more often a neuron is in the lists of a concept than in neutral ones.

    Of several neurons, which a search found, one is enough.

    Parameters
    ----------
    then : sequence of PerPrompt
        Of both sides: whether each neuron is in a prompt's own list.
    now : Trial
        On the candidate.
    sides : tuple of str
        The concept, and the one of neutral prompts.
    partners : sequence of Partner, optional
        What does now what each of them did; by default the neurons of the same numbers.
    """
    if tuple(one.units for one in then) != tuple(now.units(name) for name in sides):
        raise IncomparableError("other prompts were looked at")
    lists, columns = lists_of(now, sides)
    count = now.n[sides[0]]
    called = {one.neuron: one.now for one in partners}
    found = []
    for neuron in neurons:
        place = np.flatnonzero(columns == column_of(now, called.get(neuron, neuron)))
        # In no prompt's list any more.
        rows = lists[:, place[0]] if len(place) else np.zeros(len(lists))
        before = [np.array(one.values[neuron]) for one in then]
        found.append(mean_survival(before, [rows[:count], rows[count:]], margin, unit="share", flip=1.0))
    if partners:
        found = [told_by(one, left) for one, left in zip(partners, found, strict=True)]
    return any_of(found)


def _paired(then: Sequence[PerPrompt], now: Sequence[PerPrompt]) -> list[tuple[PerPrompt, PerPrompt]]:
    if len(then) != len(now) or not then:
        raise IncomparableError("the reference lacks what was measured of each prompt; record it anew")
    for old, new in zip(then, now, strict=True):
        if sorted(old.units) != sorted(new.units):
            raise IncomparableError(
                f"other prompts of {old.of} were measured then; which half selects the neurons hangs on the seed"
            )
    return list(zip(then, now, strict=True))


def _again(old: PerPrompt, new: PerPrompt) -> Floats:
    """The candidate's values in the reference's order."""
    by_unit = dict(zip(new.units, new.values[EFFECT], strict=True))
    return np.array([by_unit[unit] for unit in old.units])
