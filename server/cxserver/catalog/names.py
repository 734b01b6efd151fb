"""The short names of the catalog. A name that is not there is refused, with those nearest to it.

A typing mistake must never look like "no answers yet".
"""

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from cxserver.catalog.directory import Directory
from cxserver.errors import NotFound

# So many names are listed when none is near.
_LISTED = 8


def check_service(known: Directory, service: str | None) -> None:
    """Raise NotFound unless the catalog has this service. None is every service."""
    if service is not None and service not in known.services:
        raise unknown("There is no service {}", service, known.services)


def check_office(known: Directory, office: str | None, service: str | None = None) -> None:
    """Raise NotFound unless the catalog has this office, and `service` is given there."""
    check_service(known, service)
    offices = known.services[service].offices if service is not None else known.offices
    if office is not None and office not in offices:
        whose = f"Service '{service}' has" if service is not None else "There is"
        raise unknown(f"{whose} no office {{}}", office, offices)


def check_language(known: Directory, service: str, language: str | None) -> None:
    """Raise NotFound unless the survey of the service is written in this language."""
    languages = known.services[service].survey.languages
    if language is not None and language not in languages:
        raise unknown(f"The survey of '{service}' has no language {{}}", language, languages)


def check_choice(kind: str, name: str | None, known: Collection[str]) -> None:
    """Raise NotFound unless `name` is one of a few, such as a channel. None is all of them."""
    if name is not None and name not in known:
        raise unknown(f"There is no {kind} {{}}", name, known)


def unknown(sentence: str, name: str, known: Collection[str] | Mapping[str, object]) -> NotFound:
    """The error for a name that is not among those known. `sentence` has {} in its place."""
    said = sentence.format(f"'{name}'")
    return NotFound(f"{said}. {hint(name, known)}")


def hint(name: str, known: Collection[str]) -> str:
    """What was perhaps meant, as a sentence."""
    near = get_close_matches(name.lower(), known, n=3)
    if near:
        return f"Did you mean {_either(near)}?"
    if not known:
        return "There is none yet. To add a catalog: cx catalog apply FILE"
    if len(known) <= _LISTED:
        return f"Use {_either(sorted(known))}."
    return f"There are {len(known):,}. Check the spelling in your catalog file."


def _either(names: Collection[str]) -> str:
    *first, last = (f"'{name}'" for name in names)
    return f"{', '.join(first)} or {last}" if first else last
