"""The reader of JSON-stat 2.0 and 1 (https://json-stat.org/full/): a dataset, with its values in an array or by their places."""

import itertools
import json
from collections.abc import Iterator
from typing import IO, Any

from orgs.readers.layout import FileLayout
from orgs.readers.problems import FileRefused, Problem
from orgs.readers.tables import FileTable, unpacked

# The one format that cannot be streamed: read whole, so that its size has a limit of its own, in bytes and in cells.
MAX_BYTES = 32 << 20
MAX_CELLS = 5_000_000
DESCRIBED = ("label", "unit", "coordinates", "note", "child")


class Invalid(Exception):
    """What is wrong with the dataset, by the name of its part."""


def read_json_stat(file: IO[bytes], layout: FileLayout) -> FileTable:
    """Columns: each dimension by its id, with the codes of its categories; `value`, "" where it is null; `status`.

    A cell's line is its place among all cells, from 1. A cell that a sparse dataset does not list is no record.
    """
    dataset = _parsed(file)
    try:
        dimensions = _dimensions(dataset)
        cells = 1
        for codes in dimensions.values():
            cells *= len(codes)
        if cells > MAX_CELLS:
            raise FileRefused(Problem("cube_too_large", value=str(MAX_CELLS)))
        values = _by_place(dataset.get("value"), "value", cells)
        statuses = _by_place(dataset.get("status", {}), "status", cells)
    except (Invalid, TypeError, AttributeError, ValueError) as fault:
        raise FileRefused(Problem("invalid_json_stat", column=str(fault)[:120])) from None
    header = [*dimensions, "value", "status"]
    return FileTable(header, _cells(list(dimensions.values()), values, statuses, layout))


def _parsed(file: IO[bytes]) -> dict[str, Any]:
    content = unpacked(file).read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise FileRefused(Problem("json_too_large", value=str(MAX_BYTES >> 20)))
    try:
        # Numbers stay the texts that they are in the file: nothing is rounded, and no number is too long to be read.
        dataset = json.loads(content.removeprefix(b"\xef\xbb\xbf"), parse_float=str, parse_int=str)
    except json.JSONDecodeError as error:
        raise FileRefused(Problem("not_json", line=error.lineno, column=str(error.colno), value=error.msg)) from None
    except (UnicodeDecodeError, RecursionError):
        raise FileRefused(Problem("not_json", line=1, value="")) from None
    if not isinstance(dataset, dict):
        raise FileRefused(Problem("not_json_stat", value=type(dataset).__name__))
    if "class" not in dataset:
        dataset = _of_version_1(dataset)
    kind = dataset.get("class")
    if kind != "dataset" or not str(dataset.get("version", "2.0")).startswith("2"):
        raise FileRefused(Problem("not_json_stat", value=str(kind or "bundle")[:40]))
    return dataset


def _of_version_1(bundle: dict[str, Any]) -> dict[str, Any]:
    """The one dataset of a bundle of version 1 as version 2 writes it: there id, size and role stood among the dimensions."""
    found = [
        part
        for part in bundle.values()
        if isinstance(part, dict)
        and isinstance(part.get("dimension"), dict)
        and isinstance(part["dimension"].get("id"), list)
    ]
    if len(found) != 1:
        raise FileRefused(Problem("not_json_stat", value=f"{len(found)} datasets" if found else "bundle"))
    described = dict(found[0]["dimension"])
    outer = {name: described.pop(name, None) for name in ("id", "size", "role")}
    return {"class": "dataset", **found[0], **outer, "dimension": described}


def _dimensions(dataset: dict[str, Any]) -> dict[str, list[str]]:
    """{dimension: its categories in order}; Invalid where the parts contradict each other."""
    ids, sizes, described = dataset.get("id"), dataset.get("size"), dataset.get("dimension")
    if not isinstance(ids, list) or not isinstance(sizes, list) or not isinstance(described, dict):
        raise Invalid("id, size, dimension")
    if len(ids) != len(sizes) or len(set(map(str, ids))) != len(ids) or not ids:
        raise Invalid("id, size")
    if set(described) != set(map(str, ids)):
        raise Invalid("dimension")
    for members in (dataset.get("role") or {}).values():
        if not isinstance(members, list) or not set(map(str, members)) <= set(described):
            raise Invalid("role")
    return {
        name: _categories(name, described[name], str(size)) for name, size in zip(map(str, ids), sizes, strict=True)
    }


def _categories(name: str, dimension: Any, size: str) -> list[str]:
    category = dimension.get("category") if isinstance(dimension, dict) else None
    if not isinstance(category, dict):
        raise Invalid(f"dimension.{name}.category")
    index = category.get("index", list(category.get("label") or {}) if size == "1" else None)
    if isinstance(index, dict):
        if sorted(index.values()) != sorted(map(str, range(len(index)))):
            raise Invalid(f"dimension.{name}.category.index")
        codes = sorted(index, key=lambda code: int(index[code]))
    elif isinstance(index, list):
        codes = [str(code) for code in index]
    else:
        raise Invalid(f"dimension.{name}.category.index")
    if len(set(codes)) != len(codes) or str(len(codes)) != size:
        raise Invalid(f"dimension.{name}.category.index, size")
    for part in DESCRIBED:
        if not set(category.get(part) or ()) <= set(codes):
            raise Invalid(f"dimension.{name}.category.{part}")
    _check_nesting(name, category.get("child") or {}, codes)
    return codes


def _check_nesting(name: str, children: dict[str, list[str]], codes: list[str]) -> None:
    waiting = {whole: set(parts) for whole, parts in children.items()}
    if not set().union(*waiting.values()) <= set(codes):
        raise Invalid(f"dimension.{name}.category.child")
    while waiting:
        ends = [whole for whole, parts in waiting.items() if not parts & waiting.keys()]
        if not ends:
            raise Invalid(f"dimension.{name}.category.child")
        for whole in ends:
            del waiting[whole]


def _by_place(given: Any, name: str, cells: int) -> dict[int, Any]:
    """{place from 0: what stands there}; for the statuses also one for all."""
    if name == "status" and (isinstance(given, str) or (isinstance(given, list) and len(given) == 1)):
        return dict.fromkeys(range(cells), given if isinstance(given, str) else given[0])
    if isinstance(given, list):
        if len(given) != cells:
            raise Invalid(name)
        return dict(enumerate(given))
    if isinstance(given, dict):
        if not all(place.isdecimal() and len(place) < 10 and int(place) < cells for place in given):
            raise Invalid(name)
        return {int(place): given[place] for place in given}
    raise Invalid(name)


def _cells(
    categories: list[list[str]], values: dict[int, Any], statuses: dict[int, Any], layout: FileLayout
) -> Iterator[tuple[int, list[str]]]:
    for place, codes in enumerate(itertools.product(*categories)):
        if place in values:
            value = values[place]
            text = "" if value is None else str(value).replace(".", layout.decimal)
            status = statuses.get(place) or ""
            yield place + 1, [*codes, text, " ".join(map(str, status)) if isinstance(status, list) else str(status)]
