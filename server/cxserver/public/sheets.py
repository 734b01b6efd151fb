"""Survey pages, drawn once per version, language and preselected rating, and kept."""

import hashlib

from markupsafe import escape

from cxserver.catalog.directory import Agency, Directory, Office, Service
from cxserver.instrument.scale import FIVE_POINT
from cxserver.instrument.survey import Survey
from cxserver.public import screen
from cxserver.public.splice import Spliced

# Marks that no name can hold: the catalog refuses control characters.
_OFFICE, _STAMP = "\x02office\x03", "\x02stamp\x03"
_SLUG, _RELEASE = "\x02slug\x03", "\x02release\x03"
_Name = tuple[str, int, str, int | None, str, str]


class Sheets:
    """The kept pages. They are drawn anew when the directory has changed."""

    def __init__(self, static: screen.Static, imports: screen.Imports, *, demo: bool):
        self._static = static
        self._imports = imports
        self._demo = demo
        self._counter = -1
        self._kept: dict[_Name, Spliced] = {}
        self._kiosks: dict[str, tuple[Spliced, str]] = {}

    def page(
        self,
        directory: Directory,
        service: Service,
        office_name: str,
        stamp: str,
        language: str,
        rating: int | None,
        *,
        notice: str = "",
        host: str = "",
        compress: bool,
    ) -> bytes:
        """The bytes of one person's page, gzipped if `compress`."""
        self._follow(directory)
        name = service.slug, service.current, language, rating, notice, host
        if name not in self._kept:
            self._kept[name] = self._draw(directory.agency, service, name)
        drawn = self._kept[name]
        values = {"office": str(escape(office_name)).encode(), "stamp": stamp.encode()}
        return drawn.gzip(values) if compress else drawn.plain(values)

    def kiosk(
        self, directory: Directory, service: Service, office: Office, path: str, *, compress: bool
    ) -> bytes:
        """The bytes of a kiosk's page under the public `path`, gzipped if `compress`."""
        drawn, _ = self._kiosk(directory, service, path)
        values = {"office": str(escape(office.name)).encode(), "slug": office.slug.encode()}
        return drawn.gzip(values) if compress else drawn.plain(values)

    def kiosk_release(self, directory: Directory, service: Service, path: str) -> str:
        """A name for the kiosk page as it is now: another when anything in it changes."""
        return self._kiosk(directory, service, path)[1]

    def _kiosk(self, directory: Directory, service: Service, path: str) -> tuple[Spliced, str]:
        self._follow(directory)
        if service.slug not in self._kiosks:
            self._kiosks[service.slug] = self._draw_kiosk(directory.agency, service, path)
        return self._kiosks[service.slug]

    def _follow(self, directory: Directory) -> None:
        if self._counter != directory.counter:
            self._kept, self._kiosks, self._counter = {}, {}, directory.counter

    def _draw_kiosk(
        self, agency: Agency | None, service: Service, path: str
    ) -> tuple[Spliced, str]:
        if agency is None:
            raise LookupError("a service without an agency")
        page = screen.kiosk_page(
            agency=agency,
            service=service,
            office_name=_OFFICE,
            office=_SLUG,
            release=_RELEASE,
            path=path,
            static=self._static,
            imports=self._imports,
            demo=self._demo,
        )
        # The page names every script and style by its hash, so its own covers all of them.
        release = hashlib.sha256(page.encode()).hexdigest()[:16]
        return Spliced(page.replace(_RELEASE, release), {"office": _OFFICE, "slug": _SLUG}), release

    def _draw(
        self,
        agency: Agency | None,
        service: Service,
        name: _Name,
    ) -> Spliced:
        _, _, language, rating, notice, host = name
        if agency is None:
            raise LookupError("a service without an agency")
        page = screen.survey_page(
            screen.View(
                agency=agency,
                service=service,
                survey=service.survey,
                office_name=_OFFICE,
                language=language,
                stamp=_STAMP,
                static=self._static,
                values=_chosen(service.survey, rating),
                notice=notice,
                host=host,
                demo=self._demo,
            )
        )
        return Spliced(page, {"office": _OFFICE, "stamp": _STAMP})


def _chosen(survey: Survey, rating: int | None) -> screen.Values:
    """The rating of the address, where there are five points to choose from."""
    if survey.asks_satisfaction:
        return screen.Values(satisfaction=rating)
    return screen.Values(trust=rating if survey.trust_scale is FIVE_POINT else None)
