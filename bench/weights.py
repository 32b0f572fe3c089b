"""What a visitor's browser fetches for a page before any chart is drawn: HTML, style sheets, scripts, icons and images, compressed as sent.

Measured on the demo, whose pages are as full as those of a real city. Images that a style sheet names are counted whether they are drawn
or not; the program that draws charts and that of maps are fetched when one comes into view, and are not counted.
"""

import gzip
import re
from pathlib import Path
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client
from django.test.utils import override_settings

from bench.database import scratch_database
from bench.rows import Row
from demo.management.commands.load_demo import Command as LoadDemo
from orgs.models import Territory
from partnerships.models import Partnership

LIMIT = 120
"""Kilobytes, a thousand bytes each: some ten seconds at 100 kilobits a second."""
FETCHED = re.compile(r"<(?:link|script|img)\b[^>]*? (?:href|src)=\"([^\"]+)\"[^>]*>")
NAMED_BY_STYLES = re.compile(r"url\([\"']?(?!data:)([^\"')]+)[\"']?\)")


def measure(scale: float) -> list[Row]:
    with scratch_database(), override_settings(ALLOWED_HOSTS=["*"], DEMO=True):
        call_command(LoadDemo(), verbosity=0)
        pages = {page: (address, weights_of(address)) for page, address in addresses().items()}
    return [
        Row(
            f"{page} page, before charts",
            sum(files.values()) / 1000,
            "kB",
            f"its HTML alone {files[address] / 1000:.1f} kB, {len(files) - 1} files beside it",
            limit=LIMIT,
        )
        for page, (address, files) in pages.items()
    ]


def addresses() -> dict[str, str]:
    """The fullest of each kind in the demo."""
    city = Territory.objects.get(code="080193")
    partnership = Partnership.objects.published().order_by("pk").first()
    assert partnership is not None
    return {
        "home": "/",
        "directory": "/organisations/",
        "territory": city.get_absolute_url(),
        "partnership": partnership.get_absolute_url(),
    }


def weights_of(page: str) -> dict[str, int]:
    """{address: bytes as sent}, the page's own among them."""
    html, size = fetch(page)
    found = {page: size}
    waiting = [urljoin(page, address) for address in FETCHED.findall(html)]
    while waiting:
        address = waiting.pop()
        if address not in found:
            text, found[address] = fetch(address)
            if address.partition("?")[0].endswith(".css"):
                waiting += [urljoin(address, named) for named in NAMED_BY_STYLES.findall(text)]
    return found


def fetch(address: str) -> tuple[str, int]:
    """The text, and how many bytes it is sent as: packed, but for what packing makes no smaller."""
    if address.startswith(settings.STATIC_URL):
        body = static_file(address.removeprefix(settings.STATIC_URL))
        return body.decode(errors="replace"), min(len(body), len(gzip.compress(body, mtime=0)))
    response = Client().get(address, secure=True, headers={"accept-encoding": "gzip"})
    assert response.status_code == 200, (address, response.status_code)
    if response.headers.get("Content-Encoding") == "gzip":
        return gzip.decompress(response.content).decode(), len(response.content)
    return response.content.decode(), len(
        gzip.compress(response.content, mtime=0)
    )  # Where no page is kept, none is packed.


def static_file(name: str) -> bytes:
    """As it was collected, or, in the tests, as it stands."""
    found = finders.find(name)
    if isinstance(found, str):
        return Path(found).read_bytes()
    with staticfiles_storage.open(name) as stored:
        return bytes(stored.read())
