"""A page looked at as a whole: what axe finds on it, whether it fits the window, and what the browser complains of."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page

from orgs.models import User

# What is drawn when it is scrolled to is drawn at once, as for paper; the promises end when it is there.
DRAW = """async () => {
    const drawings = [];
    document.dispatchEvent(new CustomEvent("portal:print", { detail: drawings }));
    await Promise.all(drawings);
}"""
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
AXE = """async () => {
    const { violations } = await axe.run({ resultTypes: ["violations"], preload: false });
    return violations.map(({ id, nodes }) => `${id} ${nodes[0].html.slice(0, 200)}`);
}"""
"""No rule that runs looks into the style sheets, which axe would fetch once more for each page. What it is content with stays in the browser:
to hand that over takes as long as to look."""


def open_context(
    browser: Browser,
    base_url: str,
    *,
    user: User | None = None,
    language: str = "en",
    colours: str = "light",
    width: int = 1280,
) -> BrowserContext:
    """Somebody's browser, logged in by a cookie."""
    size: Any = {"width": width, "height": 900}
    context = browser.new_context(base_url=base_url, viewport=size, color_scheme=colours)  # type: ignore[arg-type]
    cookies = {settings.LANGUAGE_COOKIE_NAME: language}
    if user is not None:
        client = Client()
        client.force_login(user)
        cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": name, "value": value, "url": base_url} for name, value in cookies.items()])
    return context


class Looker:
    """One page of a context, led from address to address; `faults` collects what is wrong, with where."""

    def __init__(self, context: BrowserContext, who: str) -> None:
        self.page: Page = context.new_page()
        self.who = who
        self.faults: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self._note(str(error)))

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(message.text)

    def _note(self, fault: str) -> None:
        self.faults.append(f"{self.page.url} ({self.who}): {fault}")

    def goes_to(self, address: str) -> bool:
        """Whether a page is there: not a file, and not a part that a page fetches for itself."""
        try:
            answer = self.page.goto(address)
        except Error as error:
            if "Download is starting" in str(error):
                return False
            raise
        assert answer is not None
        if answer.status != 200:
            self._note(f"answers {answer.status}")
        return bool(self.page.evaluate("document.contentType === 'text/html' && document.doctype !== null"))

    def looks(self, *, narrower: int | None = None) -> None:
        """At what is on the page; then in a narrower window whether it fits there."""
        self.page.evaluate(DRAW)
        self.fits()
        self.page.evaluate(Axe().axe_script)
        for fault in self.page.evaluate(AXE):
            self._note(fault)
        if narrower is not None:
            usual = self.page.viewport_size
            assert usual is not None
            self.page.set_viewport_size({"width": narrower, "height": 800})
            self.fits()
            self.page.set_viewport_size(usual)

    def fits(self) -> None:
        if not self.page.evaluate(FITS):
            self._note("wider than the window")
