"""A page that somebody hands on: its address, and the ways to send it with words in the language of who sends it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils.safestring import SafeString

from orgs.drawing.chips import active_filters
from orgs.drawing.codes import qr_code


@dataclass(frozen=True)
class Share:
    """What templates/components/share.html draws."""

    words: str
    path: str

    @property
    def url(self) -> str:
        return f"{settings.PUBLIC_URL}{self.path}"

    @property
    def whatsapp_url(self) -> str:
        return f"https://wa.me/?text={quote(self.text, safe='')}"

    @property
    def email_url(self) -> str:
        return f"mailto:?subject={quote(self.words, safe='')}&body={quote(self.text, safe='')}"

    @property
    def code(self) -> SafeString:
        return qr_code(self.url)

    @property
    def text(self) -> str:
        return f"{self.words}\n{self.url}"


def share_list(title: str, filterset: Any, path: str, query: str) -> Share:
    """A list as it is filtered: its words say by what."""
    filters = [f"{one.label}: {one.value}" if one.value else one.label for one in active_filters(filterset)]
    words = f"{title} ({', '.join(filters)})" if filters else title
    return Share(words, f"{path}?{query}" if query else path)
