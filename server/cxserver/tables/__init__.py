"""Every table. The comments are the text of docs/what-we-store.md."""

from cxserver.tables.answers import (
    COUNTED,
    WORDED,
    burden,
    choices,
    durations,
    imports,
    responses,
    tallies,
    use_keys,
)
from cxserver.tables.casework import REPLY_DAYS, alerts, case_notes, cases, replies
from cxserver.tables.catalog import (
    agencies,
    changes,
    clearances,
    link_keys,
    offices,
    placements,
    revocations,
    service_offices,
    services,
    surveys,
)
from cxserver.tables.columns import SLUG, Moment, metadata
from cxserver.tables.devices import kiosks, pairings
from cxserver.tables.errands import digests, jobs, reminders
from cxserver.tables.quarters import comment_reviews, indicators, reflections, submissions, volumes
from cxserver.tables.staff import api_keys, audit, staff_invites, staff_members, staff_sessions

__all__ = [
    "COUNTED",
    "Moment",
    "REPLY_DAYS",
    "SLUG",
    "WORDED",
    "agencies",
    "alerts",
    "api_keys",
    "audit",
    "burden",
    "case_notes",
    "cases",
    "changes",
    "choices",
    "clearances",
    "comment_reviews",
    "digests",
    "durations",
    "imports",
    "indicators",
    "jobs",
    "kiosks",
    "link_keys",
    "metadata",
    "offices",
    "pairings",
    "placements",
    "reflections",
    "reminders",
    "replies",
    "responses",
    "revocations",
    "service_offices",
    "services",
    "staff_invites",
    "staff_members",
    "staff_sessions",
    "submissions",
    "surveys",
    "tallies",
    "use_keys",
    "volumes",
]
