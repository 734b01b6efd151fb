"""An export as a workbook of Excel: typed cells, as many sheets as it takes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter

from cxserver.export import cells
from cxserver.export.responses import COLUMNS

# Rows of a sheet, the head included.
SHEET = 1_048_576
_OPTIONS = {
    "constant_memory": True,
    # What somebody typed is text, whatever it looks like.
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "use_zip64": True,
}
# A workbook says when it was made. The same data must give the same bytes.
_MADE = datetime(2000, 1, 1)  # noqa: DTZ001  # the library takes no time zone
_NUMBERS = ("trust", "satisfaction")
_WIDTHS = {"survey": 18, "day": 11, "answered_hour": 17, "comment": 60, "questions": 30}


class Book:
    """A workbook that is being written; `height` is how many rows a sheet holds."""

    def __init__(self, file: BinaryIO, aside: Path, height: int = SHEET):
        self._book = xlsxwriter.Workbook(file, {**_OPTIONS, "tmpdir": str(aside)})
        self._book.set_properties({"created": _MADE})
        self._head = self._book.add_format({"bold": True})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._hour = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._height = height
        self._sheets = 0
        self._turn_the_page()

    def put(self, row: dict[str, Any]) -> None:
        """Write one row, on the next sheet when this one is full."""
        if self._at == self._height:
            self._turn_the_page()
        for column, name in enumerate(COLUMNS):
            self._write(column, name, row[name])
        self._at += 1

    def close(self) -> None:
        """Put the file together."""
        self._book.close()

    def abandon(self) -> None:
        """Let go of what was laid aside; there will be no file."""
        for sheet in self._book.worksheets():
            # The library closes these only when it puts the file together.
            sheet.row_data_fh.close()

    def _write(self, column: int, name: str, value: Any) -> None:
        sheet, at = self._sheet, self._at
        if value is None:
            return  # satisfaction that was not asked, an hour that is not told
        if name in _NUMBERS:
            sheet.write_number(at, column, value)
        elif name == "day":
            sheet.write_datetime(at, column, date.fromisoformat(value), self._day)
        elif name == "answered_hour":
            # Excel knows no time zones: this is UTC, as it is everywhere else.
            moment = datetime.fromisoformat(value).replace(tzinfo=None)
            sheet.write_datetime(at, column, moment, self._hour)
        elif text := cells.plain(value):
            sheet.write_string(at, column, cells.cut(text))

    def _turn_the_page(self) -> None:
        self._sheets += 1
        name = "responses" if self._sheets == 1 else f"responses {self._sheets}"
        self._sheet = self._book.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        for column, name in enumerate(COLUMNS):
            self._sheet.set_column(column, column, _WIDTHS.get(name, 14))
            self._sheet.write_string(0, column, name, self._head)
        self._at = 1


@contextmanager
def writer(file: BinaryIO, aside: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Rows into a workbook."""
    book = Book(file, aside)
    try:
        yield book.put
    except BaseException:
        book.abandon()
        raise
    book.close()
