from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from orgs.accounts.actions import remove_second_step
from orgs.models import User


class Command(BaseCommand):
    help = "Take the second step off an account whose device and recovery codes are lost: the way back for the last administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].lower()).first()
        if user is None:
            raise CommandError("There is no account with this address.")
        if not remove_second_step(user=user):
            raise CommandError("This account has no second step.")
        self.stdout.write("Done. They are logged out everywhere and get an e-mail.")
