"""What is drawn of pairs of models."""

from __future__ import annotations

from dataclasses import replace

import pytest

from neurontest.stats.calibration import FEWEST, Design, Measured
from tests.calibration.drawn import GATE
from tests.calibration.drawn_changes import RATES, page, summary

TEXT = "# a\n<!-- rates -->\nformer\n<!-- end of rates -->\nb\n"
DESIGN = Design("specific", "", ("prompts",), "", 0, (20, 20), texts="same")
SAME = Measured(DESIGN, "AUROC .8", "unchanged", "reference", data_sets=400, holds=360, refuted=2)
CELLS = (
    SAME,
    replace(SAME, design=replace(DESIGN, texts="own"), holds=180, refuted=4),
    replace(SAME, truth="margin", holds=20, refuted=10),
    replace(SAME, truth="more", holds=0, refuted=100),
)


def test_a_way_to_test_has_one_row() -> None:
    drawn = summary(TEXT, CELLS)
    (row,) = (line for line in drawn.splitlines() if line.startswith("| `specific`"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:4] == ["`specific`: AUROC .8", "", "400", ".010"]
    assert cells[4:] == ["-", ".050 / -", "-", "-", ".900 / .450", "-", "-", ".250 / -", "-"]
    assert "0 of the 4 cells" in drawn
    assert "former" not in drawn
    assert drawn.startswith("# a\n<!-- rates -->\n")
    assert drawn.endswith("<!-- end of rates -->\nb\n")
    assert summary(drawn, CELLS) == drawn


def test_what_was_hardly_looked_at_is_not_told() -> None:
    assert "Nothing was counted yet." in summary(TEXT, [replace(SAME, data_sets=FEWEST - 1)])
    assert "Nothing was counted yet." in page([])


def test_what_misses_is_listed_and_bold() -> None:
    missing = replace(CELLS[2], holds=60)
    strained = replace(missing, role="stress", world="weak", holds=80)
    drawn = summary(TEXT, [*CELLS, missing, strained])
    assert "2 of the 6 cells" in drawn
    listed = [line for line in drawn.splitlines() if line.startswith("- ")]
    assert listed[0].startswith("- `specific`, weak (n = 20), 50%, the margin lost, same texts: preserved .200 (400")
    assert listed[0].endswith("a world that strains it)")
    assert "**.150 ± .018**" in page([missing])
    assert "| weak (stress) | 50%, the margin | same | 20 |  | prompts | 400 | **.200" in page([strained])


def test_a_page_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="no room"):
        summary("# a", CELLS)
    assert RATES.search(GATE.read_text("utf-8"))
