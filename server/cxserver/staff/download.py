"""A table of a staff page as a CSV file."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO, TextIOWrapper
from tempfile import SpooledTemporaryFile
from typing import IO

from starlette.responses import Response, StreamingResponse

from cxserver.export import cells
from cxserver.results.table import Table

_PIECE, _IN_MEMORY = 64 * 1024, 4 * 1024 * 1024


def response(file: str, table: Table) -> Response:
    """The table under this name, with numbers as numbers."""
    named = {"content-disposition": f'attachment; filename="{file}.csv"'}
    return Response(_csv(table), media_type="text/csv; charset=utf-8", headers=named)


def long_response(file: str, head: Iterable[str], pages: Iterable[Table]) -> Response:
    """The rows of all these tables under one head. The file is whole before a byte of it is sent,
    on the disk where it is large: one that breaks off halfway looks like a whole one.
    """
    body = SpooledTemporaryFile(_IN_MEMORY)  # closed when it has been sent
    text = TextIOWrapper(body, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(head)
    for page in pages:
        writer.writerows(_rows(page))
    text.detach()
    body.seek(0)
    named = {"content-disposition": f'attachment; filename="{file}.csv"'}
    return StreamingResponse(_pieces(body), media_type="text/csv; charset=utf-8", headers=named)


def _pieces(body: IO[bytes]) -> Iterator[bytes]:
    with body:
        while piece := body.read(_PIECE):
            yield piece


def _rows(table: Table) -> Iterator[list[object]]:
    for row in table.rows:
        values = (cell.text if cell.raw is None else cell.raw for cell in row)
        yield [cells.inert(value) for value in values]


def _csv(table: Table) -> str:
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(table.head)
    writer.writerows(_rows(table))
    return file.getvalue()
