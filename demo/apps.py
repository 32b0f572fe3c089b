from typing import Any

from django.apps import AppConfig

from demo.accounts import ACCOUNTS


class DemoConfig(AppConfig):
    """Barcelona with open figures and sample organisations. Installed where DEMO=1, and only on a machine that nobody else reaches."""

    name = "demo"
    accounts: list[Any] = ACCOUNTS
