"""The browser tests drive what they say they drive."""

from playwright.sync_api import Page


def test_log_in_page_opens_with_its_style_and_without_a_complaint(page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    answer = page.goto("/accounts/login/")
    assert answer is not None
    assert answer.ok
    assert page.locator("h1").count() == 1
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--bs-body-bg')") != ""
    assert complaints == []
