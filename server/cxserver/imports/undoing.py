"""Take an import out again: its versions, and all that hangs on them. The rest is not touched.

An import's versions are its own, so nothing has to be counted back: what stands under them goes.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, func, select

from cxserver import tables
from cxserver.catalog import directory
from cxserver.errors import ServerError
from cxserver.imports import filed
from cxserver.imports.taken import Taken, id_of
from cxserver.instrument.survey import Survey
from cxserver.intake import cut_tables, store

# What staff may have done with an imported answer since.
_WORK = (
    *(tables.case_notes, tables.handovers, tables.cases),
    *(tables.alert_letters, tables.alerts),
    *(tables.replies, tables.comment_reviews),
)


@dataclass(frozen=True, slots=True)
class Undone:
    """What went: rows of answers, versions of surveys, and comments that staff had worked on."""

    answers: int
    versions: int
    cases: int


def cases(connection: Connection, taken: Taken) -> int:
    """How many of its comments somebody of the staff has opened or worked on."""
    return sum(
        connection.execute(
            select(func.count()).select_from(tables.cases).where(_of(tables.cases, survey))
        ).scalar_one()
        for survey in taken.surveys
    )


def undo(connection: Connection, taken: Taken) -> Undone:
    """Take it out, in the caller's transaction. Raises ServerError."""
    if not taken.surveys:
        raise ServerError(
            f"Import {taken.id} shares its survey versions with others: it was made before each "
            "import had its own. Only a backup from before it helps."
        )
    worked = cases(connection, taken)
    answers = sum(_take_out(connection, survey) for survey in taken.surveys)
    cut_tables.erase_import(connection, taken.id)
    connection.execute(delete(tables.batches).where(tables.batches.c.source == taken.id))
    filed.take_out(connection, taken.id)
    table = tables.imports.c.digest
    for digest in connection.execute(select(table)).scalars().all():
        if id_of(bytes(digest)) == taken.id:
            connection.execute(delete(tables.imports).where(table == digest))
    directory.bump(connection)
    return Undone(answers, len(taken.surveys), worked)


def _take_out(connection: Connection, survey: Survey) -> int:
    for table in _WORK:
        connection.execute(delete(table).where(_of(table, survey)))
    gone = 0
    for table in (tables.responses, *store.COUNTED, *store.RELEASED):
        mine = (table.c.service == survey.service, table.c.survey == survey.n)
        rows = connection.execute(delete(table).where(*mine)).rowcount
        gone += rows if table is tables.responses else 0
    columns = tables.surveys.c
    connection.execute(
        delete(tables.surveys).where(columns.service == survey.service, columns.n == survey.n)
    )
    return gone


def _of(table: Table, survey: Survey) -> ColumnElement[bool]:
    """That a row is about one of the survey's answers."""
    response = tables.responses.c
    return exists().where(
        response.service == table.c.service,
        response.day == table.c.day,
        response.id == table.c.response,
        response.service == survey.service,
        response.survey == survey.n,
    )
