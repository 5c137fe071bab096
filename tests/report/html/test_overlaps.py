from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.report.html.claims import claim_views, headline
from neurontest.report.html.dense import CELL, dense
from neurontest.report.html.effects import forests
from neurontest.report.html.overlaps import depth_views, overlap_views
from neurontest.types import OverlapMatrix, Vacuity

from ..sample import CLAIMS, CONCEPTS, sample


def test_raw_stands_beside_normalized_though_their_settings_name_them() -> None:
    record = sample()
    named = tuple(
        replace(one, setting={**one.setting, "normalize": "raw" if one.kind == "raw" else "difference"})
        for one in record.overlaps
    )
    (first, *_) = overlap_views(replace(record, overlaps=named))
    assert [(one.kind, one.positions) for one, _ in first.panels] == [
        ("raw", "last"),
        ("normalized", "last"),
        ("raw", "generated"),
        ("normalized", "generated"),
    ]


def test_depth_counts_every_neuron_in_its_layer() -> None:
    record = sample()
    views = depth_views(record)
    assert len(views) == 6
    for view in views:
        assert {sum(counts) for _, counts in view.rows} == {10 if "top 10 " in view.setting else 200}
        assert [name for name, _ in view.rows] == list(CONCEPTS)
    (own,) = (one for one in record.concepts[0].sets if (one.k, one.positions, one.normalize) == (10, "last", "raw"))
    view = next(one for one in views if one.setting.startswith("residual, last token, raw"))
    for layer, count in zip(view.layers, view.rows[0][1], strict=True):
        assert count == sum(neuron.layer == layer for neuron in own.neurons)


@given(
    st.integers(2, 12).flatmap(
        lambda n: st.lists(st.lists(st.integers(0, 9), min_size=n, max_size=n), min_size=n, max_size=n)
    )
)
def test_a_dense_picture_holds_each_pair_once_in_its_shade(counts: list[list[int]]) -> None:
    names = tuple(f"c{at}" for at in range(len(counts)))
    matrix = OverlapMatrix({}, "raw", "last", names, tuple(tuple(map(float, row)) for row in counts))
    darkest = max(max(row) for row in counts) or 1
    drawn: dict[tuple[int, int], float] = {}
    found = dense(matrix, float(darkest))
    for opacity, path in found.paths:
        for x, y, wide in re.findall(r"M(\d+) (\d+)h(\d+)", path):
            for step in range(int(wide) // CELL):
                cell = (int(y) // CELL, int(x) // CELL + step)
                assert cell not in drawn
                drawn[cell] = opacity
    for row in range(len(counts)):
        for column in range(row):
            assert abs(drawn.get((row, column), 0.0) - counts[row][column] / darkest) <= 1 / 16 + 1e-3
    assert not [cell for cell in drawn if cell[1] >= cell[0]]
    shared = [float(count) for *_, count in found.pairs]
    below = sorted((counts[row][column] for row in range(len(counts)) for column in range(row)), reverse=True)
    assert shared == below[: len(shared)]


def test_all_effects_of_a_unit_share_one_axis() -> None:
    (neurons, shares) = forests(claim_views(sample()))
    assert [view.claim.id for view, *_ in neurons.rows] == [
        "hanoi-vietnam",
        "hanoi-vietnam-top-10",
        "hanoi-tulip",
        "distinct",
    ]
    assert [view.claim.id for view, *_ in shares.rows] == ["raw-differs", "consistent"]
    assert neurons.rows[1][2].endswith(" (top 10)")
    for one in (neurons, shares):
        for view, mark, _ in one.rows:
            assert view.claim.evidence is not None
            assert mark.value == pytest.approx(one.scale.at(view.claim.evidence.effect.value))


def test_what_holds_and_says_nothing_is_counted_apart() -> None:
    vacuous = replace(CLAIMS[0], vacuity=Vacuity(12, 9, vacuous=True))
    record = replace(sample(), claims=(vacuous, CLAIMS[0], CLAIMS[0], CLAIMS[5]))
    assert headline(claim_views(record)) == [
        ("holds", "hold", 2),
        ("vacuous", "holds, vacuously", 1),
        ("refuted", "refuted", 1),
    ]
