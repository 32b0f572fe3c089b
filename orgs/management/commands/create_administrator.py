import sys
from getpass import getpass
from typing import Any

from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from orgs import installation
from orgs.accounts import actions as accounts
from orgs.models import User


class Command(BaseCommand):
    help = (
        "Make somebody an administrator; the account is opened where there is none. At a terminal it asks for a password; without "
        "one it prints an address at which the password is set, once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        email, name = options["email"].lower(), " ".join(options["name"].split())
        try:
            validate_email(email)
            password = self.typed(User(email=email, name=name)) if sys.stdin.isatty() else ""
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        language = installation.current().default_language
        user = accounts.make_administrator(email=email, name=name, language=language, password=password)
        self.stdout.write(f"{user.email} is an administrator.")
        if not password:
            self.stdout.write(f"Set the password at {settings.PUBLIC_URL}{accounts.password_path(user)}")

    def typed(self, account: User) -> str:
        """Empty where the person presses Enter."""
        password = getpass("Password (or Enter, to set it in the browser): ")
        if password:
            if getpass("Password again: ") != password:
                raise CommandError("The two passwords differ.")
            password_validation.validate_password(password, account)
        return password
