"""A real browser in front of a real local cluster with fake engines."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.chat_page import ChatPage
from tests.serving import Kefu, reconfigured

# A word takes this long, so that a stream can be stopped in its middle.
SLOW = "identity.generation.small.fake.delay_per_token_ms=150"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="package")
def slow(kefu: Kefu) -> Iterator[Kefu]:
    """The cluster with a chat model that takes its time."""
    with reconfigured(kefu, SLOW) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window. Not longer: its event loop is in the way of asynchronous tests."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine: install one, such as with apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        yield browser
        browser.close()


Opened = Callable[..., ChatPage]


@pytest.fixture
def opened(browser: Browser, slow: Kefu) -> Iterator[Opened]:
    """Opens the page in a browser profile of its own; at the end none may have failed or looked elsewhere."""
    contexts: list[BrowserContext] = []
    pages: list[ChatPage] = []

    def open_page(
        locale: str = "zh-CN",
        width: int = 1280,
        height: int = 860,
        prepare: Callable[[Page], object] | None = None,
    ) -> ChatPage:
        contexts.append(browser.new_context(locale=locale, viewport={"width": width, "height": height}))
        page = contexts[-1].new_page()
        if prepare is not None:
            prepare(page)
        pages.append(ChatPage(page, slow.served["base_url"]))
        pages[-1].open()
        return pages[-1]

    yield open_page
    for context in contexts:
        context.close()
    for page in pages:
        assert page.failures == []
        assert page.foreign_requests == []
