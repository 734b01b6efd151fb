"""Read TOML into the models, keeping all that is sound when something is not."""

import copy
import tomllib
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from cxserver.catalog import fault
from cxserver.catalog.fault import Fault, Path
from cxserver.catalog.file import File, Table
from cxserver.errors import ServerError


class CatalogUnreadable(ServerError):
    """The text is not TOML at all."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The models, the faults of single values, and the paths of the values that had them.

    A value with a fault is replaced in `file` by its default or its example; whoever judges
    `file` further asks `sound` first.
    """

    file: File
    raw: dict[str, Any]
    faults: tuple[Fault, ...] = ()
    unsound: frozenset[Path] = field(default=frozenset())

    def sound(self, *path: str | int) -> bool:
        """Whether the value at `path`, and every table around it, could be read."""
        return not any(path[:length] in self.unsound for length in range(1, len(path) + 1))

    def unsound_keys(self, *path: str | int) -> frozenset[str]:
        """The keys of the table at `path` whose own value could not be read."""
        depth = len(path)
        return frozenset(
            str(bad[depth]) for bad in self.unsound if bad[:depth] == path and len(bad) == depth + 1
        )


def parse(text: str) -> dict[str, Any]:
    """The TOML tables in `text`. Raises CatalogUnreadable with the line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogUnreadable(f"not TOML: {error}") from error
    except RecursionError as error:
        raise CatalogUnreadable("not TOML: nested too deeply") from error


def shape(raw: dict[str, Any], name: str) -> Shape:
    """`raw` as models, with every fault of a single value."""
    data = copy.deepcopy(raw)
    faults: list[Fault] = []
    unsound: set[Path] = set()
    # Each pass replaces all values the models refused, so the second one passes; a third would
    # mean that an example of ours is not valid.
    for _ in range(2):
        try:
            return Shape(File.model_validate(data), raw, tuple(faults), frozenset(unsound))
        except ValidationError as refused:
            for error in refused.errors(include_url=False):
                faults.append(_fault(error, raw, name))
                unsound.add(_mend(data, error))
    return Shape(File.model_validate(data), raw, tuple(faults), frozenset(unsound))


def _fault(error: ErrorDetails, raw: dict[str, Any], name: str) -> Fault:
    path = _path(error)
    holder = _unit(error)
    known = tuple(holder.model.model_fields) if holder else ()
    return Fault(
        name,
        fault.key_text(path, raw),
        fault.rule_text(error, known),
        fault.subsection(path),
    )


def _path(error: ErrorDetails) -> Path:
    # pydantic ends the path of a refused dictionary key with this mark.
    return tuple(part for part in error["loc"] if part != "[key]")


@dataclass(frozen=True, slots=True)
class _Unit:
    """The smallest thing that is replaced as a whole: one field of one table, or a whole table."""

    model: type[Table]
    path: Path
    field: FieldInfo | None


def _unit(error: ErrorDetails) -> _Unit:
    """The unit an error lies in."""
    path = _path(error)
    model: type[Table] = File
    place = 0
    while True:
        result = model.model_fields.get(str(path[place]))
        inner = _inner(result) if result else None
        if inner is None:
            return _Unit(model, path[: place + 1], result)
        step = 1 if inner.direct else 2
        if len(path) <= place + step:
            whole = len(path) == place + step and not inner.direct
            return _Unit(inner.model if whole else model, path, None if whole else result)
        model, place = inner.model, place + step


@dataclass(frozen=True, slots=True)
class _Inner:
    model: type[Table]
    direct: bool


def _inner(field_info: FieldInfo) -> _Inner | None:
    """The table a field holds, itself or in a list or dictionary of tables."""
    if isinstance(field_info.annotation, type) and issubclass(field_info.annotation, Table):
        return _Inner(field_info.annotation, direct=True)
    for part in typing.get_args(field_info.annotation):
        if isinstance(part, type) and issubclass(part, Table):
            return _Inner(part, direct=False)
    return None


def _mend(data: dict[str, Any], error: ErrorDetails) -> Path:
    """Replace the unit an error lies in; returns its path."""
    unit = _unit(error)
    holder: Any = data
    for part in unit.path[:-1]:
        holder = holder[part]
    last = unit.path[-1]
    if error["type"] == "extra_forbidden":
        holder.pop(last, None)
    elif unit.field is None:
        holder[last] = _example_table(unit.model)
    elif unit.field.is_required():
        holder[last] = _example(unit.field)
    else:
        holder.pop(last, None)
    return unit.path


def _example(field_info: FieldInfo) -> Any:
    inner = _inner(field_info)
    if inner and inner.direct:
        return _example_table(inner.model)
    return (field_info.examples or [])[0]


def _example_table(model: type[Table]) -> dict[str, Any]:
    return dict(_required(model))


def _required(model: type[Table]) -> Iterator[tuple[str, Any]]:
    for name, info in model.model_fields.items():
        if info.is_required():
            yield name, _example(info)
