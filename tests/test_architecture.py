"""Where things live: the order of the apps, and of the packages in each. What is not named here has no place yet, and the tests fail."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.apps import apps

from tests.servers import SERVERS

ROOT = Path(__file__).resolve().parents[1]

# Lowest first: what stands in a line may import what stands in those above it and beside it, never what stands below.
ORDER = {
    "orgs": """
        composed_sql created_together locks vocabulary numbers readable folding likeness word_search registers naming ladders languages compression
        readers spreadsheets
        models
        translation shipped installation queue permissions profile review_queues
        mail
        public_pages storage uploads file_turns forms mixins lookups drawing templatetags
        accounts portal services domains service_types territories verification affiliations
        organisations
        members standing
        registration directory inbox authorities
        listing exchange needs remarks matching support volunteering
        coverage
        reviewers oversight
        context_processors middleware tasks admin
        apps management urls
    """,
    "indicators": """
        vocabulary locks
        file_progress
        models
        marks translation permissions emails
        catalogue sources
        confidential
        quality
        imports
        rollup
        releases
        dashboards dimensions
        reports
        worklist
        tasks admin
        apps management urls
    """,
    "partnerships": """
        vocabulary days
        models
        translation permissions emails review_queues
        engagement
        agreements
        records
        assessments
        tables practices scales
        overview inbox templatetags admin
        apps management urls
    """,
    "integration_portal": """
        deployment logs converters formats
        middleware celery
        settings vocabulary public_pages schedule home search task_record organisation_uses
        administration operations
        views pages remarks
        apps management urls wsgi
    """,
    "demo": """
        accounts calendar papers
        vocabulary
        registry
        directories figures mutual partnerships reports
        loading
        apps management
    """,
    "devtools": """
        embedded translations styleguide
        run
        apps management urls
    """,
}
PLACES = {
    app: {name: place for place, line in enumerate(lines.strip().splitlines()) for name in line.split()}
    for app, lines in ORDER.items()
}
APPS = list(ORDER)
# Within a package: actions write, forms and filters read what is typed, views bring them together.
LAYERS = {"permissions": 1, "emails": 1, "actions": 2, "tasks": 3, "forms": 3, "filters": 3, "views": 4}
VAGUE = {"utils", "util", "helpers", "common", "core", "base", "manager", "managers", "service", "misc"}

MODULES = [
    path.relative_to(ROOT)
    for app in APPS
    for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.parts
]
# The tools of developers are no part of the portal: nothing of it imports them, and they may import all of it.
NEVER_IMPORTED = {"demo", "devtools"}


def imports_of(path: Path) -> Iterator[tuple[str, ...]]:
    """Every dotted name that a module imports: `from orgs import models` gives (orgs, models)."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((*node.module.split("."), alias.name) for alias in node.names)


def package_of(path: Path) -> str:
    return Path(path.parts[1]).stem


def test_apps_import_lower_apps_only() -> None:
    wrong = [
        f"{path} imports {'.'.join(name)}"
        for path in MODULES
        for name in imports_of(path)
        if name[0] in APPS and APPS.index(name[0]) > APPS.index(path.parts[0])
    ]
    assert wrong == []


def test_portal_runs_without_demo_and_devtools() -> None:
    wrong = [
        f"{path} imports {'.'.join(name)}"
        for path in MODULES
        for name in imports_of(path)
        if name[0] in NEVER_IMPORTED - {path.parts[0]}
    ]
    assert wrong == []


def test_every_module_has_its_place() -> None:
    homeless = [
        str(path)
        for path in MODULES
        if len(path.parts) > 1
        and path.parts[1:] not in [("__init__.py",), ("__main__.py",)]
        and package_of(path) not in PLACES[path.parts[0]]
    ]
    assert homeless == []
    there = {app: {package_of(path) for path in MODULES if path.parts[0] == app} for app in APPS}
    assert {app: set(places) - there[app] for app, places in PLACES.items()} == {app: set() for app in APPS}


def test_packages_of_an_app_import_lower_packages_only() -> None:
    wrong = [
        f"{path} imports {'.'.join(name)}"
        for path in MODULES
        for name in imports_of(path)
        if name[0] == path.parts[0]
        and name[1] in PLACES[name[0]]
        and PLACES[name[0]][name[1]] > PLACES[name[0]].get(package_of(path), -1)
        and path.parts[1] != "__init__.py"
    ]
    assert wrong == []


def test_layers_of_a_package_import_lower_layers_only() -> None:
    wrong = [
        f"{path} imports {'.'.join(name)}"
        for path in MODULES
        for name in imports_of(path)
        if len(path.parts) > 2
        and len(name) >= len(path.parts)
        and name[: len(path.parts) - 1] == path.parts[:-1]
        and LAYERS.get(name[len(path.parts) - 1], 0) > LAYERS.get(path.stem, 9)
    ]
    assert wrong == []


def test_imports_stand_at_the_top() -> None:
    wrong = [
        f"{path}:{node.lineno}"
        for path in MODULES
        for function in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert wrong == []


def test_advisory_locks_are_taken_where_they_are_listed() -> None:
    """Elsewhere only within one statement: claiming the rollup's work, and the trigger that keeps the closure."""
    taking = re.compile(r"pg_(?:try_)?advisory_\w*lock")
    found = {str(path) for path in MODULES if taking.search((ROOT / path).read_text(encoding="utf-8"))}
    assert found == {"orgs/locks.py", "indicators/locks.py", "indicators/rollup/sql.py", "orgs/models/closure.py"}


def test_modules_are_named_for_what_they_do() -> None:
    assert [str(path) for path in MODULES if {path.stem, *path.parts[1:-1]} & VAGUE] == []


@pytest.mark.parametrize("app", APPS)
def test_no_package_has_a_list_of_names_kept_by_hand(app: str) -> None:
    """But for models, which Django looks for there, and for what is one thing to all who use it."""
    lists = [
        path
        for path in MODULES
        if path.parts[0] == app
        and path.name == "__init__.py"
        and "__all__" in (ROOT / path).read_text(encoding="utf-8")
        and path.parts[1:]
        not in [("models", "__init__.py"), ("forms", "__init__.py"), ("embedded", "__init__.py"), ("__init__.py",)]
    ]
    assert lists == []


@pytest.mark.parametrize("app", APPS)
def test_no_two_classes_of_an_app_have_one_name(app: str) -> None:
    """But for Django's commands, each of which is called Command."""
    named: dict[str, list[str]] = {}
    for path in MODULES:
        if path.parts[0] == app:
            for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and node.name != "Command":
                    named.setdefault(node.name, []).append(str(path))
    assert {name: paths for name, paths in named.items() if len(paths) > 1} == {}


LONGEST_MODULE, LONGEST_CLASS = 400, 250
LONGER: dict[str, int] = {}
"""In lines. What was longer when the limits were set, and how long it may be; nothing may be added."""


def lengths(path: Path) -> Iterator[tuple[str, int, int]]:
    """Of a module and of the classes in it: what it is called, its lines, and how many it may have."""
    text = (ROOT / path).read_text(encoding="utf-8")
    yield str(path), len(text.splitlines()), LONGEST_MODULE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            yield f"{path}:{node.name}", (node.end_lineno or 0) - node.lineno + 1, LONGEST_CLASS


def test_no_module_and_no_class_is_too_long_to_be_read() -> None:
    longer = {name: lines for path in MODULES for name, lines, most in lengths(path) if lines > most}
    assert {name: lines for name, lines in longer.items() if lines > LONGER.get(name, 0)} == {}
    assert set(LONGER) - set(longer) == set(), "take what is short enough by now from the list"


def test_no_line_is_longer_than_a_screen() -> None:
    """The formatter breaks code at 120; a sentence or a line of SQL may be longer, up to 160."""
    wrong = [
        f"{path}:{number}"
        for path in MODULES
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 160
    ]
    assert wrong == []


@pytest.mark.parametrize("app", ["orgs", "indicators", "partnerships"])
def test_tests_mirror_packages(app: str) -> None:
    """A folder of tests is called like the package that it looks at; what looks at a whole app lies beside them."""
    folders = {path.parent.name for path in (ROOT / "tests" / app).glob("*/__init__.py")}
    assert folders
    assert folders - {path.parent.name for path in (ROOT / app).glob("*/__init__.py")} == set()


@pytest.mark.parametrize("app", ["orgs", "indicators", "partnerships"])
def test_app_is_set_up_by_its_own_configuration(app: str) -> None:
    """Django takes a nameless one where a module has several, without a word."""
    assert type(apps.get_app_config(app)).__module__ == f"{app}.apps"


def test_no_test_imports_another_test_file() -> None:
    """What several tests need has a module of its own: a test file may be run, moved and deleted alone."""
    wrong = [
        f"{path} imports {'.'.join(name)}"
        for path in sorted(path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py"))
        for name in imports_of(path)
        if name[0] == "tests" and any(part.startswith("test_") for part in name)
    ]
    assert wrong == []


def test_browser_tests_look_until_what_they_expect_is_there() -> None:
    """After a press a plain assertion looks once, and fails where the page is slower; `expect` looks again."""
    presses = {"click", "press", "check", "uncheck", "select_option", "set_input_files"}
    early = []
    for path in sorted((ROOT / "tests" / "browser").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        # It evaluates a text in the page from the second look on, which the policy forbids.
        early += [f"{path.name}: wait_for_function"] if ".wait_for_function(" in text else []
        for node in ast.walk(ast.parse(text)):
            body = node.body if isinstance(node, ast.FunctionDef | ast.For | ast.With | ast.If) else []
            for before, after in pairwise(body):
                is_press = isinstance(before, ast.Expr) and getattr(before.value, "func", None)
                name = getattr(before.value.func, "attr", "") if is_press else ""  # type: ignore[attr-defined]
                if name in presses and isinstance(after, ast.Assert) and "page" in ast.unparse(after):
                    early.append(f"{path.name}:{after.lineno}")
    assert early == []


def test_what_runs_on_other_servers_too_is_there() -> None:
    assert set(SERVERS) <= {path.stem for path in (ROOT / "tests").rglob("test_*.py")}


GIVEN_UP = {
    "AccessMixin": "VisibleObjectMixin (Django has one of that name)",
    "PersonMixin": "AuthenticatedUserMixin",
    "may_enter": "has_page_permission",
    "wake": "enqueue",
    "queue_letter": "queue_email",
    "mail_houses": "email_domains",
    "keeper": "steward, or supervisor of a process",
    "needy": "primary",
    "Pile": "Queue",
    "Lot": "QueuePart",
    "Waiting": "Task",
    "Told": "FindingMessage",
    "Obstacle": "Shortfall",
    "Piece": "EvidenceItem",
    "WholeTerritoryView": "TerritoryPageView",
    "RoofConfig": "PortalConfig",
    "Import": "ImportBatch",
    "TrueAccess": "ConfidentialAccess",
    "TrueViewing": "ConfidentialViewing",
    "beaten": "overridden",
    "rival": "conflicting",
    "void": "not_applicable",
}
"""Names that were given up, and what is said instead (docs/glossary.md)."""


def test_names_that_were_given_up_do_not_come_back() -> None:
    found = [
        f"{path}: say {GIVEN_UP[node.id]} for {node.id}"
        for path in MODULES
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        if isinstance(node, ast.Name) and node.id in GIVEN_UP
    ] + [
        f"{path}: say {GIVEN_UP[node.name]} for {node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in GIVEN_UP
    ]
    assert found == []


NOT_ON_SCREEN = {
    r"\b(?<!capital )(?<!three )(?<!one )letters?\b": "e-mail",
    r"\bmend": "correct",
    r"\bdesk\b": "worklist",
    r"\bwaits?\b": "to do, to be approved, with the reviewers",
    r"\bdivision\b": "geographic classification",
    r"\boutlines?\b": "boundary",
    r"\bnot the whole\b": "partial",
    r"\bthe true (figure|value)": "confidential figure",
}
"""Words that readers stumbled over, and what is said instead (docs/glossary.md)."""


def test_texts_on_screen_use_the_words_of_the_glossary() -> None:
    with (ROOT / "locale/es/LC_MESSAGES/django.po").open("rb") as file:
        catalogue = read_po(file)
    texts = [
        text
        for message in catalogue
        if message.id
        for text in ([message.id] if isinstance(message.id, str) else message.id)
    ]
    assert len(texts) > 2500
    wrong = [
        f"{text}: {instead}"
        for text in texts
        for word, instead in NOT_ON_SCREEN.items()
        if re.search(word, text, re.IGNORECASE)
    ]
    assert wrong == []
