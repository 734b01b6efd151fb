"""What a folder of quarter files holds, for a program: versions, words, counts, hashes. Pure.

Nothing in it tells when it was made: the same data give the same bytes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any

from cxserver.comments.omb_review import Standing
from cxserver.instrument.scale import THUMBS
from cxserver.instrument.survey import Survey
from cxserver.quarter import filing_set, fiscal
from cxserver.quarter.filing_set import Drawer
from cxserver.quarter.formats import fits, words
from cxserver.quarter.sets import FileSet

NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Written:
    """A file of OMB's as it was written."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A set with its files, and what became of its comments (v2 alone carries them)."""

    set: FileSet
    files: tuple[Written, ...]
    comments: Standing | None = None


def text(open_: Drawer, entries: Sequence[Entry], papers: Mapping[str, str]) -> str:
    """The manifest as JSON. `papers` are the texts beside the files, by name."""
    body = {
        "quarter": open_.quarter.name,
        "first_day": open_.quarter.start.isoformat(),
        "last_day": fiscal.last_day(open_.quarter).isoformat(),
        "format": open_.form,
        "draft": open_.draft,
        "flagged": {
            "included": open_.with_flagged,
            "answers_with_a_flag": open_.flagged,
        },
        "software": {"name": "cxsdk", "version": metadata.version("cxsdk")},
        "agency": open_.agency.name,
        "answers": sum(entry.set.counts.n for entry in entries),
        "sets": [_set(open_, entry) for entry in entries],
        "papers": {
            name: hashlib.sha256(said.encode()).hexdigest() for name, said in papers.items()
        },
        "left_out": [
            {"survey": item.survey, "answers": item.answers, **asdict(item.refusal)}
            for item in open_.left_out
        ],
    }
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def _set(open_: Drawer, entry: Entry) -> Mapping[str, Any]:
    file_set = entry.set
    return {
        "service": file_set.service.slug,
        "service_name": file_set.service.name,
        "designated": bool(file_set.service.definition.get("designated", False)),
        "channel": file_set.channel.ours,
        "omb_channel": file_set.channel.omb,
        "transaction_point": file_set.transaction_point,
        "part": file_set.part,
        "surveys": [_survey(survey) for survey in file_set.surveys],
        "counts": _counts(file_set),
        **({"comments": asdict(entry.comments)} if entry.comments else {}),
        "files": [asdict(file) for file in entry.files],
    }


def _survey(survey: Survey) -> Mapping[str, Any]:
    """A version; every word of every language is in the catalog, what is filed is here."""
    return {
        "name": survey.name,
        "instrument": survey.instrument,
        "survey_type": fits.scale_of(survey),
        "trust_statement": survey.trust_statement,
        "satisfaction_statement": survey.satisfaction_statement,
        "driver_mode": survey.driver_mode,
        "languages": list(survey.languages),
        "drivers": list(survey.drivers),
        "wording": {
            language: asdict(survey.wording[language]) for language in sorted(survey.wording)
        },
    }


def _counts(file_set: FileSet) -> Mapping[str, Any]:
    return {
        "answers": file_set.counts.n,
        "trust": _trust(file_set),
        "satisfaction": list(file_set.counts.points("satisfaction")),
        "drivers": {code: _driver(file_set, code) for code in file_set.survey.drivers},
    }


def _trust(file_set: FileSet) -> Any:
    if file_set.survey.trust_scale is THUMBS:
        return {
            value: file_set.counts.measured.get("trust", {}).get(value, 0)
            for value in THUMBS.values
        }
    return list(file_set.counts.points("trust"))


def _driver(file_set: FileSet, code: str) -> Mapping[str, Any]:
    points = filing_set.points(file_set, code)
    if points is not None:
        return {"points": points}
    positive, negative = file_set.counts.taps(code)
    return {"positive": positive, "negative": negative}


def not_filed(survey: Survey) -> list[str]:
    """The agency's own questions: no format of OMB's has a place for them."""
    return [question.text for question in words.filed(survey).questions]
