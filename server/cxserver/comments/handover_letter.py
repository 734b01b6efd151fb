"""The letter to a colleague who was handed a case: where it is, and no word of the comment."""

from datetime import date, timedelta

from cxserver.catalog.directory import Directory
from cxserver.mail import Letter
from cxserver.response_id import ResponseId


def write(
    row: ResponseId, office: str, known: Directory, base_url: str, *, to: str, by: str
) -> Letter:
    """The letter `to` an address, about a case of an `office` that `by` handed over."""
    place = known.offices[office].name if office in known.offices else office
    about = known.services[row.service].name if row.service in known.services else row.service
    text = (
        f"{by} assigned a comment to you. It is about {about} at {place}.\n"
        "\n"
        "Read it and take care of it here:\n"
        f"{base_url}/staff/comments/{row.service}/{_monday(row.day)}/{row.id}\n"
        "\n"
        "We leave the comment itself out of this mail. You need to sign in to read it.\n"
    )
    return Letter((to,), f"A comment is assigned to you: {place}", text)


def _monday(day: date) -> date:
    """The page's address has the week in it, never the day."""
    return day - timedelta(days=day.weekday())
