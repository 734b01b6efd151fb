"""Write a quarter: OMB's files, the manifest and the papers, into one folder that appears whole."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection

from cxserver import db
from cxserver.catalog import directory, names
from cxserver.catalog.directory import Directory
from cxserver.comments import omb_review
from cxserver.comments.omb_review import Standing
from cxserver.errors import ServerError
from cxserver.export import cells
from cxserver.instrument.flags import is_suspect
from cxserver.periods import Period
from cxserver.quarter import answers, counts, fiscal, folder, manifest, papers, sets
from cxserver.quarter import disclosed_figures as telling
from cxserver.quarter.filing_set import Drawer
from cxserver.quarter.formats import v1, v2, wide
from cxserver.quarter.formats.fits import Format
from cxserver.quarter.manifest import Entry, Written
from cxserver.quarter.sets import FileSet, LeftOut

# Opens the file with this name, to be written.
Place = Callable[[str], IO[bytes]]


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. Suspect answers stay out, unless it is `with_flagged`."""

    quarter: Period
    form: Format
    service: str | None = None
    with_flagged: bool = False


@dataclass(frozen=True, slots=True)
class Filed:
    """What was written. `digest` is the SHA-256 of the manifest, which holds those of the files."""

    drawer: Drawer
    entries: tuple[Entry, ...]
    digest: str

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What does not fit the format."""
        return self.drawer.left_out

    @property
    def draft(self) -> bool:
        """Whether the quarter has yet to end."""
        return self.drawer.draft

    @property
    def answers(self) -> int:
        """How many answers the files hold."""
        return sum(entry.set.counts.n for entry in self.entries)

    @property
    def waiting(self) -> int:
        """How many comments were not in, because nobody has reviewed them."""
        return sum(entry.comments.waiting for entry in self.entries if entry.comments)


def open_drawer(connection: Connection, order: Order, now: datetime) -> Drawer:
    """Everything the files are made of. Raises NotFound, ServerError."""
    known = directory.load(connection)
    groups = counts.read(connection, order.quarter, order.service)
    said = telling.read(connection, order.quarter)
    if known.agency is None:
        raise ServerError("There is no catalog yet. To add one: cx catalog apply FILE")
    names.check_service(known, order.service)
    included = [group for group in groups if order.with_flagged or not group.flagged]
    file_sets, out = sets.sort(known, included, order.form)
    return Drawer(
        known.agency,
        tuple(known.services[slug] for slug in sorted(known.services)),
        order.quarter,
        order.form,
        tuple(file_sets),
        tuple(out),
        said,
        draft=not fiscal.ended(order.quarter, now, zones(known)),
        with_flagged=order.with_flagged,
        flagged=sum(group.counts.n for group in groups if group.flagged),
    )


def glance(connection: Connection, order: Order, now: datetime) -> Filed:
    """What the files would be, from the counts alone: quick, and without a digest."""
    drawer = open_drawer(connection, order, now)
    if drawer.form != "v2":
        return Filed(drawer, tuple(Entry(item, ()) for item in drawer.sets), "")
    seen = omb_review.standings(connection, order.quarter)
    return Filed(
        drawer, tuple(Entry(item, (), _standing(order, item, seen)) for item in drawer.sets), ""
    )


def _standing(
    order: Order, file_set: FileSet, seen: Mapping[omb_review.Group, Standing]
) -> Standing:
    where = {
        (file_set.service.slug, file_set.channel.ours, survey.n) for survey in file_set.surveys
    }
    return omb_review.together(
        standing
        for (*group, flags), standing in seen.items()
        if tuple(group) in where and (order.with_flagged or not is_suspect(flags))
    )


def rehearse(
    source: db.Source, order: Order, now: datetime, progress: Callable[[int], None]
) -> Filed:
    """As `write`, and nothing is kept: what the files would be, with their digest."""
    return _make(source, order, _filled(source, order, now), _nowhere, progress)[0]


def zones(known: Directory) -> set[Any]:
    """The time zones of all offices: a quarter ends in each of them at its own midnight."""
    return {office.zone for office in known.offices.values()}


def write(
    source: db.Source, order: Order, now: datetime, path: Path, progress: Callable[[int], None]
) -> Filed:
    """Write the folder. Raises ServerError when there is nothing that this format takes."""
    drawer = _filled(source, order, now)
    with folder.whole(path) as inside:
        filed, texts = _make(
            source, order, drawer, lambda name: (inside / name).open("wb"), progress
        )
        for name, text in texts.items():
            (inside / name).write_text(text, encoding="utf-8", newline="\n")
    return filed


def _filled(source: db.Source, order: Order, now: datetime) -> Drawer:
    with source() as connection:
        drawer = open_drawer(connection, order, now)
    if not drawer.sets:
        raise ServerError(_nothing(drawer))
    return drawer


def _make(
    source: db.Source,
    order: Order,
    drawer: Drawer,
    place: Place,
    progress: Callable[[int], None],
) -> tuple[Filed, Mapping[str, str]]:
    """OMB's files, each in its place; and the texts that lie beside them, by name."""
    entries = tuple(_entries(source, order, drawer, place, progress))
    beside = papers.files(drawer, entries)
    manifest_text = manifest.text(drawer, entries, beside)
    digest = hashlib.sha256(manifest_text.encode()).hexdigest()
    return Filed(drawer, entries, digest), {manifest.NAME: manifest_text, **beside}


def _entries(
    source: db.Source, order: Order, drawer: Drawer, place: Place, progress: Callable[[int], None]
) -> Iterator[Entry]:
    if drawer.form == "v2":
        yield from _rows(source, order, drawer, place, progress)
        return
    make = v1.files if drawer.form == "v1" else wide.files
    for item in drawer.sets:
        made = make(drawer, item)
        yield Entry(
            item,
            tuple(_put(place, item, end, map(cells.line, rows)) for end, rows in made.items()),
        )
        progress(item.counts.n)


def _rows(
    source: db.Source, order: Order, drawer: Drawer, place: Place, progress: Callable[[int], None]
) -> Iterator[Entry]:
    """v2: each service's responses are read once, and laid on the pile of their file."""
    for service in sorted({item.service.slug for item in drawer.sets}):
        mine = [item for item in drawer.sets if item.service.slug == service]
        piles = [v2.Pile(drawer.agency.mask) for _ in mine]
        where = {
            (file_set.channel.ours, survey.n): (pile, survey)
            for file_set, pile in zip(mine, piles, strict=True)
            for survey in file_set.surveys
        }
        for page in answers.pages(source, order.quarter, service):
            for row in page:
                result = where.get((row.channel, row.survey))
                if result and (order.with_flagged or not is_suspect(row.flags)):
                    result[0].add(row, result[1])
            progress(len(page))
        for file_set, pile in zip(mine, piles, strict=True):
            # The file and what is said of it come from the same rows, even while more arrive.
            file = _put(place, file_set, "v2.csv", pile.lines())
            yield Entry(replace(file_set, counts=pile.counts), (file,), pile.standing)


def _put(place: Place, file_set: FileSet, end: str, lines: Iterable[str]) -> Written:
    """One file: UTF-8 without a mark at its start, which OMB's reader would take for a name."""
    name, digest, count = f"{file_set.stem}.{end}", hashlib.sha256(), 0
    with place(name) as file:
        for count, line in enumerate(lines):  # noqa: B007  # the first line is the header
            encoded = line.encode()
            digest.update(encoded)
            file.write(encoded)
    return Written(name, count, digest.hexdigest())


def _nowhere(name: str) -> IO[bytes]:
    return Path(os.devnull).open("wb")


def _nothing(drawer: Drawer) -> str:
    if not drawer.left_out:
        last = fiscal.last_day(drawer.quarter)
        if drawer.flagged and not drawer.with_flagged:
            return (
                f"All {drawer.flagged:,} answers of {drawer.quarter.name} have a reason to look "
                "twice, a flag, and are left out: there is nothing to file. When you have looked, "
                "file them all the same (--with-flagged)."
            )
        return (
            f"No answers from {drawer.quarter.start} to {last}: there is nothing to file "
            f"for {drawer.quarter.name}."
        )
    return "\n".join(
        f"{item.survey}: {item.refusal.why}. Fix: {item.refusal.cure}." for item in drawer.left_out
    )
