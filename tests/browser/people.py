"""People at browsers of their own, so that a story reads as what they do: they press, fill in, choose, and read."""

import re
from pathlib import Path
from typing import Any

from django.utils.translation import gettext, override
from playwright.sync_api import Browser, Locator, Page, expect
from post_office.models import Email

PASSWORD = "password"


class Person:
    """Somebody at a browser. What the console complains of is kept, and `leaves` wants to have seen nothing."""

    def __init__(
        self, browser: Browser, base_url: str, *, language: str = "en", width: int = 1280, scripts: bool = True
    ) -> None:
        self.language = language
        self.context = browser.new_context(
            base_url=base_url,
            locale=language,
            viewport={"width": width, "height": 800},
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        self.context.set_default_timeout(20_000)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def words(self, text: str) -> str:
        """What the portal says, in the person's language."""
        with override(self.language):
            return gettext(text)

    def logs_in(self, email: str) -> None:
        self.goes_to("/accounts/login/")
        self.fills("login", email)
        self.fills("password", PASSWORD)
        self.page.locator(".account-form button[type=submit]").first.click()
        expect(self.page.locator("body.is-signed-in")).to_be_visible()

    def goes_to(self, path: str) -> None:
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"

    def presses(self, text: str) -> None:
        self.page.get_by_role("button", name=self.words(text), exact=True).last.click()
        self.page.wait_for_load_state()

    def follows(self, text: str) -> None:
        """A link by its words, or by the beginning of them."""
        named = self.page.locator("main").get_by_role("link", name=re.compile(f"^{re.escape(self.words(text))}"))
        named.first.click()
        self.page.wait_for_load_state()

    def field(self, name: str) -> Locator:
        return self.page.locator(f"main [name='{name}']:not([type=hidden])")

    def fills(self, name: str, text: str) -> None:
        self.field(name).first.fill(text)

    def chooses(self, name: str, value: str) -> None:
        """One of some buttons or boxes, or an entry of a list: by its value, or by the beginning of its words."""
        if self.field(name).first.evaluate("field => field.tagName") == "SELECT":
            options = self.field(name).locator("option").filter(has_text=re.compile(f"^\\s*{re.escape(value)}"))
            by_words = options.first.get_attribute("value") if options.count() else value
            self.field(name).select_option(by_words)
            return
        by_value = self.page.locator(f"main [name='{name}'][value='{value}']")
        by_words_too = self.page.locator("main .form-check").filter(has=self.page.locator(f"[name='{name}']"))
        choice = by_words_too.filter(has_text=re.compile(f"^\\s*{re.escape(value)}")).locator("input")
        (by_value if by_value.count() else choice).first.check()

    def ticks(self, name: str) -> None:
        self.field(name).check()

    def attaches(self, name: str, file: Path | dict[str, Any]) -> None:
        self.page.locator(f"main input[type=file][name='{name}']").set_input_files(file)  # type: ignore[arg-type]

    def reads(self, text: str) -> None:
        expect(self.page.locator("main").get_by_text(self.words(text)).first).to_be_visible()

    def reads_title(self, text: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(self.words(text))

    def does_not_read(self, text: str) -> None:
        expect(self.page.locator("main").get_by_text(text)).to_have_count(0)

    def leaves(self) -> None:
        assert self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert self.complaints == []
        self.context.close()


def email_to(email: str) -> Email:
    """The latest one."""
    mail = Email.objects.filter(to=email).last()
    assert mail is not None, f"no e-mail to {email}"
    return mail


def path_in(mail: Email) -> str:
    """The address that the e-mail leads to, on this portal."""
    found = re.search(r"https?://[^/\s]+(/\S+)", mail.message)
    assert found is not None, mail.message
    return found[1]
