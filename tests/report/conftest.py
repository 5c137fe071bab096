from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from .visiting import CHROMIUM

if TYPE_CHECKING:
    from playwright import sync_api


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright (the extra 'test')")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"], timeout=120_000
        )
        yield found
        found.close()
