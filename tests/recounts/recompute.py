"""Every number of the staff pages again, from the export alone.

This shares nothing with the server: no import, no table, no formula. It reads what
`cx export --format jsonl` wrote, and a small JSON of what exists:

    {"services": {slug: {"mode": "tap" | "likert", "drivers": [code, …]}},
     "offices": {slug: {"parent": slug | null, "serves": true}}}

    python tests/recounts/recompute.py offices answers.jsonl what-exists.json 2026-10-05 2026-11-01

prints the page as JSON: for each row its name, for each column its number. It hides nothing.
"""

import json
import sys
from collections import defaultdict
from datetime import date, timedelta
from math import sqrt
from typing import Any

from scipy.special import betainc
from scipy.stats import norm

Z = norm.ppf(0.975)
OUTER = 0.998
SEVERAL, FEW, TRIM = 3, 8, 10
Row = dict[str, Any]


def chosen(rows, exists, first, last, service="", office="", channel="", language="") -> list[Row]:
    """The answers of some days, and of what the filters name. Both days are included."""
    inside = set(below(exists, office)) if office else set(exists["offices"])
    return [
        row
        for row in rows
        if str(first) <= row["day"] <= str(last)
        and row["office"] in inside
        and service in ("", row["service"])
        and channel in ("", row["channel"])
        and language in ("", row["language"])
    ]


def released(rows, today) -> list[Row]:
    """What people without rows see: answers of closed batches, each under the day it closed; the
    day it was given is beside it.

    A batch of a service at an office ends with the first day by which 5 answers wait. The answers
    here came in on the day they were given.
    """
    units: defaultdict[tuple[str, str], defaultdict[str, list[Row]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in rows:
        if row["day"] < str(today):
            units[row["service"], row["office"]][row["day"]].append(row)
    closed = []
    for days in units.values():
        waiting = []
        for day in sorted(days):
            waiting += days[day]
            if len(waiting) >= 5:
                closed += [{**row, "day": day, "given": row["day"]} for row in waiting]
                waiting = []
    return closed


def settled(rows, today: date) -> date:
    """The day after the last one through which units with 90 % of the answers have closed; today,
    where that was longer than two weeks ago.
    """
    units: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        if row["day"] >= str(today - timedelta(weeks=13)):
            units[row["service"], row["office"]].append(row["day"])
    have, needed = 0, 0.9 * sum(map(len, units.values()))
    for days in sorted(units.values(), key=max, reverse=True):
        have += len(days)
        if have >= needed:
            end = date.fromisoformat(max(days)) + timedelta(days=1)
            return end if end > today - timedelta(days=14) else today
    return today


def below(exists, office):
    """The office and all below it."""
    yield office
    for other, record in exists["offices"].items():
        if record["parent"] == office:
            yield from below(exists, other)


# ---- shares


def wilson(hits, n) -> tuple[float, float]:
    """Both ends are the shares whose own distance to what was counted is Z standard errors."""
    # (hits/n - p)² = Z² p (1 - p) / n, solved for p.
    a = 1 + Z * Z / n
    b = -(2 * hits / n + Z * Z / n)
    c = (hits / n) ** 2
    root = sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def newcombe(hits, n, hits_before, n_before) -> tuple[float, float, float]:
    """The difference of two shares, and both ends of its interval."""
    low, high = wilson(hits, n)
    low_before, high_before = wilson(hits_before, n_before)
    p, q = hits / n, hits_before / n_before
    return (
        p - q,
        p - q - sqrt((p - low) ** 2 + (high_before - q) ** 2),
        p - q + sqrt((high - p) ** 2 + (q - low_before) ** 2),
    )


def share(hits, n):
    """The share with its interval, as three columns."""
    return (hits / n, *wilson(hits, n)) if n else (None, None, None)


def points(rows, question):
    """How many gave 1, 2, 3, 4, 5."""
    return [sum(row[question] == point for row in rows) for point in range(1, 6)]


def top(rows, question) -> int:
    """How many gave a 4 or a 5."""
    return sum(row[question] >= 4 for row in rows)


# ---- the pages


def overview(rows, rows_before):
    """By question and side: people, share, low, high, the five points; and the difference."""
    figures = {}
    for question in ("trust", "satisfaction"):
        for side, answers in (("now", rows), ("before", rows_before)):
            n = len(answers)
            figures[question, side] = (
                n,
                *share(top(answers, question), n),
                *points(answers, question),
            )
        if rows and rows_before:
            now, then = top(rows, question), top(rows_before, question)
            figures[question, "change"] = newcombe(now, len(rows), then, len(rows_before))
    return figures


def trend(rows, question, end, days):
    """By first day of a block of `days` before `end`: people, share, low, high."""
    figures = {}
    for number in range(168 // days):
        first = end - timedelta(days=(number + 1) * days)
        block = [
            row for row in rows if str(first) <= row["day"] < str(first + timedelta(days=days))
        ]
        figures[first] = (len(block), *share(top(block, question), len(block)))
    return figures


def offices(rows, exists, compared):
    """By office: people, both questions; of those `compared` the estimate and the place."""
    figures = {}
    for office, record in exists["offices"].items():
        if record["serves"]:
            mine = [row for row in rows if row["office"] == office]
            n = len(mine)
            both = (*share(top(mine, "trust"), n), *share(top(mine, "satisfaction"), n))
            figures[office] = (n, *both)
    counts = {
        office: (round(figures[office][1] * figures[office][0]), figures[office][0])
        for office in compared
    }
    return figures, {office: judged(office, counts) for office in counts} if len(counts) > 1 else {}


def judged(office, counts):
    """What trust to expect at an office, and where it lies among the others."""
    hits, n = counts[office]
    overall = sum(hits for hits, _ in counts.values()) / sum(n for _, n in counts.values())
    alike = likeness(overall, list(counts.values()), trim=False)
    strength = 1 / max(alike, 1e-4) - 1 if len(counts) >= SEVERAL else 0
    expected = (hits + overall * strength) / (n + strength)
    trimmed = likeness(overall, list(counts.values()), trim=True) if len(counts) >= FEW else 0
    worth = n / (1 + (n - 1) * trimmed)
    seen = hits / n * worth
    # The binomial for counts that need not be whole: its tails are incomplete beta functions.
    at_most = 1 if seen >= worth else 1 - betainc(seen + 1, worth - seen, overall)
    at_least = 1 if seen <= 0 else betainc(seen, worth - seen + 1, overall)
    tail = (1 - OUTER) / 2
    place = "below" if at_most < tail else "above" if at_least < tail else "within"
    return expected, place


def likeness(overall, counts, trim):
    """How alike two answers of one office are: the intraclass correlation, by moments."""
    if overall in (0, 1):
        return 0
    far = sorted((h / n - overall) / sqrt(overall * (1 - overall) / n) for h, n in counts)
    if trim:
        cut = len(far) // TRIM
        far = [min(far[-1 - cut], max(far[cut], distance)) for distance in far]
    people = sum(n for _, n in counts)
    room = people - sum(n * n for _, n in counts) / people - (len(counts) - 1)
    return min(
        0.99, max(0, (sum(distance * distance for distance in far) - (len(counts) - 1)) / room)
    )


def drivers(rows, exists):
    """By how it was asked and driver: people, could be better, went well, each with its ends."""
    tallies: dict[tuple[str, str], list[int]] = {}
    for service, record in exists["services"].items():
        for row in (row for row in rows if row["service"] == service):
            for code in record["drivers"]:
                counts = tallies.setdefault((record["mode"], code), [0, 0, 0])
                score = row["driver_scores"].get(code)
                if record["mode"] == "likert" and score is None:
                    continue
                counts[0] += 1
                worse = score <= 2 if score is not None else code in row["drivers_negative"]
                better = score >= 4 if score is not None else code in row["drivers_positive"]
                counts[1] += worse
                counts[2] += better
    return {
        driver: (n, *share(worse, n), *share(better, n))
        for driver, (n, worse, better) in tallies.items()
    }


def response(rows):
    """By channel and language, with the totals under an empty name: people."""
    people: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        for channel in (row["channel"], ""):
            for language in (row["language"], ""):
                people[channel, language] += 1
    return dict(people)


def quarters(rows):
    """By fiscal quarter: people, and how many gave a 4 or 5 for satisfaction and for trust."""
    by_quarter: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_quarter[quarter(date.fromisoformat(row["day"]))].append(row)
    return {
        name: (len(answers), top(answers, "satisfaction"), top(answers, "trust"))
        for name, answers in by_quarter.items()
    }


def quarter(day) -> str:
    """The quarter of the federal fiscal year: October begins the first of the next."""
    ahead = date(day.year + (day.month > 9), 1, 1).year
    return f"{ahead}Q{(day.month + 2) % 12 // 3 + 1}"


def read(file) -> list[Row]:
    """The answers of an export."""
    with open(file, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


if __name__ == "__main__":
    page, answers, what, start, stop = sys.argv[1:]
    known = json.loads(open(what, encoding="utf-8").read())
    rows = chosen(read(answers), known, start, stop)
    pages = {
        "overview": lambda: overview(rows, []),
        "offices": lambda: offices(rows, known, [])[0],
        "drivers": lambda: drivers(rows, known),
        "response": lambda: response(rows),
        "small-office": lambda: quarters(rows),
    }
    print(json.dumps({str(name): figure for name, figure in pages[page]().items()}, indent=1))
