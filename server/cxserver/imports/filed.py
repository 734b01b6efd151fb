"""The header file of OMB's v1 format: what an agency told of a quarter beside its counts.

Customers served and offered become volumes, the comment becomes the service's reflection; both
say which import they came with, so that they go with it. What somebody gave here stays.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete

from cxserver import periods, tables
from cxserver.errors import ServerError
from cxserver.imports import cells
from cxserver.imports.rejected import RowRefused
from cxserver.imports.sheet import Line, Sheet
from cxserver.periods import Period
from cxserver.quarter import reflections, volumes
from cxserver.quarter.formats import channels
from cxserver.quarter.reflections import Reflection
from cxserver.quarter.volumes import Volume

_DONE = re.compile(
    r"^Recent accomplishments: (.*?)(?=^Asked as well: |^Service levels: |\Z)", re.M | re.S
)
_NEEDED = ("start_date", "total_volume", "survey_opp_volume", "response_count")


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says. `volume` is served and offered; None where both cells are empty."""

    file: str
    service: str
    channel: str
    quarter: str
    people: int | None
    volume: tuple[int, int] | None
    reflection: str
    accomplishments: str
    who: str


def beside(detail: Path) -> Path | None:
    """The header file that lies beside a detail file under the same name, if there is one."""
    name = "header".join(detail.name.rsplit("detail", 1))
    other = detail.with_name(name)
    return other if name != detail.name and other.is_file() else None


def read(sheet: Sheet, *, part: bool = False) -> Header:
    """The one row of a header file, whose days may be a `part` of the quarter.

    Raises ServerError, or RowRefused with the file's name.
    """
    if "standardized_question_number" in sheet.columns:
        raise ServerError(f"{sheet.name} is the detail file; --header is the file beside it.")
    sheet.require(*_NEEDED)
    lines = list(sheet.lines())
    if len(lines) != 1:
        rule = f"a header file has one row, and this has {len(lines)}"
        raise RowRefused("", rule, "one file holds one survey of one quarter", 1, sheet.name)
    try:
        return _header(sheet.name, lines[0], part)
    except RowRefused as refused:
        refused.file, refused.line = sheet.name, lines[0].number
        raise


def fault(connection: Connection, header: Header, where: tuple[str, str]) -> RowRefused | None:
    """Why the volumes cannot be kept for this service and channel, when they cannot."""
    before = volumes.read(connection, periods.named(header.quarter)).get(where)
    if header.volume is None or before is None or (before.served, before.offered) == header.volume:
        return None
    rule = f"others were given for {header.quarter} ({before.served:,} and {before.offered:,})"
    cure = "compare them with `cx quarter volumes list`, and empty these cells or fix those"
    return RowRefused("total_volume", rule, cure, 2, header.file)


def note(connection: Connection, header: Header, service: str) -> str:
    """What is left out of the comment, in words; "" when nothing is."""
    before = reflections.read(connection, periods.named(header.quarter)).get(service)
    if before is None or before.reflection == header.reflection or not header.reflection:
        return ""
    return (
        f"The comment of {header.file} was left out: {service} has a text for {header.quarter} "
        "already (cx quarter reflect)."
    )


def keep(
    connection: Connection, header: Header, where: tuple[str, str], id: str, now: datetime
) -> None:
    """Keep what nobody has given yet."""
    service, channel = where
    quarter = periods.named(header.quarter)
    who = header.who or "not told"
    if header.volume is not None and where not in volumes.read(connection, quarter):
        volume = Volume(*header.volume, f"{_source(id)}: {header.file}"[:300], who, now)
        volumes.put(connection, quarter, service, channel, volume)
    text = header.reflection or header.accomplishments
    if text and service not in reflections.read(connection, quarter):
        by = f"{who[:200]}, {_source(id)}"
        said = Reflection(header.reflection, header.accomplishments, by, now)
        reflections.put(connection, quarter, service, said)


def take_out(connection: Connection, id: str) -> None:
    """Take out what came with an import."""
    columns = tables.volumes.c
    connection.execute(delete(tables.volumes).where(columns.source.startswith(f"{_source(id)}:")))
    texts = tables.reflections.c
    connection.execute(delete(tables.reflections).where(texts.who.endswith(f", {_source(id)}")))


def _source(id: str) -> str:
    return f"imported ({id})"


def _header(file: str, line: Line, part: bool) -> Header:
    if line.fault:
        raise line.fault
    comment = line["submission comment"]
    match = _DONE.search(comment)
    reflection = comment if match is None else comment[: match.start()] + comment[match.end() :]
    people = line["response_count"]
    if len(comment) > reflections.MOST:
        rule = f"the comment has more than {reflections.MOST:,} characters"
        raise RowRefused("submission comment", rule, "shorten it")
    return Header(
        file,
        line["service"],
        _channel(line["mode"]),
        _quarter(line, part).name,
        cells.count("response_count", people) if people else None,
        _volume(line),
        reflection.strip(),
        match[1].strip() if match else "",
        line["agency_poc_name"][:200],
    )


def _volume(line: Line) -> tuple[int, int] | None:
    given = [line["total_volume"], line["survey_opp_volume"]]
    if given == ["", ""]:
        return None
    cure = "fill in both, the smaller one second, or neither"
    if "" in given:
        raise RowRefused("total_volume", "one of the two volumes is missing", cure)
    served = cells.count("total_volume", given[0])
    offered = cells.count("survey_opp_volume", given[1])
    if offered > served:
        rule = "more people were offered the survey than were served"
        raise RowRefused("survey_opp_volume", rule, cure)
    return served, offered


def _quarter(line: Line, part: bool) -> Period:
    days = {name: line[name] for name in ("start_date", "end_date")}
    return cells.quarter(days, part=part)


def _channel(mode: str) -> str:
    """Our channel, where OMB's word for it means but one."""
    result = [item.ours for item in channels.ALL if item.mode.casefold() == mode.casefold()]
    return result[0] if len(result) == 1 else mode
