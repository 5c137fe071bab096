"""A report in a real browser, and everything that it complains of or asks for."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from playwright import sync_api

#: Set where the tests must not be skipped, as in CI.
REQUIRED = bool(os.environ.get("NEURONTEST_REQUIRE_BROWSER"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and not REQUIRED, reason="no Chromium is installed (chromium, chromium-browser, google-chrome)"
    ),
]

DESKTOP, PHONE = (1280, 900), (390, 844)


class Visit:
    """The report opened offline, with everything that it complained of and asked for."""

    def __init__(self, context: sync_api.BrowserContext, address: str) -> None:
        self.address = address
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page = context.new_page()
        self.page.set_default_timeout(120_000)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._dismiss)
        self.page.on("request", lambda request: self.requests.append(request.url))

    def _dismiss(self, dialog: sync_api.Dialog) -> None:
        self.complaints.append(dialog.message)
        dialog.dismiss()

    def open(self, size: tuple[int, int] = DESKTOP, scheme: Literal["light", "dark"] = "light") -> sync_api.Page:
        """The report as freshly opened in a window of this size."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.emulate_media(media="screen", color_scheme=scheme)
        self.page.goto(self.address)
        return self.page
