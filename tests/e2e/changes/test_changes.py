"""Real changes of the built-in model, held against a reference recorded on it: each called what it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from neurontest.stats.family.power import POWER
from neurontest.types import Comparison
from tests.e2e.changes.altered import CHANGES, DROPPED, NOISE, STEPS
from tests.e2e.changes.held import MATCHED, Base, Held
from tests.e2e.changes.table import PAGE, told

pytestmark = [pytest.mark.model, pytest.mark.changes]

BY_NUMBER = ("tulip-number", "vietnam-number")
BY_DEED = ("tulip-deed", "vietnam-deed")
#: Claims about neurons that have a number.
NAMED = ("violent-named", "tulip-named", "tulip-any", "tulip-lists", "violent-lists")
NUMBERED = (*BY_NUMBER, *NAMED)
GONE = ("weakened", "lost")
#: From what is best to what is worst.
ORDER = {"preserved": 0, "undecided": 1, "weakened": 2, "lost": 2, "incomparable": 9}


@pytest.fixture(scope="module")
def base() -> Iterator[Base]:
    """The unchanged model with its reference; traces of a gigabyte do not outlive it."""
    with TemporaryDirectory() as folder:
        yield Base(Path(folder))


def held(base: Base, change: str) -> Held:
    """What the gate says of a copy: what docs/gate.md tells of it."""
    found = base.held(change)
    page = told(PAGE.read_text("utf-8"))[change]
    assert page.keys() == found.statuses.keys()
    other = {name: (page[name], one.status) for name, one in found.claims.items() if page[name] != one.status}
    # Another processor rounds otherwise: what lies next to its threshold may be the next worse or better.
    assert all(is_close(found.claims[name]) and adjacent(*statuses) for name, statuses in other.items()), other
    return found


def is_close(found: Comparison) -> bool:
    """Whether a p-value is within a factor of two of alpha."""
    return any(p is not None and 0.025 <= p <= 0.1 for p in (found.p_adjusted, found.p_opposite_adjusted))


def adjacent(one: str, other: str) -> bool:
    """Whether the one is shown, and of the other neither that nor its opposite."""
    return abs(ORDER[one] - ORDER[other]) == 1


def with_status(found: Held, *statuses: str) -> set[str]:
    """The claims of which this is said."""
    return {name for name, status in found.statuses.items() if status in statuses}


def powerful(base: Base) -> set[str]:
    """Claims whose prompts suffice to call them preserved if nothing changes."""
    return {claim.id for claim, power, _ in base.written.prospects if power is not None and power.power >= POWER}


def test_noise_takes_more_the_louder_it_is(base: Base) -> None:
    copies = [held(base, f"noise of {share:g} sd") for share in NOISE]
    assert len(powerful(base)) > 5
    for quieter, louder in pairwise(copies):
        assert quieter.losses < louder.losses
        assert with_status(louder, "preserved") <= with_status(quieter, "preserved")
        assert len(with_status(louder, *GONE)) >= len(with_status(quieter, *GONE))
    assert with_status(copies[0], "preserved") == set(copies[0].statuses)
    assert not with_status(copies[-1], "preserved")


@pytest.mark.parametrize("change", ["bfloat16", "int8, by channel"])
def test_rounding_that_is_fine_enough_keeps_all(base: Base, change: str) -> None:
    found = held(base, change)
    assert {found.statuses[name] for name in (*powerful(base), *BY_NUMBER, *BY_DEED)} == {"preserved"}
    assert found.losses == pytest.approx(base.losses, abs=0.03)


def test_neurons_of_other_numbers_are_preserved_by_what_they_do(base: Base) -> None:
    found = held(base, "MLP neurons permuted")
    assert found.losses == pytest.approx(base.losses, abs=1e-4)
    same = (powerful(base) - set(NUMBERED)) | set(BY_DEED)
    assert {found.statuses[name] for name in same} == {"preserved"}
    assert {found.statuses[name] for name in BY_NUMBER} == {"weakened"}


def test_named_neurons_of_other_numbers_are_found_by_what_they_do(base: Base) -> None:
    found = held(base, f"MLP neurons permuted{MATCHED}")
    assert powerful(base) & set(NAMED) <= with_status(found, "preserved")
    assert len(powerful(base) & set(NAMED)) > 2


def test_zeroed_neurons_are_missed(base: Base) -> None:
    found = held(base, next(name for name in CHANGES if name.endswith("zeroed")))
    # The named neuron is none of those that were selected.
    about = {name for name in found.statuses if name.startswith("tulip")} - {"tulip-named"}
    assert len(about) == 5
    assert about <= with_status(found, *GONE)
    assert found.statuses["tulip-named"] == "preserved"
    assert {found.statuses[name] for name in ("vietnam-number", "vietnam-deed")} == {"preserved"}


def test_a_random_twin_keeps_nothing(base: Base) -> None:
    found = held(base, "random twin")
    assert with_status(found, "preserved") <= base.vacuous


def test_a_block_that_is_left_out_moves_neurons_and_keeps_what_they_do(base: Base) -> None:
    found = held(base, f"block {DROPPED} left out")
    assert {found.statuses[name] for name in BY_NUMBER} == {"incomparable"}
    assert (powerful(base) - set(NUMBERED)) | set(BY_DEED) <= with_status(found, "preserved")


def test_four_bits_cost_words_and_keep_neurons(base: Base) -> None:
    found = held(base, "int4, by channel")
    assert all(now > then + 0.3 for then, now in zip(base.losses, found.losses, strict=True))
    assert set(BY_NUMBER) <= with_status(found, "preserved")
    assert not with_status(found, *GONE)


def test_training_on_one_concept_leaves_another(base: Base) -> None:
    found = held(base, f"{STEPS} steps on text about tulips")
    assert {"vietnam", "vietnam-number"} <= with_status(found, "preserved")
