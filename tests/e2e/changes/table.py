"""What the gate said of each changed copy, as the tables of docs/gate.md."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from neurontest.report.text.since import STATUSES
from neurontest.types import Comparison
from tests.e2e.changes.held import Held

PAGE = Path(__file__).parents[3] / "docs" / "gate.md"
TABLES = re.compile(r"(?<=<!-- changes -->\n).*?(?=<!-- end of changes -->)", re.DOTALL)
#: Columns by the ids of the claims: what sets share, single neurons, whether they are those that they were.
COLUMNS = (
    {
        "near": "hanoi nearer to vietnam than to violent",
        "distinct": "tulip, vietnam, violent distinct",
        "helps": "normalization helps",
        "tulip": "tulip consistent",
        "vietnam": "vietnam consistent",
        "violent": "violent consistent",
    },
    {
        "violent-named": "L21.mlp[545] specific to violent",
        "tulip-named": "L29.mlp[1062] specific to tulip",
        "tulip-any": "tulip has specific neurons",
        "tulip-lists": "tulip consistent against neutral",
        "violent-lists": "violent consistent against neutral",
    },
    {
        "tulip-number": "tulip's neurons, by number",
        "vietnam-number": "vietnam's, by number",
        "tulip-deed": "tulip's, by what they do",
        "vietnam-deed": "vietnam's, by what they do",
    },
)


def drawn(unchanged: tuple[float, float], copies: Mapping[str, Held]) -> str:
    """All tables."""
    tables = [_table(["change", "its own words", "plain English"], _losses(unchanged, copies))]
    for columns in COLUMNS:
        rows = [[name, *(_cell(held, claim) for claim in columns)] for name, held in copies.items()]
        tables.append(_table(["change", *columns.values()], rows))
    return "\n".join(tables)


def told(page: str) -> dict[str, dict[str, str]]:
    """Statuses that a page's tables tell, by change and claim."""
    found = TABLES.search(page)
    tables = [] if found is None else found[0].strip().split("\n\n")[1:]
    out: dict[str, dict[str, str]] = {}
    for columns, table in zip(COLUMNS, tables, strict=True):
        for line in table.splitlines()[2:]:
            name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            out.setdefault(name, {}).update(zip(columns, map(_status, cells), strict=True))
    return out


def written(page: Path, tables: str) -> None:
    """Put the tables into the page, between its marks."""
    page.write_text(TABLES.sub(lambda _: tables, page.read_text("utf-8")), "utf-8")


def _losses(unchanged: tuple[float, float], copies: Mapping[str, Held]) -> list[list[str]]:
    now = {"(unchanged)": unchanged, **{name: held.losses for name, held in copies.items()}}
    return [[name, *(f"{loss:.2f}" for loss in losses)] for name, losses in now.items()]


def _cell(held: Held, claim: str) -> str:
    found = held.claims[claim]
    said = held.shared[claim].split(" ")[0] if claim in held.shared else _effects(found)
    return said if found.status == "preserved" else f"{said} **{found.status}**".strip()


def _effects(found: Comparison) -> str:
    if found.then_effect is None or found.now_effect is None:
        return ""
    digits = 1 if found.then_effect.unit == "neurons" else 2
    return f"{found.then_effect.value:.{digits}f} → {found.now_effect.value:.{digits}f}"


def _status(cell: str) -> str:
    marked = re.search(r"\*\*(\w+)\*\*$", cell)
    status = marked[1] if marked else "preserved"
    if status not in STATUSES:
        raise ValueError(f"{status!r} is no status")
    return status


def _table(headings: list[str], rows: list[list[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
