"""What the parts of a catalog file must agree on: offices, their tree, clearances, languages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cxsdk import keys
from cxserver.catalog import fault
from cxserver.catalog.file import Alert, Office, Records
from cxserver.catalog.shape import Shape
from cxserver.catalog.values import LANGUAGES
from cxserver.instrument import finding
from cxserver.instrument.finding import CLEARED, SURVEYED, Finding

# Whole years, so that M-21-31's 30 months are over.
_LOG_YEARS = 3
_SAME = ("name", "timezone", "parent", "serves", "reads_within_days")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One office as one service declares it."""

    service: str
    index: int
    office: Office

    @property
    def path(self) -> fault.Path:
        return ("service", self.service, "office", self.index)


def check(shape: Shape) -> Iterator[Finding]:
    """Every disagreement. The keys of these findings start at the top of the file."""
    yield from _table_names(shape)
    yield from _clearances(shape)
    yield from _languages(shape)
    yield from _alerts(shape)
    yield from _records(shape)
    entries = list(_entries(shape))
    yield from _offices_stand_once(shape, entries)
    yield from _one_slug_is_one_office(shape, entries)
    yield from _parents_are_declared(shape, entries)
    yield from _tree_has_a_top(shape, entries)
    yield from _someone_serves(shape)


def _table_names(shape: Shape) -> Iterator[Finding]:
    for kind, tables in (("service", shape.file.service), ("clearance", shape.file.clearance)):
        for name in tables:
            if not keys.SLUG.match(name):
                yield Finding(
                    f"{kind}.{name}",
                    f"'{name}' must be 1 to 32 of a-z, 0-9 and '-', with no '-' at either end",
                    "",
                )
    if not shape.file.service and shape.sound("service"):
        yield Finding("service", "no service is declared", "§280.5")


def _clearances(shape: Shape) -> Iterator[Finding]:
    known = shape.file.clearance
    if not shape.sound("clearance"):
        return
    for slug, service in shape.file.service.items():
        named = service.survey.clearance
        if shape.sound("service", slug, "survey", "clearance") and named not in known:
            yield Finding(
                f"service.{slug}.survey.clearance",
                f"'{named}' is not declared{finding.hint(named, known)}; write [clearance.{named}]",
                CLEARED,
            )


def _languages(shape: Shape) -> Iterator[Finding]:
    spoken = _spoken(shape)
    for slug, service in shape.file.service.items():
        if not shape.sound("service", slug, "survey", "languages"):
            continue
        if "es" in service.survey.languages and service.es.name is None:
            yield from _unnamed(shape, "service", slug)
    if "es" in spoken and shape.file.agency.es.name is None:
        yield from _unnamed(shape, "agency")
    help_texts = shape.file.agency.urgent_help
    for spoken_language, slug in sorted(spoken.items()):
        if help_texts and spoken_language not in help_texts:
            yield Finding(
                f"agency.urgent_help.{spoken_language}",
                f"is missing; service.{slug} speaks this language",
                "",
            )


def _alerts(shape: Shape) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for index, alert in enumerate(shape.file.agency.alert):
        path = ("agency", "alert", index)
        key = fault.key_text(path, shape.raw)
        if shape.sound(*path, "code") and first.setdefault(alert.code, index) != index:
            yield Finding(f"{key}.code", f"'{alert.code}' appears twice", "")
        yield from _teams(shape, path, alert)
        phrases = {code: getattr(alert, code) for code in LANGUAGES if shape.sound(*path, code)}
        if len(phrases) == len(LANGUAGES) and not any(phrases.values()):
            yield Finding(key, "has no phrases; write them as en = […] and es = […]", "")
            continue
        for language, slug in _spoken(shape).items():
            if language in phrases and not phrases[language]:
                text = f"is missing; service.{slug} speaks this language, and nothing in it alerts"
                yield Finding(f"{key}.{language}", text, "", warning=True)


def _teams(shape: Shape, path: fault.Path, alert: Alert) -> Iterator[Finding]:
    """The page says who was mailed and who is next: two teams of one name could not be told."""
    names = {(alert.team or "").casefold()}
    for index, then in enumerate(alert.then):
        own = (*path, "then", index)
        if not shape.sound(*own, "team"):
            continue
        if then.team.casefold() in names:
            text = f"'{then.team}' appears twice; give each team of this alert its own name"
            yield Finding(f"{fault.key_text(own, shape.raw)}.team", text, "")
        names.add(then.team.casefold())


def _records(shape: Shape) -> Iterator[Finding]:
    """The audit log has one rule, and nothing outlives the answer that it hangs on."""
    common = shape.file.records
    yield from _retention(shape, ("records",), common, common)
    for slug, service in shape.file.service.items():
        if service.records.rules():
            path = ("service", slug, "records")
            yield from _retention(shape, path, common, service.records)


def _retention(
    shape: Shape, path: tuple[str, ...], common: Records, own: Records
) -> Iterator[Finding]:
    key, rules = ".".join(path), common.rules() | own.rules()
    if own.audit.years and shape.sound(*path, "audit"):
        yield from _log_retention(f"{key}.audit", path, own.audit.years)
    answers = rules.get("answers")
    for kind in sorted(rules.keys() - {"answers", "audit"}):
        if answers and rules[kind].years > answers.years and shape.sound(*path):
            text = f"is {rules[kind].years} years, but answers are deleted after {answers.years}; "
            yield Finding(
                f"{key}.{kind}", f"{text}write at most {answers.years}, or keep answers longer", ""
            )


def _log_retention(key: str, path: tuple[str, ...], years: int) -> Iterator[Finding]:
    """One log tells of all services. OMB wants 12 months of it at hand, and 18 more in store."""
    if path != ("records",):
        text = "is for one service, but all services share one audit log; write it under [records]"
        yield Finding(key, text, "")
    elif years < _LOG_YEARS:
        text = f"is {years} {'year' if years == 1 else 'years'}, and OMB asks for 30 months; "
        rule = f"write at least {_LOG_YEARS}, or keep a copy elsewhere"
        yield Finding(key, f"{text}{rule}", "M-21-31", warning=True)


def _spoken(shape: Shape) -> dict[str, str]:
    """Each language, with a service that speaks it."""
    spoken: dict[str, str] = {}
    for slug, service in shape.file.service.items():
        if shape.sound("service", slug, "survey", "languages"):
            for language in service.survey.languages:
                spoken.setdefault(language, slug)
    return spoken


def _unnamed(shape: Shape, *path: str) -> Iterator[Finding]:
    if shape.sound(*path, "es", "name"):
        key = ".".join((*path, "es.name"))
        yield Finding(key, "is missing; Spanish pages will show the English name", "", warning=True)


def _entries(shape: Shape) -> Iterator[_Entry]:
    for slug, service in shape.file.service.items():
        for index, office in enumerate(service.office):
            entry = _Entry(slug, index, office)
            if shape.sound(*entry.path, "slug"):
                yield entry


def _offices_stand_once(shape: Shape, entries: list[_Entry]) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        place = (entry.service, entry.office.slug)
        if place in seen:
            yield Finding(
                fault.key_text(entry.path, shape.raw), "appears twice in this service", ""
            )
        seen.add(place)


def _one_slug_is_one_office(shape: Shape, entries: list[_Entry]) -> Iterator[Finding]:
    first: dict[str, _Entry] = {}
    for entry in entries:
        other = first.setdefault(entry.office.slug, entry)
        if other.service == entry.service:
            continue
        for name in _SAME:
            own, there = getattr(entry.office, name), getattr(other.office, name)
            sound = shape.sound(*entry.path, name) and shape.sound(*other.path, name)
            if sound and own != there:
                yield Finding(
                    f"{fault.key_text(entry.path, shape.raw)}.{name}",
                    f"is '{own}', but '{there}' in service.{other.service}; "
                    "one slug is one office in every service",
                    SURVEYED,
                )


def _parents_are_declared(shape: Shape, entries: list[_Entry]) -> Iterator[Finding]:
    declared = {entry.office.slug for entry in entries}
    for entry in entries:
        parent = entry.office.parent
        if parent is not None and parent not in declared:
            hint = finding.hint(parent, declared) if len(declared) < 200 else ""
            yield Finding(
                f"{fault.key_text(entry.path, shape.raw)}.parent",
                f"'{parent}' is not declared as an office{hint}",
                "",
            )


def _tree_has_a_top(shape: Shape, entries: list[_Entry]) -> Iterator[Finding]:
    parents = {entry.office.slug: entry.office.parent for entry in entries}
    paths = {entry.office.slug: entry.path for entry in entries}
    done: set[str] = set()
    for slug in parents:
        ring = _ring(slug, parents, done)
        if ring:
            yield Finding(
                f"{fault.key_text(paths[ring[0]], shape.raw)}.parent",
                f"goes round in a circle: {' → '.join([*ring, ring[0]])}",
                "",
            )


def _ring(slug: str, parents: Mapping[str, str | None], done: set[str]) -> list[str]:
    """The circle that starts to be walked at `slug`, if there is one not told before."""
    walked: list[str] = []
    current: str | None = slug
    while current is not None and current not in done:
        done.add(current)
        walked.append(current)
        current = parents.get(current)
    return walked[walked.index(current) :] if current is not None and current in walked else []


def _someone_serves(shape: Shape) -> Iterator[Finding]:
    for slug, service in shape.file.service.items():
        if shape.sound("service", slug, "office") and not any(
            office.serves for office in service.office
        ):
            yield Finding(f"service.{slug}.office", "no office of this service serves people")
