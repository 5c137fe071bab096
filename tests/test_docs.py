"""Pages that a reader is sent to are there, and so are their sections."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from neurontest.claims.base import Kind
from neurontest.kinds import kinds
from tests import pages

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
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
    assert {page.relative_to(ROOT).as_posix() for page in PAGES[1:]} <= linked


def test_the_architecture_names_every_room() -> None:
    said = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rooms = {one.parent for one in (ROOT / "neurontest").rglob("*.py")} - {ROOT / "neurontest"}
    assert [room.name for room in sorted(rooms) if f"`{room.name}/`" not in said] == []
    # What is named as a path in the recipes is there.
    recipes = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    paths = {one for one in re.findall(r"`((?:neurontest|tests|docs)/[\w./-]*)`", recipes) if "NAME" not in one}
    assert len(paths) > 20
    assert [one for one in sorted(paths) if not (ROOT / one).exists()] == []


def test_the_example_of_a_package_stands_in_the_docs_as_it_is_tested() -> None:
    said = (ROOT / "docs" / "extending.md").read_text("utf-8")
    package = ROOT / "tests" / "examples" / "neurontest-layers" / "neurontest_layers"
    for module in package.glob("*.py"):
        assert f"```python\n{module.read_text('utf-8').strip()}\n```" in said


def test_what_a_kind_may_say_is_told() -> None:
    said = (ROOT / "docs" / "extending.md").read_text("utf-8")
    names = {name for name, value in vars(Kind).items() if not name.startswith("_")} | set(Kind.__annotations__)
    assert {name for name in names if f"`{name}`" not in said} == {"named", "normalizes"}
