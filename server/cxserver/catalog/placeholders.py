"""What a sample catalog leaves for the agency to write, and nobody has written yet.

An OMB number that does not exist, shown to the public, is worse than no survey. A value counts as
a placeholder while it is the sample's own, or while its line still has the mark `# change`.
"""

import re
from collections.abc import Iterator

from cxserver.catalog.directory import Directory
from cxserver.catalog.file import File
from cxserver.errors import ServerError
from cxserver.instrument.finding import CLEARED, Finding

CONTROL_NUMBER = "0000-0000"
AGENCY = "Your Agency"
SERVICE = "Your Service"
CONTACT = "https://www.usa.gov/agency-index"
PRIVACY = "https://www.usa.gov/privacy"

_TABLE = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+")
_MARKED = re.compile(r"\s*([\w-]+)\s*=.*#\s*change\b")
_FIX = "write your own value, and take the mark '# change' away"


def check(file: File, written: str) -> Iterator[Finding]:
    """A warning for each placeholder in a catalog file. A demonstration may have them."""
    if file.agency.demonstration:
        return
    known = {finding.key: finding for finding in (*_values(file), *_marks(written))}
    yield from known.values()


def _values(file: File) -> Iterator[Finding]:
    agency = file.agency
    samples = {
        "agency.name": agency.name == AGENCY,
        "agency.contact_url": agency.contact_url == CONTACT,
        "agency.privacy_url": agency.privacy_url == PRIVACY,
        **{f"service.{slug}.name": item.name == SERVICE for slug, item in file.service.items()},
    }
    yield from (_finding(key, f"is a sample: {_FIX}") for key, is_one in samples.items() if is_one)
    for slug, clearance in file.clearance.items():
        if clearance.omb_control_number == CONTROL_NUMBER:
            said = "is a sample: write the OMB number of your approval"
            yield _finding(f"clearance.{slug}.omb_control_number", said, CLEARED)


def _marks(written: str) -> Iterator[Finding]:
    table = ""
    for line in written.splitlines():
        if header := _TABLE.match(line):
            table = header[1]
        elif marked := _MARKED.match(line):
            yield _finding(f"{table}.{marked[1]}", f"is a sample: {_FIX}")


def _finding(key: str, text: str, subsection: str = "") -> Finding:
    return Finding(key, text, subsection, warning=True)


def check_public(directory: Directory, base_url: str) -> None:
    """Raise ServerError when the public would be shown placeholders. Without https, nobody is."""
    agency = directory.agency
    if agency is None or not agency.placeholders or not base_url.startswith("https://"):
        return
    raise ServerError(
        f"Your catalog still has placeholders: {', '.join(agency.placeholders)}. Write your own "
        "values and apply the catalog again. For a demonstration, add demonstration = true to "
        "[agency]; every page then says that it is no government survey."
    )
