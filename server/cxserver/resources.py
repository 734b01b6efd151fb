"""Find the folders that travel with the code: migrations, widget, locale.

In a wheel they lie inside the package; in a checkout beside `server/`. `importlib.resources`
cannot see the second place, because those folders are not packages.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder `name`, in a wheel and in a checkout alike. Raises FileNotFoundError."""
    for place in (_PACKAGE / name, _PACKAGE.parents[1] / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"The folder '{name}' is missing from this installation of cxsdk.")
