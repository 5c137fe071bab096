from __future__ import annotations

import numpy as np

from neurontest.stats.streams import Stream


def test_streams_are_pinned() -> None:
    """These words may never change: every verdict hangs on them."""
    assert Stream(1337, "geography.yaml::hanoi", "halves", "hanoi").words(2).tolist() == [
        6113835125581124296,
        5675059917558998240,
    ]


def test_names_are_not_run_together() -> None:
    assert Stream(1, "ab", "c").digest != Stream(1, "a", "bc").digest
    assert Stream(1, "ab").digest != Stream(11, "b").digest


def test_a_stream_goes_on_where_it_was() -> None:
    whole, pieces = Stream(5, "x"), Stream(5, "x")
    assert (whole.words(10) == np.concatenate([pieces.words(3), pieces.words(7)])).all()


def test_permutations_are_uniform() -> None:
    order = Stream(5, "x").permutations(6000, 3)
    counts = np.unique(order @ [9, 3, 1], return_counts=True)[1]
    assert len(counts) == 6
    # 1000 expected of each; five standard errors.
    assert np.abs(counts - 1000).max() < 5 * (6000 * 5 / 36) ** 0.5
