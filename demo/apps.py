from importlib import import_module
from typing import Any

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Barcelona with open figures and sample organisations. Installed where DEMO=1, and only on a machine that nobody else reaches."""

    name = "demo"
    accounts: list[Any] = []

    def ready(self) -> None:
        self.accounts = import_module("demo.accounts").ACCOUNTS
