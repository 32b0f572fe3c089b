"""The house in one page: which floor may lean on which, and in what order an app is read."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# From the ground up: a floor may import those before it, never one after it.
FLOORS = ["orgs", "indicators", "partnerships", "integration_portal"]
# In an app, each layer may import those before it. A module of another name (a domain engine, say) counts as none of them.
LAYERS = {
    "models": 0,
    "permissions": 1,
    "emails": 1,
    "actions": 2,
    "tasks": 3,
    "forms": 3,
    "filters": 3,
    "views": 4,
    "urls": 5,
}
VAGUE = {"utils", "util", "helpers", "common", "core", "base", "manager", "managers", "service", "misc"}

MODULES = [
    path.relative_to(ROOT)
    for floor in FLOORS
    for path in sorted((ROOT / floor).rglob("*.py"))
    if "migrations" not in path.parts
]


def imports_of(path: Path) -> Iterator[tuple[str, ...]]:
    """Every dotted name that a module imports: `from orgs import actions` gives (orgs, actions)."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((*node.module.split("."), alias.name) for alias in node.names)


def test_floors_lean_on_lower_floors_only() -> None:
    wrong = [
        f"{path} imports {'.'.join(name)}"
        for path in MODULES
        for name in imports_of(path)
        if name[0] in FLOORS and FLOORS.index(name[0]) > FLOORS.index(path.parts[0])
    ]
    assert wrong == []


def test_layers_of_an_app_lean_on_lower_layers_only() -> None:
    wrong = [
        f"{path} imports {'.'.join(name)}"
        for path in MODULES
        for name in imports_of(path)
        if name[0] == path.parts[0] and layer_of(name[1]) > layer_of(Path(path.parts[1]).stem, otherwise=9)
    ]
    assert wrong == []


def layer_of(module: str, otherwise: int = -1) -> int:
    return LAYERS.get(module, otherwise)


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


def test_modules_are_named_for_what_they_do() -> None:
    assert [str(path) for path in MODULES if {path.stem, *path.parts[1:-1]} & VAGUE] == []


@pytest.mark.parametrize("floor", FLOORS)
def test_every_floor_is_there(floor: str) -> None:
    """Otherwise the tests above would hold of nothing."""
    assert [path for path in MODULES if path.parts[0] == floor]
