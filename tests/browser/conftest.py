"""A real Chromium, driven by Playwright: the fixtures `page` and `context` of pytest-playwright on the live server."""

import os
import shutil
from typing import Any

import pytest

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The shell draws the same pages, without the frame of a browser around them, in two thirds of the time of a processor."""
ARGUMENTS = [
    "--no-sandbox",  # Root cannot have Chromium's sandbox, and the pages are our own.
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]

# Playwright keeps an event loop in the thread of the tests; what Django fears in one does not happen here.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parent.parts:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        reason = f"No Chromium on PATH (looked for {', '.join(NAMES)})"
        if os.environ.get("BROWSER") == "required":
            pytest.fail(f"{reason}, and BROWSER=required.")
        pytest.skip(reason)
    return browser_type_launch_args | {"executable_path": program, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def base_url(live_server: Any) -> str:
    """page.goto("/organisations/") is enough."""
    return str(live_server.url)
