"""What an organisation says of itself, named once: its actions, pages, reviews and lists of changes read it here."""

from typing import TypedDict

from orgs.models import Territory


class Profile(TypedDict, total=False):
    """What its own people may say, field by field of `Organisation`; some of it as a proposed change only."""

    name: str
    acronym: str
    names: dict[str, str]
    identifiers: dict[str, str]
    kind: str
    level_of_government: str
    legal_form: str
    territory: Territory
    description: str
    written_in: str
    languages: list[str]
    communities: list[str]
    marks: list[str]
    works_as: list[str]
    founded_year: int | None
    size: str
    budget: str
    website: str
    public_email: str
    public_phone: str
    address: str
    address_is_public: bool
    is_sample: bool


PLAIN_FACTS = [name for name in Profile.__annotations__ if name not in ("territory", "is_sample")]
"""Those that are plain values."""
