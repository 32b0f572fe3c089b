from django.apps import AppConfig


class DevtoolsConfig(AppConfig):
    """The commands and pages of developers. Not installed where anybody but this machine reaches the portal."""

    name = "devtools"
