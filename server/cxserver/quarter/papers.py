"""What lies beside OMB's files for people: the fields to type in, how to send them, a summary.

Plain text and never `.csv`: every file of that kind in the folder is one that OMB takes.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from cxserver.instrument.scale import THUMBS
from cxserver.quarter import due, fiscal, manifest
from cxserver.quarter.filing_set import Drawer
from cxserver.quarter.formats import fits, words
from cxserver.quarter.manifest import Entry
from cxserver.quarter.sets import FileSet

FEW = 30
_YOURS = "(yours to add: [agency] filing)"
_ASK = "(not given yet: cx quarter volumes set)"
_WRITE = "(not given yet: cx quarter reflect)"


def files(open_: Drawer, entries: Sequence[Entry]) -> dict[str, str]:
    """Each paper by its name."""
    return {
        "FIELDS.txt": _joined(fields(open_, entries)),
        "INSTRUCTIONS.txt": _joined(instructions(open_, entries)),
        "SUMMARY.txt": _joined(summary(open_, entries)),
    }


def fields(open_: Drawer, entries: Sequence[Entry]) -> Iterator[str]:
    """What OMB's form asks for, field by field, in OMB's words."""
    year, number = fiscal.year_and_number(open_.quarter)
    yield f"OMB's fields to type in: {open_.quarter.name}, format {open_.form}"
    yield _draft(open_)
    for entry in entries:
        file_set = entry.set
        volume = open_.disclosed.volumes.get((file_set.service.slug, file_set.channel.ours))
        said = open_.disclosed.reflections.get(file_set.service.slug)
        yield ""
        yield f"== {', '.join(file.name for file in entry.files)}"
        yield from (
            f"{name}: {value}"
            for name, value in (
                ("name", "CX Quarterly Reporting"),
                ("fiscal_year", year),
                ("quarter", number),
                ("organization", open_.agency.name),
                ("service_provider", file_set.service.definition["owner"]),
                ("service", file_set.service.name),
                (
                    "service_stage",
                    file_set.service.definition.get("stage") or "(none in the catalog)",
                ),
                ("transaction_point", file_set.transaction_point),
                ("channel", file_set.channel.omb),
                ("survey_type", fits.scale_of(file_set.survey)),
                ("survey_title", f"{file_set.service.name}: {_names(file_set)}"),
                ("trust_question_text", words.text(file_set.survey, "trust")),
                ("omb_control_number", file_set.service.clearance.omb_control_number),
                ("federal_register_url", open_.agency.filing.federal_register_url or _YOURS),
                ("volume_of_customers", volume.served if volume else _ASK),
                (
                    "volume_of_customers_provided_survey_opportunity",
                    volume.offered if volume else _ASK,
                ),
                ("volume_of_respondents", file_set.counts.n),
                ("volumes_source", f"{volume.source} ({volume.who})" if volume else _ASK),
                ("reflection_text", (said and said.reflection) or _WRITE),
                ("recent_accomplishments", (said and said.accomplishments) or _WRITE),
            )
        )
        for indicator in open_.disclosed.indicators.get(file_set.service.slug, ()):
            yield f"service_level_indicator: {indicator.sentence}"


def instructions(open_: Drawer, entries: Sequence[Entry]) -> Iterator[str]:
    """How to send it."""
    how = f"--format {open_.form}" + " --with-flagged" * open_.with_flagged
    what = f"{open_.quarter.name} {how}"
    official = f'"{open_.agency.filing.official}"' if open_.agency.filing.official else "NAME"
    when = due.of_quarter(open_.quarter)
    yield f"How to file {open_.quarter.name}, format {open_.form}"
    yield _draft(open_)
    yield ""
    yield f"Due: {_day(when.day)} (A-11 §280.16)."
    if when.published not in (None, when.rule):
        yield f"The rule says {_day(when.rule)}; the date that was published comes first."
    yield ""
    yield "1. Read SUMMARY.txt. Do the numbers look like your quarter?"
    yield f"2. Run `cx quarter check {what}`. Do what it says."
    yield "3. Make this folder again. Write into the log what you have, and that it was checked:"
    yield f"   cx quarter record {open_.quarter.name} draft {how} --who YOU"
    yield f"   cx quarter record {open_.quarter.name} checked {how} --who YOU"
    yield "4. Have your senior official sign it off:"
    yield f"   cx quarter record {open_.quarter.name} signed-off {how} --who {official}"
    yield "5. For each part of FIELDS.txt: make a record at OMB, type the fields in, and"
    yield "   add the .csv files named above them. Do not open and save a .csv in a"
    yield "   spreadsheet program first: it changes cells."
    yield f"6. cx quarter record {open_.quarter.name} submitted {how} --who YOU"
    yield "   and, when OMB has published it, the same with `published`."
    yield ""
    yield from _cells(open_)
    for item in open_.left_out:
        yield ""
        yield f"Not in this folder: {item.survey} ({item.answers:,} answers). {item.refusal.why}."
        yield f"  Fix: {item.refusal.cure}."


def summary(open_: Drawer, entries: Sequence[Entry]) -> Iterator[str]:
    """What the files say, in plain words."""
    first, last = open_.quarter.start, fiscal.last_day(open_.quarter)
    yield f"{open_.agency.name}: {open_.quarter.name}, {_day(first)} to {_day(last)}"
    yield _draft(open_)
    yield f"{sum(entry.set.counts.n for entry in entries):,} people answered."
    if open_.flagged:
        what = "are in these files" if open_.with_flagged else "are left out"
        yield f"Answers with a reason to look twice: {open_.flagged:,}. They {what}."
    for entry in entries:
        yield ""
        yield from _said(open_, entry)


def _said(open_: Drawer, entry: Entry) -> Iterator[str]:
    file_set, survey, n = entry.set, entry.set.survey, entry.set.counts.n
    by = f"{file_set.service.name}, by {file_set.channel.ours} ({_names(file_set)})"
    yield f"{by}: {n:,} answers."
    if n < FEW:
        yield f"  Fewer than {FEW}: too few to compare with anything."
    if fits.kind_of(survey).satisfaction:
        yield _scored("Satisfaction", file_set.counts.points("satisfaction"))
    yield _trusted(file_set)
    named = [(code, *file_set.counts.taps(code)) for code in survey.drivers]
    best, worst = (max(named, key=lambda each: each[side], default=None) for side in (1, 2))
    if best and best[1]:
        yield f"  Went well, most say: {words.name(survey, best[0])} ({best[1]:,})."
    if worst and worst[2]:
        yield f"  Could be better, most say: {words.name(survey, worst[0])} ({worst[2]:,})."
    if entry.comments:
        seen = entry.comments
        yield (
            f"  Comments: {seen.approved} in the file, {seen.withheld} withheld, "
            f"{seen.waiting} not reviewed yet."
        )
    volume = open_.disclosed.volumes.get((file_set.service.slug, file_set.channel.ours))
    if volume and volume.offered:
        share = n / volume.offered
        yield f"  Of {volume.offered:,} who were offered the survey, {share:.1%} answered."
    for text in manifest.not_filed(survey):
        yield f"  Not filed, OMB has no place for it: {text}"


def _trusted(file_set: FileSet) -> str:
    if file_set.survey.trust_scale is not THUMBS:
        return _scored("Trust", file_set.counts.points("trust"))
    up = file_set.counts.measured.get("trust", {}).get("up", 0)
    return f"  Trust: {up / file_set.counts.n:.0%} gave a thumb up."


def _scored(what: str, points: tuple[int, ...]) -> str:
    n = sum(points)
    if not n:
        return f"  {what}: nobody answered."
    mean = sum(point * count for point, count in enumerate(points, 1)) / n
    return f"  {what}: {(points[3] + points[4]) / n:.0%} gave 4 or 5; mean {mean:.2f} of 5."


def _cells(open_: Drawer) -> Iterator[str]:
    if open_.form == "v2":
        yield "A driver's cell is 1 (tapped), 0 (offered, not tapped) or null (not offered)."
        yield "question_4 has approved comments only. It is empty for all others."
        return
    yield "A driver that is tapped has no points: its five cells are empty, and the taps are in"
    yield "words beside it. An empty cell is not a 0."


def _names(file_set: FileSet) -> str:
    return ", ".join(survey.name for survey in file_set.surveys)


def _draft(open_: Drawer) -> str:
    return "DRAFT: the quarter has not ended." if open_.draft else "The quarter has ended."


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _joined(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"
