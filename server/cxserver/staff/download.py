"""A table of a staff page as a CSV file."""

import csv
from io import StringIO

from starlette.responses import Response

from cxserver.export import cells
from cxserver.results.table import Table


def response(file: str, table: Table) -> Response:
    """The table under this name, with numbers as numbers."""
    named = {"content-disposition": f'attachment; filename="{file}.csv"'}
    return Response(_csv(table), media_type="text/csv; charset=utf-8", headers=named)


def _csv(table: Table) -> str:
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(table.head)
    for row in table.rows:
        values = (cell.text if cell.raw is None else cell.raw for cell in row)
        writer.writerow([cells.inert(value) for value in values])
    return file.getvalue()
