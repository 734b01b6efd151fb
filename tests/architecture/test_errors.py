"""Every exception class is in the tree of its package, and the drawing of the tree shows it."""

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from types import ModuleType

import pytest

import cxsdk
import cxserver
from cxsdk.errors import CxError
from cxserver.errors import ServerError

TREES = [(cxserver, ServerError), (cxsdk, CxError)]
_LEVELS = "*x-"
_LINE = re.compile(r"^ *([*x-]) (\w+)(?: +(?:([\w/]+): )?|$)", re.MULTILINE)

# For each class: the class it stands under, and its module.
Tree = dict[str, tuple[str, str]]


def drawing(package: ModuleType) -> Tree:
    """The tree as the docstring of the package's errors.py draws it."""
    home = importlib.import_module(f"{package.__name__}.errors")
    tree: Tree = {}
    above = ["Exception", "", "", ""]
    for level, name, room in _LINE.findall(home.__doc__ or ""):
        depth = _LEVELS.index(level)
        module = f"{package.__name__}.{room.replace('/', '.')}" if room else home.__name__
        tree[name] = (above[depth], module)
        above[depth + 1] = name
    return tree


def classes(package: ModuleType) -> list[type[BaseException]]:
    """Every exception class that a module of the package defines."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    inside = f"{package.__name__}."
    return [cls for cls in _below(BaseException) if cls.__module__.startswith(inside)]


def _below(base: type[BaseException]) -> Iterator[type[BaseException]]:
    seen = set()
    for cls in type.__subclasses__(base):
        if cls not in seen:
            seen |= {cls, *_below(cls)}
    return iter(seen)


def outside(package: ModuleType, root: type[Exception]) -> list[str]:
    """The classes that are not in the tree."""
    return sorted(cls.__name__ for cls in classes(package) if not issubclass(cls, root))


def code(package: ModuleType) -> Tree:
    """The tree as the code has it."""
    return {cls.__name__: (cls.__bases__[0].__name__, cls.__module__) for cls in classes(package)}


@pytest.mark.parametrize(("package", "root"), TREES)
def test_every_exception_is_in_the_tree(package: ModuleType, root: type[Exception]) -> None:
    assert outside(package, root) == []


@pytest.mark.parametrize(("package", "root"), TREES)
def test_the_drawing_shows_the_tree_as_it_is(package: ModuleType, root: type[Exception]) -> None:
    assert drawing(package) == code(package)


def test_no_two_exceptions_share_a_name() -> None:
    names = Counter(cls.__name__ for package, _ in TREES for cls in classes(package))
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize(("package", "root"), TREES)
def test_a_class_outside_is_noticed(package: ModuleType, root: type[Exception]) -> None:
    module = {"__module__": f"{package.__name__}.planted"}
    stray: type[Exception] = type("Stray", (Exception,), module)
    undrawn: type[Exception] = type("Undrawn", (root,), module)
    assert outside(package, root) == ["Stray"]
    assert set(code(package)) - set(drawing(package)) == {stray.__name__, undrawn.__name__}
