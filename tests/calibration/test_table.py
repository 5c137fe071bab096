"""What was counted is what is told: the packaged table, what is drawn from it, and how it grows."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from neurontest.stats.calibration import FEWEST, Design, Measured, read, table, written
from tests.calibration import grid
from tests.calibration.cell import Cell
from tests.calibration.cells import CELLS
from tests.calibration.counts import Outcome, nothing_yet
from tests.calibration.drawn import (
    CLAIMS,
    DRAWN,
    ELSEWHERE,
    MISSES,
    ROWS,
    STATISTICS,
    drawings,
    in_short,
    kinds_page,
    page,
    shown_in,
    statistics,
)
from tests.calibration.grid import TABLE, Chunk, Done, Plan, chosen, look, ordered

#: Seconds a data set: those that take no longer are looked at anew, one of each kind and way to test it.
CHEAP = 0.1
CELL = next(cell for cell in CELLS if isinstance(cell, Cell) and cell.kind == "specific" and cell.n == 10)
DESIGN = Design("specific", "", ("permutation",), "", 0, (10, 10))


def test_the_packaged_table_is_that_of_the_grid() -> None:
    found = table()
    assert found == ordered(found)
    assert written(found) == TABLE.read_bytes()
    cells = {cell.key: cell for cell in CELLS}
    for key, one in found.items():
        cell = cells[key]
        facts = (one.design.kind, one.world, one.truth, one.role, one.real, one.seeds)
        assert facts == (cell.kind, cell.world, cell.truth, cell.role, cell.dealt, 3 if cell.stability else 1)
        assert 0 < one.data_sets <= cell.data_sets
        assert one.proof


def proofs() -> list[str]:
    cells = {cell.key: cell for cell in CELLS}
    firsts: dict[object, str] = {}
    for key, one in table().items():
        if not one.real and one.seconds <= CHEAP * one.data_sets and key in cells:
            firsts.setdefault(one.design.procedure(), key)
    return list(firsts.values())


@pytest.mark.calibration
@pytest.mark.parametrize("key", proofs())
def test_the_counts_are_of_these_tests(key: str) -> None:
    """If this fails, a test is no longer the one that was measured: run `make calibrate`."""
    done = look(Chunk(key, 0, 1))
    cell = next(cell for cell in CELLS if cell.key == key)
    assert grid.proven(table()[key], nothing_yet(cell, done.outcomes[0].design), done.outcomes[0])


def test_what_is_drawn_is_drawn_from_the_table() -> None:
    drawn = drawings(table())
    assert set(drawn) == set(DRAWN)
    for path, text in drawn.items():
        assert path.read_text("utf-8") == text


def test_every_row_of_the_readme_is_about_some_cells() -> None:
    rows = ROWS.findall(CLAIMS.read_text("utf-8"))
    assert len(rows) >= 12
    known = {cell.kind for cell in CELLS}
    elsewhere = []
    for _, kinds, *_, error, power in rows:
        named = set(re.findall("`(.+?)`", kinds))
        assert named <= known | ELSEWHERE.keys()
        elsewhere += [(kind, error, power) for kind in named & ELSEWHERE.keys()]
    assert sorted(elsewhere) == sorted((kind, where, where) for kind, where in ELSEWHERE.items())


def measured(**changes: object) -> Measured:
    one = Measured(
        DESIGN, "noise", "null", "reference", data_sets=1000, holds=40, refuted=45, alone={"permutation": 40}
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def test_the_readme_has_the_range_of_errors_and_the_power() -> None:
    cells = [
        measured(),
        measured(holds=52),
        measured(role="stress", holds=200),
        measured(real=True, holds=0),
        measured(data_sets=FEWEST - 1, holds=90),
        measured(truth="true", holds=670, refuted=0),
        measured(design=replace(DESIGN, prompts=(6, 6)), holds=0),
    ]
    assert in_short(cells) == (".04 to .05", ".67 (n = 10)")
    assert in_short([]) == ("not measured", "not measured")
    averaged = measured(design=replace(DESIGN, form="on average"))
    assert shown_in("`specific`", "neuron x is specific to a [on average]", [*cells, averaged]) == cells
    assert shown_in("`specific`", "neuron x is specific to a on average", [*cells, averaged]) == [averaged]
    row = "| `specific` | `neuron x is specific to a` | b | c | d | e | old | older |"
    assert kinds_page(row, cells).endswith("| e | .04 to .05 | .67 (n = 10) |")


def test_the_docs_list_what_misses() -> None:
    text = "# a\n<!-- misses -->\nformer\n<!-- end of misses -->\nb\n"
    found = [measured(), measured(world="skew", role="stress", holds=137)]
    drawn = statistics(text, found)
    assert "1 of the 2 cells" in drawn
    assert "- `specific`, skew (n = 10): holds .137 (1,000 data sets, a world that strains it)" in drawn
    assert "former" not in drawn
    assert statistics(drawn, found) == drawn
    with pytest.raises(ValueError, match="no room"):
        statistics("# a", found)
    assert MISSES.search(STATISTICS.read_text("utf-8"))


def test_the_page_has_a_row_for_each_cell() -> None:
    other = measured(design=replace(DESIGN, kind="distinct"))
    rows = (
        page([measured(), other, measured(holds=200, role="stress")]).partition("## `distinct`")[0].strip().splitlines()
    )
    assert rows[-6] == "## `specific`"
    assert "| noise | null | 10 |  |  | permutation | 1,000 | .040 ± .006 | .045 |" in rows[-2]
    assert "**.200 ± .013**" in rows[-1]


# How it grows.


def done(chunk: Chunk, p: float = 0.5, cost: float = 0.1) -> Done:
    one = Outcome(DESIGN, p, 1 - p, holds=p <= 0.05, refuted=False, alone={"permutation": p <= 0.05})
    return Done((one,) * (chunk.stop - chunk.start), cost * (chunk.stop - chunk.start))


def cell(name: str, data_sets: int = 60) -> Cell:
    return replace(CELL, world=name, data_sets=data_sets)


def finished(plan: Plan) -> list[Chunk]:
    chunks = []
    while chunk := plan.next():
        plan.add(chunk, done(chunk))
        chunks.append(chunk)
    return chunks


def test_all_cells_grow_together_the_cheap_ones_faster() -> None:
    found: dict[str, Measured] = {}
    cheap, dear = cell("cheap", 100_000), cell("dear", 100_000)
    plan = Plan([cheap, dear], found, 100_000)
    for _ in range(200):
        chunk = plan.next()
        assert chunk is not None
        plan.add(chunk, done(chunk, cost=0.01 if chunk.key == cheap.key else 1.0))
    # One over the root of the cost, but for the last chunk.
    assert found[cheap.key].data_sets / found[dear.key].data_sets == pytest.approx(10, rel=0.1)
    assert max(one.data_sets for one in found.values()) < 100_000


def test_a_run_goes_on_where_it_was() -> None:
    found: dict[str, Measured] = {}
    finished(Plan([cell("one")], found, 20))
    before = dict(found)
    chunks = finished(Plan([cell("one")], found, 1000))
    # The first data set is looked at anew, and not counted twice.
    assert [(chunk.start, chunk.stop) for chunk in chunks] == [(0, 1), (20, 60)]
    assert found.keys() == before.keys()
    assert [one.data_sets for one in found.values()] == [60]


def test_what_has_changed_is_begun_again() -> None:
    found: dict[str, Measured] = {}
    one = cell("one")
    finished(Plan([one], found, 20))
    plan = Plan([one], found, 20)
    chunk = plan.next()
    assert chunk == Chunk(one.key, 0, 1)
    plan.add(chunk, done(chunk, p=0.51))
    assert found[one.key].data_sets == 1
    again = Plan([replace(one, role="stress")], found, 20)
    chunk = again.next()
    assert chunk is not None
    again.add(chunk, done(chunk, p=0.51))
    assert found[one.key].role == "stress"


def test_a_run_says_how_long_it_takes() -> None:
    found: dict[str, Measured] = {}
    plan = Plan([cell("one")], found, 1000)
    chunk = plan.next()
    assert chunk is not None
    assert plan.next() is None
    plan.add(chunk, done(chunk))
    assert plan.proven
    assert plan.seconds() == pytest.approx(59 * 0.1)


def test_cells_are_chosen_by_name() -> None:
    names = [cell.key for cell in chosen(CELLS, "specific: one control|sufficient: alike", traces=False)]
    assert names
    assert all(name.startswith(("specific: one control", "sufficient")) for name in names)
    assert not [cell for cell in chosen(CELLS, "", traces=False) if cell.dealt]


def test_the_table_is_added_to_and_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "table.json"
    argv = ["grid", "--cells", "specific: one control, noise; n = 10;", "--table", str(out), "--processes", "1"]
    for most in ("3", "7"):
        monkeypatch.setattr("sys.argv", [*argv, "--data-sets", most])
        grid.main()
        (one,) = read(out.read_bytes()).values()
        assert one.data_sets == int(most)
        assert "all data sets take about 0.0 hours" in capsys.readouterr().out
    assert one.design == DESIGN


def test_proving_counts_nothing_and_drops_what_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "table.json"
    argv = ["grid", "--cells", "specific: one control, noise; n = ", "--table", str(out), "--processes", "1"]
    monkeypatch.setattr("sys.argv", [*argv, "--data-sets", "3"])
    grid.main()
    before = read(out.read_bytes())
    changed = next(iter(before))
    grid._save(out, {**before, changed: replace(before[changed], proof=(0.5, 0.5))})
    monkeypatch.setattr("sys.argv", ["grid", "--prove", "--table", str(out), "--processes", "1"])
    grid.main()
    after = read(out.read_bytes())
    assert {key: one.data_sets for key, one in after.items()} == {key: 1 if key == changed else 3 for key in before}


def test_a_cell_that_fails_is_told_and_loses_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "table.json"
    monkeypatch.setattr("tests.calibration.real.TRACES", "NO_SUCH_VARIABLE")
    argv = ["--cells", "specific: one control, noise; n = 10;|specific: dealt", "--data-sets", "2", "--processes", "1"]
    monkeypatch.setattr("sys.argv", ["grid", *argv, "--table", str(out), "--traces", str(tmp_path)])
    with pytest.raises(SystemExit, match="needs traces"):
        grid.main()
    assert [one.data_sets for one in read(out.read_bytes()).values()] == [2]


def test_a_run_that_is_broken_off_leaves_the_counts_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, out = {CELL.key: measured()}, tmp_path / "table.json"
    grid._save(out, found)

    def interrupted(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        grid._save(out, {})
    assert read(out.read_bytes()) == found
    assert [path.name for path in tmp_path.iterdir()] == ["table.json"]
