"""The year's indicators as a workbook of Excel, or as a page to print."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from io import BytesIO

import xlsxwriter

from cxserver.catalog.directory import Directory
from cxserver.export import cells
from cxserver.quarter.apr import HEAD, Row

# A workbook says when it was made. The same data must give the same bytes.
_MADE = datetime(2000, 1, 1)  # noqa: DTZ001  # the library takes no time zone
_WIDTHS = (30, 42, 18, 10, 12, 12, 10)
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_STYLE = (
    "body{font:12pt/1.4 sans-serif;margin:2em}table{border-collapse:collapse;width:100%}"
    "caption{text-align:left;margin-bottom:.5em}"
    "th,td{text-align:left;padding:.25em .75em .25em 0;border-bottom:1px solid #8d9297}"
    "tr{break-inside:avoid}@page{size:landscape;margin:1.5cm}@media print{body{margin:0}}"
)


def xlsx(rows: Sequence[Row], known: Directory, year: int) -> bytes:
    """One sheet; shares are numbers, shown as per cents."""
    file = BytesIO()
    book = xlsxwriter.Workbook(file, {**_OPTIONS, "in_memory": True})
    book.set_properties({"created": _MADE})
    sheet = book.add_worksheet(f"FY {year}")
    head, share = book.add_format({"bold": True}), book.add_format({"num_format": "0.0%"})
    sheet.freeze_panes(1, 0)
    for column, (name, width) in enumerate(zip(HEAD, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, head)
    for at, row in enumerate(rows, 1):
        for column, text in enumerate(_words(row, known)):
            if not text:
                continue
            sheet.write_string(at, column, cells.cut(cells.plain(text)))
        if not isinstance(row.actual, str):
            sheet.write_number(at, 5, row.actual, share)
        if row.n is not None:
            sheet.write_number(at, 6, row.n)
    book.close()
    return file.getvalue()


def html(rows: Sequence[Row], known: Directory, year: int) -> str:
    """A page that needs nothing else: open it and print it."""
    agency = known.agency.name if known.agency else ""
    title = f"{agency}: customer experience indicators, fiscal year {year}"
    head = "".join(f'<th scope="col">{name.capitalize()}</th>' for name in HEAD)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in _words(row, known)) + "</tr>"
        for row in rows
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n<table>\n<caption>OMB Circular A-11 §280.12. Flagged answers "
        f"are left out, as in the quarters’ files.</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody>\n</table>\n</body>\n</html>\n"
    )


def _words(row: Row, known: Directory) -> tuple[str, ...]:
    n = "" if row.n is None else f"{row.n:,}"
    service = known.services[row.service].name
    return (service, row.measure, row.unit, row.period, row.target, row.actual_text, n)
