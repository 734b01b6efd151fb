"""Every number of a digest, as text, as HTML and on its page, recounted from the export alone."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from cxserver import db
from cxserver.accounts import members
from cxserver.accounts.roles import Role
from cxserver.digests import subscriptions
from cxserver.digests.subscriptions import Every
from cxserver.jobs import due
from tests.recounts import recompute, recounted
from tests.recounts import recompute_digest as recount
from tests.recounts.recompute import Row
from tests.recounts.recounted import Books, numbers, says_the_same, text_of
from tests.support import mail_server
from tests.support.house import House
from tests.support.staff_accounts import invite, sign_in

# The Monday of the house's week, at six in New York; its staff came long before.
MONDAY, FIRST = date(2026, 11, 2), date(2026, 11, 1)
DUE = datetime.combine(MONDAY, time(11), UTC)
SEEN_AT = {Every.WEEK: MONDAY, Every.MONTH: FIRST}
OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)
Said = dict[str, str]
Days = tuple[date, date]


class Reader(NamedTuple):
    """Who gets a digest, and which answers are in it."""

    role: Role
    unit: Mapping[str, str] = {}
    filters: Mapping[str, str] = {}


READERS = {
    "analyst": Reader(Role.ANALYST),
    "administrator": Reader(Role.ADMINISTRATOR),
    "lead": Reader(Role.SERVICE_LEAD, {"service": "permits"}, {"service": "permits"}),
    "region": Reader(Role.OFFICE_MANAGER, {"office": "west"}, {"office": "west"}),
    "manager": Reader(Role.OFFICE_MANAGER, {"office": "branch-0"}, {"office": "branch-0"}),
}
SMALL = Reader(Role.OFFICE_MANAGER, {"office": "branch-8"}, {"office": "branch-8"})
EVERY = (Every.WEEK, Every.MONTH)


@pytest.fixture(scope="module")
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    """The agency with its answers, and its export."""
    with recounted.opened(request) as books:
        yield books


@pytest.fixture(scope="module")
def letters(books: Books) -> dict[str, EmailMessage]:
    """The mail that went out on Monday, by the name before the @ of whom it was for."""
    house, now = books.house, books.house.clock.now
    with mail_server.running() as box:
        house.settings = box.settings(house.settings)
        house.clock.now = DUE - timedelta(days=60)
        for name, reader in {**READERS, "small": SMALL}.items():
            for every in EVERY:
                subscribe(house, f"{name}-{every}", reader, every)
        house.clock.now = DUE
        jobs = [job for job in due.JOBS if job.name == "digests"]
        due.run_due(house.engine, house.settings, recounted.known_to(house), DUE, jobs=jobs)
        house.clock.now = now
        return {str(letter["To"]).partition("@")[0]: letter for letter in box.letters}


def subscribe(house: House, name: str, reader: Reader, every: Every) -> None:
    """Somebody new, who wants a digest so often."""
    invite(house, reader.role, email=f"{name}@example.gov", **reader.unit)
    zone = ZoneInfo("America/New_York")
    with db.write(house.engine) as connection:
        everyone = {entry.member.email: entry.member for entry in members.everyone(connection)}
        member = everyone[f"{name}@example.gov"]
        subscriptions.choose(connection, member, every, house.clock.now, zone)


# ---- what it should say


class Recount:
    """The digest of one reader, counted from the rows behind it."""

    def __init__(self, books: Books, reader: Reader, every: Every):
        self.exists, self.today, self.every = books.exists, SEEN_AT[every], every
        self.sees_rows = reader.role is Role.ANALYST
        filters = dict(reader.filters)
        self.batched = [
            row
            for row in recompute.chosen(books.batched, books.exists, date.min, date.max, **filters)
            if row["day"] < str(self.today)
        ]
        whole = recompute.chosen(books.rows, books.exists, date.min, date.max, **filters)
        self.rows = whole if self.sees_rows else self.batched
        services = {row["service"] for row in self.batched}
        self.peers = [
            row
            for row in books.batched
            if row["day"] < str(self.today) and row["service"] in services
        ]
        self.settled = recompute.settled(self.batched, self.today)
        self.days, self.before = self._days()

    def _days(self) -> tuple[Days, Days]:
        if self.every is Every.MONTH:
            return (OCTOBER, FIRST), (SEPTEMBER, OCTOBER)
        end, length = self.settled, timedelta(days=28)
        return (end - length, end), (end - 2 * length, end - length)

    @property
    def now(self) -> list[Row]:
        """The answers of its days."""
        return recount.in_days(self.rows, *self.days)

    @property
    def then(self) -> list[Row]:
        """Those of the days before."""
        return recount.in_days(self.rows, *self.before)

    @property
    def may_compare(self) -> bool:
        """Whether nearly all answers of its days are in."""
        return self.sees_rows or self.days[1] <= self.settled

    def score(self, question: str) -> list[float]:
        """How a question stands, and what became of it."""
        standing = recount.standing(self.now, question)
        return standing + (
            recount.became(self.now, self.then, question) if self.may_compare else []
        )

    def answers(self) -> list[float]:
        """How many answered: in these days, in the last week of them, in the days before."""
        weeks = recount.weeks(self.rows, self.settled)
        newest = weeks[:1] if self.every is Every.WEEK and recount.are_shown(weeks) else []
        return [len(self.now), len(self.now), *newest, len(self.then)]

    def released(self) -> list[Row]:
        """The answers of its days in closed batches."""
        return recount.in_days(self.batched, *self.days)

    def fix(self) -> list[float]:
        """What is named most, where nothing stands out. Of batches, for those who hold the rows
        too: whoever looks at the same days reads the same.
        """
        most = recount.named_most(self.released(), self.exists)
        return [number for *_, hits, n in most for number in (hits, n)]

    def standing_out(self, released: list[Row]) -> list[recount.Finding]:
        """The findings here; a second one of an office only where it is a matter of its own."""
        mine = {row["office"] for row in released}
        peers = recount.in_days(self.peers, *self.days)
        for service in {row["service"] for row in peers}:
            others = {row["office"] for row in peers if row["service"] == service} - mine
            if len(others) == 1:
                # Their average would be one office's own figures.
                peers = [row for row in peers if row["service"] != service or row["office"] in mine]
        every = recount.findings(peers, self.exists) if self.may_compare else []
        return [each for each in every if each.office in mine]

    def moved(self, by: str = "office") -> list[float]:
        """Who changed and by how much; else how many were compared."""
        movers, compared = recount.movers(self.now, self.then, by)
        shown = [number for *_, numbers in movers[:6] for number in numbers]
        more = [len(movers) - 6] if len(movers) > 6 else []
        return [*shown, *more] if movers else [compared]


# ---- what it says

_PARTS = re.compile(
    r"(Trust|Satisfaction|Answers):? (?=\d)|(do first|what changed|in their words)",
    re.IGNORECASE,
)


def parts(text: str) -> Said:
    """What is said under each of its titles, by the title."""
    text = re.split(r"MORE -|Overview ·|Overview You get", text)[0]
    _, *rest = _PARTS.split(text)
    steps = zip(rest[::3], rest[1::3], rest[2::3], strict=True)
    return {(title or heading).lower(): body for title, heading, body in steps}


def both(letter: EmailMessage) -> list[Said]:
    """The parts of the text, and those of the HTML."""
    bodies = (letter.get_body((kind,)) for kind in ("plain", "html"))
    return [parts(text_of(body.get_content())) for body in bodies if body]


def shown_to(books: Books, reader: Reader) -> Said:
    """The parts of the digest on the page, which is that of the week."""
    with books.house.client() as client:
        sign_in(books.house, client, reader.role, **reader.unit)
        page = client.get("/staff/digest").text
    return parts(text_of(re.split(r"<article|</article>", page)[1]))


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("name", READERS)
def test_the_scores_of_a_digest_are_those_of_the_answers_behind_it(
    books: Books, letters: dict[str, EmailMessage], name: str, every: Every
) -> None:
    counted = Recount(books, READERS[name], every)
    for sections in both(letters[f"{name}-{every}"]):
        for question in ("trust", "satisfaction"):
            assert says_the_same(sections[question], counted.score(question)), sections[question]
        assert says_the_same(sections["answers"], counted.answers()), sections["answers"]


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("name", READERS)
def test_a_digest_names_what_to_fix_by_as_many_people_as_named_it(
    books: Books, letters: dict[str, EmailMessage], name: str, every: Every
) -> None:
    counted = Recount(books, READERS[name], every)
    findings = [each.numbers for each in counted.standing_out(counted.released())]
    for sections in both(letters[f"{name}-{every}"]):
        if not findings:
            assert says_the_same(sections["do first"], counted.fix()), sections
            continue
        shown = re.split(r" is chance\.", sections["do first"])[:-1]
        assert 1 <= len(shown) <= 3
        assert says_the_same(shown[0], findings[0])
        assert all(any(says_the_same(item, each) for each in findings) for item in shown)


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("name", ["analyst", "administrator", "lead", "region"])
def test_a_digest_tells_which_offices_changed_and_by_how_much(
    books: Books, letters: dict[str, EmailMessage], name: str, every: Every
) -> None:
    counted = Recount(books, READERS[name], every)
    for sections in both(letters[f"{name}-{every}"]):
        if counted.may_compare:
            assert says_the_same(sections["what changed"], counted.moved()), sections
        else:
            assert "what changed" not in sections


@pytest.mark.parametrize("every", EVERY)
def test_the_digest_of_a_small_office_counts_people_by_quarters(
    books: Books, letters: dict[str, EmailMessage], every: Every
) -> None:
    counted = Recount(books, SMALL, every)
    wanted = recount.small(counted.rows, books.exists, counted.today)
    titles = {"fix": "do first", "moved": "what changed"}
    for sections in both(letters[f"small-{every}"]):
        for part, expected in wanted.items():
            assert says_the_same(sections[titles.get(part, part)], expected), (sections, part)


@pytest.mark.parametrize("name", READERS)
def test_the_page_of_a_digest_shows_the_numbers_of_its_mail(
    books: Books, letters: dict[str, EmailMessage], name: str
) -> None:
    shown = shown_to(books, READERS[name])
    for sections in both(letters[f"{name}-week"]):
        for title in sections.keys() - {"in their words"}:
            assert numbers(sections[title]) == numbers(shown[title])


@pytest.mark.parametrize("name", [*READERS, "small"])
def test_a_digest_quotes_three_comments_of_answers_that_it_counts(
    books: Books, letters: dict[str, EmailMessage], name: str
) -> None:
    reader = READERS.get(name, SMALL)
    every = books.rows if reader.role is Role.ANALYST else books.batched
    mine = recompute.chosen(every, books.exists, date.min, date.max, **dict(reader.filters))
    first, _ = Recount(books, reader, Every.WEEK).days
    may_read = set() if reader.role is Role.ADMINISTRATOR else recount.written(mine, first, MONDAY)
    for sections in both(letters[f"{name}-week"]):
        quotes = re.findall("“([^”]*)”", sections.get("in their words", ""))
        assert set(quotes) <= may_read
        assert len(set(quotes)) == len(quotes) == min(3, len(may_read))
