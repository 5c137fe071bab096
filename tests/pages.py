"""Parts of the docs that are drawn from the code: `python -m tests.pages` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path

from neurontest.setting import Setting
from neurontest.settings import SETTINGS

SETTINGS_PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
_ROOM = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- end of settings -->)", re.DOTALL)


def settings_page(text: str) -> str:
    """The page of settings, with a table of all."""
    return _ROOM.sub(lambda _: _table(), text)


def _table() -> str:
    sections = dict.fromkeys(one.section for one in SETTINGS)
    parts = []
    for section in sections:
        title = "Of a run" if section == "run" else f"`{section}:`"
        rows = [_row(one) for one in SETTINGS if one.section == section]
        head = ("| setting | option | where | default | |", "|---|---|---|---|---|")
        parts.append("\n".join((f"### {title}", "", *head, *rows)))
    return "\n\n".join(parts) + "\n"


def _row(one: Setting) -> str:
    default = "" if one.default is None else f"`{one.default}`"
    valid = f" ({', '.join(f'`{choice}`' for choice in one.choices)})" if one.choices else ""
    return f"| `{one.key}` | `{one.option}` | {one.level} | {default} | {one.help}{valid} |".replace(" |  | ", " | | ")


if __name__ == "__main__":
    SETTINGS_PAGE.write_text(settings_page(SETTINGS_PAGE.read_text("utf-8")), "utf-8")
