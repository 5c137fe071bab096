"""Pages that a reader is sent to are there, and so are their sections."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from neurontest.kinds import kinds
from tests import pages

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def sections(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    text = FENCED.sub("", page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = {link for link in LINK.findall(FENCED.sub("", page.read_text("utf-8"))) if "://" not in link}
    lost = []
    for link in links:
        name, _, section = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (section and section not in sections(target)):
            lost.append(link)
    assert not lost


def test_every_kind_has_a_section() -> None:
    headings = HEADING.findall((ROOT / "docs" / "kinds.md").read_text("utf-8"))
    assert {kind.name for kind in kinds()} == set(re.findall(r"`(\w+)`", "\n".join(headings)))


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_what_is_drawn_from_the_code_is_that_of_the_code(page: Path) -> None:
    text = page.read_text("utf-8")
    assert pages.PAGES[page](text) == text, "write it anew: python -m tests.pages"


def test_the_front_page_is_three_screens_and_leads_to_every_page() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) <= 190
    linked = {link.partition("#")[0] for link in LINK.findall(text)}
    assert {f"docs/{page.name}" for page in PAGES[1:]} <= linked
