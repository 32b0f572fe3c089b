"""What people wrote stands on a page in whatever language and direction they wrote it: no voice reads it in the page's own, and no bracket jumps."""

from html.parser import HTMLParser

import pytest
from django.test import Client

from orgs.models import Organisation, Service
from partnerships.models import Activity
from tests.world import World

pytestmark = pytest.mark.django_db
VOID = {"br", "hr", "img", "input", "link", "meta", "path", "use", "source", "col", "wbr"}


class Texts(HTMLParser):
    """Each text of the page's main part, with whether the elements around it leave its language and its direction open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.found: list[tuple[str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        while tag not in VOID and self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text: str) -> None:
        if "main" not in [tag for tag, _ in self.open]:
            return
        languages = [known["lang"] for _, known in self.open if "lang" in known]
        directions = [
            "auto" if tag == "bdi" else known["dir"] for tag, known in self.open if tag == "bdi" or "dir" in known
        ]
        self.found.append((text, languages[-1:] == [""] and directions[-1:] == ["auto"]))


def write(texts: list[str], text: str) -> str:
    texts.append(text)
    return text


@pytest.fixture
def texts(world: World) -> list[str]:
    """Everything that an association and an authority say of themselves and of what they do, in Arabic."""
    texts: list[str] = []
    organisation = Organisation.objects.filter(pk=world.association.pk)
    organisation.update(description=write(texts, "نستقبل (٢) الجميع"))
    Service.objects.filter(pk=world.things["service"].pk).update(
        title=write(texts, "دروس (٣)"), description=write(texts, "كل يوم (٤)")
    )
    world.association.capacities.update(note=write(texts, "قاعة (٥)"))
    world.partnership.title = write(texts, "شراكة (٦)")
    world.partnership.purpose = write(texts, "من أجل (٧)")
    world.partnership.gender_note = write(texts, "النساء (٨)")
    world.partnership.save()
    Activity.objects.filter(pk=world.things["activity"].pk).update(
        title=write(texts, "لقاء (٩)"), description=write(texts, "تحدثنا (١٠)")
    )
    return texts


def test_own_texts_leave_language_and_direction_open(client: Client, world: World, texts: list[str]) -> None:
    client.force_login(world.user("owner"))
    seen = set()
    for address in (
        "/organisations/",
        world.association.get_absolute_url(),
        f"{world.association.get_absolute_url()}services/",
        f"{world.association.get_absolute_url()}capacities/",
        world.partnership.get_absolute_url(),
        "/partnerships/",
    ):
        response = client.get(address)
        assert response.status_code == 200, address
        for text, is_open in Texts(response.content.decode()).found:
            for own in texts:
                if own in text:
                    seen.add(own)
                    assert is_open, f"{address}: {text}"
    assert seen == set(texts)
