"""Parts of the docs that are drawn from the code: `python -m tests.pages` writes them anew."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from neurontest.cli.parser import parser
from neurontest.settings import SETTINGS
from neurontest.settings.setting import Setting

DOCS = Path(__file__).parents[1] / "docs"
SETTINGS_PAGE, RUNNING_PAGE = DOCS / "settings.md", DOCS / "running.md"
_COMMANDS = re.compile(r"(?<=<!-- commands -->\n).*?(?=<!-- end of commands -->)", re.DOTALL)
_ROOM = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- end of settings -->)", re.DOTALL)


def settings_page(text: str) -> str:
    """The page of settings, with a table of all."""
    return _ROOM.sub(lambda _: _table(), text)


def running_page(text: str) -> str:
    """The page on running, with a table of the commands."""
    return _COMMANDS.sub(lambda _: _commands(), text)


def _commands() -> str:
    (verbs,) = (one for one in parser()._actions if isinstance(one, argparse._SubParsersAction))
    told = {one.dest: one.help or "" for one in verbs._choices_actions}
    rows = []
    for name, own in verbs.choices.items():
        usage = " ".join(own.format_usage().split()).removeprefix("usage: ").replace("[-h] ", "").replace("|", "\\|")
        rows.append(f"| `{usage}` | {told[name].replace('%%', '%')} |")
    return "\n".join(("| command | |", "|---|---|", *rows)) + "\n"


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


PAGES = {SETTINGS_PAGE: settings_page, RUNNING_PAGE: running_page}


if __name__ == "__main__":
    for page, draw in PAGES.items():
        page.write_text(draw(page.read_text("utf-8")), "utf-8")
