"""Places in the sentence of a kind of claim, and ways in which claims look at their prompts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from neurontest.types import Positions

Terms = Mapping[str, str | float | tuple[str, ...]]


@dataclass(frozen=True)
class Slot:
    """A place in a kind's sentence, and the key of the same name in its mapping form.

    Attributes
    ----------
    holds : {"concept", "concepts", "number", "amount", "neuron", "choice"}
        An ``amount`` is a number of neurons, a share of k, or one of the ceiling (``5``, ``40%``,
        ``60% of the ceiling``); a ``neuron`` is ``L11.residual[756]``.
    optional : bool
        May be left unsaid.
    least : int
        Fewest concepts, for ``concepts``.
    choices : tuple of str
        The words of a ``choice``.
    shares : bool
        Of an ``amount`` only shares may be said, and no number of neurons.
    example : str
        What stands there in a sentence to copy, if not what stands for all slots that hold the like.
    """

    name: str
    holds: Literal["concept", "concepts", "number", "amount", "neuron", "choice"]
    help: str
    optional: bool = False
    least: int = 1
    choices: tuple[str, ...] = ()
    shares: bool = False
    example: str = ""


#: The slot of kinds whose sentence means each of several concepts, or each pair of them, unless it says otherwise.
ON_AVERAGE = "on average"
MEANT = Slot(
    "meant",
    "choice",
    "'on average' for the weaker claim about the others, or all pairs, taken together (default: each of them)",
    optional=True,
    choices=(ON_AVERAGE,),
)


@dataclass(frozen=True)
class Mode:
    """A way to look at the same prompts: the reading and `normalize` of a selection, under a name.

    A claim that looks in one way alone has one mode, which is called ``""``.
    """

    name: str
    positions: Positions
    normalize: str
