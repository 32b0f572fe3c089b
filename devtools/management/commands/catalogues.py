from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from devtools import translations


class Command(BaseCommand):
    help = "The translation catalogues in locale/: gather their texts, check them, compile them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["extract", "check", "compile"])

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        languages = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
        catalogues = [settings.LOCALE_PATHS[0] / code / "LC_MESSAGES" / "django.po" for code in languages]
        {"extract": self.extract, "check": self.check_all, "compile": self.compile}[action](catalogues)

    def extract(self, catalogues: list[Path]) -> None:
        template = translations.gather(settings.BASE_DIR)
        for catalogue in catalogues:
            current = translations.update(catalogue, template)
            missing = sum(bool(message.id) and not translations.is_translated(message) for message in current)
            self.stdout.write(f"{catalogue.parent.parent.name}: {len(current)} texts, {missing} to translate")

    def check_all(self, catalogues: list[Path]) -> None:
        template = translations.gather(settings.BASE_DIR)
        found = [f"{path}: {fault}" for path in catalogues for fault in translations.faults(path, template)]
        if found:
            raise CommandError("\n".join([*found[:40], f"{len(found)} faults in the catalogues"]))
        self.stdout.write(f"{len(template)} texts, complete in {', '.join(translations.COMPLETE)}")

    def compile(self, catalogues: list[Path]) -> None:
        for catalogue in catalogues:
            if catalogue.exists():
                count = translations.compile_catalogue(catalogue)
                self.stdout.write(f"{catalogue.parent.parent.name}: {count} translations compiled")
