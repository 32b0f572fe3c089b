from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class PortalConfig(AppConfig):
    """What needs more than one app: settings, addresses, home and search."""

    name = "integration_portal"


class FrontEndConfig(StaticFilesConfig):
    """Of the packages in node_modules only what pages use is collected: one build of ECharts, the sprite of icons."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "icons",
        "extension",
        "echarts.common*",
        "echarts.esm*",
        "echarts.js*",
        "echarts.simple*",
    ]
