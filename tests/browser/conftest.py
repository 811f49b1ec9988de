"""A headless Chromium that reaches nothing but loopback, and notes all that its consoles say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 30_000
"""How long a page may take to show what is expected of it."""
OPTIONS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # no name is looked up, and no address is reached, but this one
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """One person at a browser of their own: their cookies, their pages, what the consoles said."""

    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    def open(self, url: str) -> Page:
        page = self.context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(url)
        return page

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


class Visitors:
    """Makes visitors; all leave at the end of the test."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._inside: list[Visitor] = []

    def __call__(self, width: int = 1000, height: int = 700) -> Visitor:
        context = self._browser.new_context(locale="fr-FR", viewport={"width": width, "height": height})
        self._inside.append(Visitor(context))
        return self._inside[-1]

    def leave(self) -> None:
        for visitor in self._inside:
            visitor.context.close()


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Visitors]:
    visitors = Visitors(chromium)
    yield visitors
    visitors.leave()
