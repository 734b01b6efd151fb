"""Survey pages, drawn once per version, language and preselected rating, and kept."""

from collections.abc import Callable

from markupsafe import escape

from cxserver.catalog.directory import Agency, Directory, Service
from cxserver.respond import screen
from cxserver.respond.splice import Spliced

# Marks that no name can hold: the catalogue refuses control characters.
_OFFICE, _STAMP = "\x02office\x03", "\x02stamp\x03"
_Name = tuple[str, int, str, int | None, str, str]


class Sheets:
    """The kept pages. They are drawn anew when the directory has changed."""

    def __init__(self, static: Callable[[str], str], *, demo: bool):
        self._static = static
        self._demo = demo
        self._counter = -1
        self._kept: dict[_Name, Spliced] = {}

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
        if self._counter != directory.counter:
            self._kept, self._counter = {}, directory.counter
        name = service.slug, service.current, language, rating, notice, host
        if name not in self._kept:
            self._kept[name] = self._draw(directory.agency, service, name)
        kept = self._kept[name]
        values = {"office": str(escape(office_name)).encode(), "stamp": stamp.encode()}
        return kept.gzip(values) if compress else kept.plain(values)

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
                values=screen.Values(satisfaction=rating),
                notice=notice,
                host=host,
                demo=self._demo,
            )
        )
        return Spliced(page, {"office": _OFFICE, "stamp": _STAMP})
