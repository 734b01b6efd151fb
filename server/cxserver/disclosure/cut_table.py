"""A cut table while cells are being hidden in it: what each line has hidden. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Cell = tuple[str | None, str]
"""An office and a category. None for the office: the service's own count in the category."""

Place = tuple[int, int]
"""A cell by the numbers of its row and its column."""


@dataclass(slots=True)
class Line:
    """An office, the service (the last row) or a category, and what is hidden in it.

    `floors` is the least that the hidden cells can sum to, for all anybody knows.
    """

    at: int
    places: list[Place]
    """Cells with people that are still shown, largest first; some may be hidden by now."""
    people: int
    left: int
    """How many cells with people are shown."""
    hidden: int = 0
    hidden_people: int = 0
    floors: int = 0
    total_hidden: bool = False
    """The service's own count in this category is hidden."""
    may_be_zero: bool = False
    """A zero is hidden in the line, so anybody must reckon with that in each hidden cell."""

    def safe(self, enough: int) -> bool:
        """Whether the line's total says nothing of a few people or of a cell."""
        if self.total_hidden:
            return self.hidden > 0
        if not self.hidden:
            return True
        return self.hidden > 1 and self.hidden_people >= enough and self.hidden_people > self.floors


@dataclass(slots=True)
class CutTable:
    """People by office and category. The service's own counts are a row too, the last.

    `rows` and `columns` are the lines; a line's `at` is its place in both lists together.
    """

    offices: list[str]
    categories: list[str]
    people: list[list[int]]
    rows: list[Line] = field(init=False)
    columns: list[Line] = field(init=False)
    hidden: list[list[bool]] = field(init=False)
    changed: set[int] = field(default_factory=set)
    """The lines, by `at`, in which something was hidden."""

    def __post_init__(self) -> None:
        self.people = [*self.people, [sum(column) for column in zip(*self.people, strict=True)]]
        height, width = len(self.people), len(self.categories)
        rows = [[(row, column) for column in range(width)] for row in range(height)]
        columns = [[(row, column) for row in range(height - 1)] for column in range(width)]
        self.rows = [self._line(at, places) for at, places in enumerate(rows)]
        self.columns = [self._line(height + at, places) for at, places in enumerate(columns)]
        self.hidden = [[False] * width for _ in rows]

    @property
    def service(self) -> int:
        """The row of the service's own counts."""
        return len(self.offices)

    def floor(self, row: int, column: int) -> int:
        """The least this cell can be for all anybody knows, should it be hidden."""
        if row == self.service:
            return 1
        return 0 if self.rows[row].may_be_zero or self.columns[column].may_be_zero else 1

    def hide(self, place: Place) -> None:
        """Hide a cell. A small office that has no people shown any more hides its zeros too."""
        row, column = place
        if self.hidden[row][column]:
            return
        self.hidden[row][column] = True
        self._note(self.rows[row], place)
        if row == self.service:
            self.columns[column].total_hidden = True
            self.changed.add(self.columns[column].at)
            return
        self._note(self.columns[column], place)
        self._hide_zeros(row)

    def smallest(self, line: Line) -> Place | None:
        """The smallest cell of a line that has people and is shown."""
        while line.places:
            row, column = line.places[-1]
            if not self.hidden[row][column]:
                return row, column
            line.places.pop()
        return None

    def zero(self, line: Line) -> Place | None:
        """A zero of a line to hide, where no cell with people is left; only once in a line.

        It lies, if it can, where something is hidden already, and else where few people are.
        """
        if line.may_be_zero:
            return None
        places = [place for place in self._places(line) if self._hides_as_zero(place)]
        crossing = self.columns if line.at < len(self.rows) else self.rows
        side = 1 if crossing is self.columns else 0

        def loss(place: Place) -> tuple[bool, int, Place]:
            other = crossing[place[side]]
            return not other.hidden, other.people, place

        return min(places, key=loss, default=None)

    def expect_zeros(self, line: Line) -> None:
        """Take into account that a hidden cell of this line may be zero, for all anybody knows."""
        for row, column in self._places(line):
            if self.hidden[row][column] and self.floor(row, column):
                self.rows[row].floors -= 1
                self.columns[column].floors -= 1
        line.may_be_zero = True

    def names(self) -> Iterable[Cell]:
        """The hidden cells."""
        offices = [*self.offices, None]
        for row, office in enumerate(offices):
            for column, category in enumerate(self.categories):
                if self.hidden[row][column]:
                    yield office, category

    def _line(self, at: int, places: list[Place]) -> Line:
        sizes = [(self.people[row][column], (row, column)) for row, column in places]
        order = sorted((size for size in sizes if size[0]), reverse=True)
        return Line(at, [place for _, place in order], sum(n for n, _ in order), len(order))

    def _places(self, line: Line) -> list[Place]:
        if line.at < len(self.rows):
            return [(line.at, column) for column in range(len(self.columns))]
        return [(row, line.at - len(self.rows)) for row in range(self.service)]

    def _hides_as_zero(self, place: Place) -> bool:
        row, column = place
        if self.people[row][column] or self.hidden[row][column]:
            return False
        return self.rows[row].people > 0

    def _note(self, line: Line, place: Place) -> None:
        people = self.people[place[0]][place[1]]
        line.hidden += 1
        line.hidden_people += people
        line.floors += self.floor(*place)
        line.left -= people > 0
        self.changed.add(line.at)

    def _hide_zeros(self, row: int) -> None:
        line = self.rows[row]
        if line.left or line.people > len(self.categories) or line.may_be_zero:
            return
        self.expect_zeros(line)
        for place in self._places(line):
            self.hide(place)


def cut_table(cells: Mapping[tuple[str, str], int]) -> CutTable:
    """The table of these cells, without the categories that nobody is in: their total says so."""
    offices = sorted({office for office, _ in cells})
    categories = sorted({category for (_, category), n in cells.items() if n})
    people = [[cells.get((office, each), 0) for each in categories] for office in offices]
    return CutTable(offices, categories, people)
