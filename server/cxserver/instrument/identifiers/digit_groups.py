"""Numbers as people write them: groups of digits with something between that means nothing."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

Span = tuple[int, int]

# No comma, colon or currency: these part one number from the next.
SEPARATORS = " \t\n.-/_\\*|~\u00b7\u2022"
LEAST_DIGITS = 9

_GROUP = re.compile("[0-9]+")
_RUN = re.compile(rf"[0-9](?:[{re.escape(SEPARATORS)}]{{0,6}}+[0-9]){{{LEAST_DIGITS - 1},}}+")
# A day in digits only: no number of a person, whatever stands before it.
DATE = re.compile(
    r"(?:19|20)[0-9]{2}(?P<a>[-/. ])[0-9]{1,2}(?P=a)[0-9]{1,2}(?![0-9])"
    r"|[0-9]{1,2}(?P<b>[-/. ])[0-9]{1,2}(?P=b)(?:19|20)[0-9]{2}(?![0-9])"
)

# Behind digits: then they count something.
NO_COUNT = (
    r"(?! (?:people|persons|personas|dollars|dolares|applicants|applications|cases|casos|claims)"
    r"(?![a-z]))"
)


class Run:
    """Groups of digits that follow each other, each parted from the next by separators only.

    `offsets[n]` digits stand before group n, and `ends` is the way back: the group that ends when
    so many digits are full.
    """

    def __init__(self, groups: Sequence[Span], text: str) -> None:
        self.groups = groups
        self.text = text
        self.sizes = [end - start for start, end in groups]
        self.offsets = [0, *accumulate(self.sizes)]
        self.ends = {offset: at - 1 for at, offset in enumerate(self.offsets)}
        self.digits = "".join([text[start:end] for start, end in groups])

    def span(self, first: int, last: int) -> Span:
        """Where groups `first` to `last` (inclusive) are in the text."""
        return self.groups[first][0], self.groups[last][1]

    def touches(self, sign: str) -> bool:
        """Whether only separators part it from this sign."""
        (start, _), (_, end) = self.groups[0], self.groups[-1]
        before, after = self.text[max(0, start - 7) : start], self.text[end : end + 7]
        return before.rstrip(SEPARATORS)[-1:] == sign or after.lstrip(SEPARATORS)[:1] == sign

    def cores(self, first: int, last: int) -> set[str]:
        """What stands between these groups; none where only something invisible does."""
        return {core(gap) for gap in self._gaps(first, last) if gap}

    def breaks_line(self, first: int, last: int) -> bool:
        """Whether these groups stand in two lines, with no sign that joins them."""
        return any("\n" in gap and not gap.strip() for gap in self._gaps(first, last))

    def _gaps(self, first: int, last: int) -> list[str]:
        return [self.text[self.groups[at][1] : self.groups[at + 1][0]] for at in range(first, last)]


def core(gap: str) -> str:
    """What stands in a gap between digits, but for blanks: "" is blanks only. A point before a
    blank ends a sentence, and is not the point within a number.
    """
    return ". " if gap[:1] == "." and gap[1:] else gap.strip()


def runs(words: str, seams: Sequence[int] = ()) -> Iterator[Run]:
    """The runs of `words` with nine digits or more.

    `seams` are places in `words`, in order, where something invisible was. It may part two numbers
    or lie within one: a run with seams comes twice, and in the second they part groups.
    """
    for match in _RUN.finditer(words):
        groups = [group.span() for group in _GROUP.finditer(words, *match.span())]
        yield Run(groups, words)
        if seams and len(parted := _parted(groups, seams)) > len(groups):
            yield Run(parted, words)


def _parted(groups: Sequence[Span], seams: Sequence[int]) -> list[Span]:
    result: list[Span] = []
    for start, end in groups:
        inside = seams[bisect_right(seams, start) : bisect_left(seams, end)]
        cuts = [start, *sorted(set(inside)), end]
        result += pairwise(cuts)
    return result
