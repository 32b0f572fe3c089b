"""The people of the demo. Their accounts are marked as samples, and outside a demo nobody can log in with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from post_office.models import STATUS, Email

from orgs.models import User

PASSWORD = "demonstration"  # noqa: S105 - said on the login page of a demo; AccountBackend refuses it anywhere else.


@dataclass(frozen=True)
class DemoAccount:
    """An account that whoever tries the demo is told of."""

    email: str
    role: str | Promise
    to_try: str | Promise
    name: str
    organisation: str = ""
    """The slug in orgs/data/demo_organisations.json, where it belongs to one."""
    membership: str = ""
    reviews: tuple[str, str] | None = None
    """Scheme and code of the territory in which it reviews."""
    is_staff: bool = False
    password: str = PASSWORD


ACCOUNTS = [
    DemoAccount(
        "officer@portal.example",
        _("Municipal officer"),
        _("Log a partnership, add what happened, claim an engagement level; mend the claim that was returned."),
        "Municipal officer (sample)",
        "city-council",
        "officer",
    ),
    DemoAccount(
        "steward@portal.example",
        _("Steward of figures"),
        _("Upload a file of figures with a saved mapping, read what was refused and why, publish a release."),
        "Steward of figures (sample)",
        "city-council",
        "steward",
    ),
    DemoAccount(
        "manager@portal.example",
        _("Manager of the authority"),
        _("Look after the members of the authority, and see all that its officers see."),
        "Manager of the authority (sample)",
        "city-council",
        "manager",
    ),
    DemoAccount(
        "viewer@portal.example",
        _("Viewer of the authority"),
        _("Read what the authority reads, and change nothing."),
        "Viewer of the authority (sample)",
        "city-council",
        "viewer",
    ),
    DemoAccount(
        "cso@portal.example",
        _("Owner of a civil society organisation"),
        _("Confirm or dispute a partnership, say which engagement level was experienced, keep the profile."),
        "Owner of an organisation (sample)",
        "barri-i-mon",
        "owner",
    ),
    DemoAccount(
        "cso-editor@portal.example",
        _("Editor of the same organisation"),
        _("Keep the profile and the services; members are the owner's to look after."),
        "Editor of an organisation (sample)",
        "barri-i-mon",
        "editor",
    ),
    DemoAccount(
        "volunteer@portal.example",
        _("Viewer of another organisation"),
        _("See the organisation from inside, and change nothing."),
        "Volunteer (sample)",
        "dones-del-llindar",
        "viewer",
    ),
    DemoAccount(
        "reviewer@portal.example",
        _("Reviewer for Catalonia"),
        _("Verify an organisation, and weigh a claimed engagement level against its evidence."),
        "Reviewer (sample)",
        reviews=("nuts-2021", "ES51"),
    ),
    DemoAccount(
        "second-reviewer@portal.example",
        _("Reviewer for Barcelona who belongs to an organisation"),
        _("The same queue, but for what the own organisation takes part in."),
        "Second reviewer (sample)",
        "radio-set-mars",
        "viewer",
        reviews=("barcelona", "080193"),
    ),
    DemoAccount(
        "admin@portal.example",
        _("Platform administrator"),
        _("Territories, vocabularies, roles and schedules, under Administration."),
        "Platform administrator (sample)",
        is_staff=True,
    ),
]


class People:
    """The sample accounts at hand, by e-mail address."""

    def __init__(self, users: Iterable[User]) -> None:
        self._by_email = {user.email: user for user in users}

    def __getitem__(self, email: str) -> User:
        return self._by_email[email]

    @property
    def administrator(self) -> User:
        return self["admin@portal.example"]

    @property
    def reviewer(self) -> User:
        return self["reviewer@portal.example"]

    @property
    def steward(self) -> User:
        return self["steward@portal.example"]

    @property
    def manager(self) -> User:
        return self["manager@portal.example"]

    def contact(self, entry: dict[str, Any]) -> User:
        """The person behind a sample organisation. Nobody logs in as them: they have no password."""
        email = entry["contact"]["email"]
        if email not in self._by_email:
            self._by_email[email] = sample_account(email, entry["contact"]["name"], password="!")  # noqa: S106
        return self._by_email[email]


def sample_people() -> People:
    password = make_password(PASSWORD)  # Once: it is slow by design.
    return People(
        sample_account(account.email, account.name, password, is_staff=account.is_staff) for account in ACCOUNTS
    )


def sample_account(email: str, name: str, password: str, *, is_staff: bool = False) -> User:
    user, _is_new = User.objects.get_or_create(
        email=email,
        defaults={
            "name": name,
            "password": password,
            "is_sample": True,
            "is_staff": is_staff,
            "is_superuser": is_staff,
        },
    )
    EmailAddress.objects.get_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return user


def remove_emails() -> None:
    """The sample people have no mailboxes."""
    Email.objects.filter(to__endswith=".example").exclude(status=STATUS.sent).delete()


def table() -> str:
    """The accounts for a terminal."""
    rows = [("E-mail address", "Role", "What to try"), *((a.email, str(a.role), str(a.to_try)) for a in ACCOUNTS)]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    lines = [f"{email:<{widths[0]}}  {role:<{widths[1]}}  {to_try}" for email, role, to_try in rows]
    return "\n".join([f"Sample accounts. The password of each is: {PASSWORD}", "", *lines])
