"""The chat page as a person uses it: what can be read and clicked, by its name."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, Route, expect

WAIT_MS = 20_000
expect.set_options(timeout=WAIT_MS)


class ChatPage:
    """`failures` are errors of the page's scripts and of its content policy; `foreign_requests` went elsewhere."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.base_url = base_url
        self.failures: list[str] = []
        self.foreign_requests: list[str] = []
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: self.failures.append(str(error)))
        page.on("console", self._on_console)
        page.on("request", lambda request: self._on_request(request.url))
        page.on("dialog", lambda dialog: self.failures.append(f"dialog: {dialog.message}"))

    def open(self) -> None:
        """Load it."""
        self.page.goto(self.base_url)

    def ask(self, text: str) -> Locator:
        """Send a message with Enter; returns its answer once that is complete."""
        answer = self.send(text)
        expect(answer).to_have_attribute("aria-busy", "false")
        return answer

    def send(self, text: str) -> Locator:
        """Send a message with Enter; returns the place of its answer at once."""
        count = self.answers.count()
        expect(self.page.locator("#send")).to_be_enabled()
        self.message.fill(text)
        self.message.press("Enter")
        return self.answers.nth(count)

    @property
    def message(self) -> Locator:
        """The box to write in, by its label in either language."""
        return self.page.get_by_role("textbox", name="您的消息").or_(
            self.page.get_by_role("textbox", name="Your message")
        )

    @property
    def answers(self) -> Locator:
        """Every answer in the log."""
        return self.page.get_by_role("log").get_by_role("article")

    def button(self, name: str) -> Locator:
        """The button of that name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def on_chat(self, answer: Callable[[Route], None]) -> None:
        """Answer the page's chat requests here instead of at the server."""
        self.page.route("**/v1/chat", answer)

    def overflow_px(self) -> int:
        """By how much the document is wider than the window."""
        found: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return found

    def _on_console(self, message: ConsoleMessage) -> None:
        # A status of 4xx or 5xx is told by the browser itself, and is what some tests are about.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.failures.append(message.text)

    def _on_request(self, url: str) -> None:
        if not url.startswith((f"{self.base_url}/", "data:")):
            self.foreign_requests.append(url)


def chip(answer: Locator, kind: str) -> Locator:
    """The answer's chip of that kind: `intent`, `rung`, `segment`, `outcome`, …"""
    return answer.locator(f'[data-chip="{kind}"]')


def event_stream(*events: tuple[str, dict[str, Any]]) -> str:
    """Server-sent events as text."""
    return "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
