from django.apps import AppConfig


class RoofConfig(AppConfig):
    """What needs more than one app: settings, addresses, home, search, the embedded servers."""

    name = "integration_portal"
