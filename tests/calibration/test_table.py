"""What was counted is what is told: the counts, their table, and the README's columns."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.calibration.grid import Counts, _write, in_order, in_short, read, table
from tests.calibration.reference import CELLS

ROOT = Path(__file__).parents[2]
RATES = Path(__file__).parent / "rates.json"
#: What stands in a row whose test is newer than the counts.
ELSEWHERE = "see [docs](docs/statistics.md)"
#: Rows of the README's table of kinds: kinds, sentence, and the last two columns.
ROWS = re.findall(
    r"^\| (`[^|]+) \| ([^|]+) " + r"\| [^|]+ " * 4 + r"\| ([^|]+) \| ([^|]+) \|$",
    (ROOT / "README.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_the_table_is_that_of_the_counts() -> None:
    assert RATES.with_suffix(".md").read_text(encoding="utf-8") == table(in_order(read(RATES)))


def test_every_cell_was_counted_in_full() -> None:
    counted = read(RATES)
    assert counted.keys() == {Counts.of(cell).key for cell in CELLS}
    assert all(counted[Counts.of(cell).key].data_sets == cell.data_sets for cell in CELLS)


@pytest.mark.parametrize(("kinds", "sentence", "error", "power"), ROWS)
def test_the_readme_says_what_was_counted(kinds: str, sentence: str, error: str, power: str) -> None:
    if error == power == ELSEWHERE:
        return  # Its test is newer than the counts, whose cells are of the sentences beside it.
    own = [
        one
        for one in in_order(read(RATES))
        if f"`{one.kind}`" in kinds and (one.kind != "consistent" or ("against" in one.name) == ("against" in sentence))
    ]
    assert (error, power) == in_short(own)


def test_every_kind_has_its_figures() -> None:
    found = {kind: error for kinds, _, error, _ in ROWS for kind in re.findall("`(.+?)`", kinds)}
    counted = {one.kind for one in read(RATES).values()}
    assert counted <= found.keys()
    assert all(found[kind] == ELSEWHERE for kind in found.keys() - counted)


def test_a_row_of_nothing_counted_is_left_out() -> None:
    one = Counts("distinct", "noise", "null", 6, "mean")
    assert "distinct" not in table([one])
    assert "| `distinct` | noise | null | 6 | mean | 20 | 0.050 " in table(
        [one.__class__(**{**vars(one), "data_sets": 20, "declared": 1})]
    )


def test_a_run_that_is_broken_off_leaves_the_counts_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, out = read(RATES), tmp_path / "rates.json"
    _write(out, found)

    def interrupted(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _write(out, {})
    assert read(out) == found
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rates.json", "rates.md"]
