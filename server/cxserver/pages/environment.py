"""Turn templates into pages: everything escaped, nothing undefined, one language at a time."""

from pathlib import Path
from typing import Any

import jinja2

from cxserver.pages import language

_BASE = Path(__file__).parent / "templates"


def make(*folders: Path) -> jinja2.Environment:
    """An environment that finds templates in `folders` and beside this file."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, _BASE]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def render(environment: jinja2.Environment, template: str, code: str, **values: Any) -> str:
    """The page `template` in the language `code`.

    The words travel in the context, not in the environment's globals: those are shared, and one
    reader's language would leak into another's page. Macros are imported `with context`.
    """
    words = language.words(code)
    return environment.get_template(template).render(
        _=words.text, ngettext=words.counted, words=words, names=language.NAMES, **values
    )
