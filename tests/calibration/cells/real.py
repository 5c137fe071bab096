"""Every kind on activations of a real model: prompts of the shipped suite, dealt to the concepts at random."""

from __future__ import annotations

from collections.abc import Iterator

from neurontest.kinds import kind_named
from neurontest.types import Selection
from tests.calibration.cell import Cell
from tests.calibration.counts import DEALINGS
from tests.calibration.real import SENTENCES, of_suite

SELECTIONS = (
    Selection(k=10, site="residual"),
    Selection(k=10, site="residual", select="consistency"),
    Selection(k=50, site="mlp"),
    Selection(k=200, site="residual"),
)


def cells() -> Iterator[Cell]:
    """Two sites, both selections, small and large sets."""
    for kind, sentences in SENTENCES.items():
        for sentence, prompts in sentences.items():
            # Those that select no sets differ by their site alone.
            for by in SELECTIONS if kind_named(kind).selects else SELECTIONS[::2]:
                world = f"dealt at random, {by.site}: {sentence.replace('L15.residual', 'L15.SITE')}"
                make = of_suite(sentence)
                yield Cell(kind, world, "null", prompts, by, make, dealt=True, data_sets=DEALINGS)
