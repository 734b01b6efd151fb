"""Tracking numbers of the Postal Service, which identify a parcel and nobody.

Their 20 or 22 digits hold enough parts to look like a card or a phone number now and then. So they
are set aside before anything is looked for.
"""

import re
from collections.abc import Iterator

from cxserver.instrument.identifiers.digit_groups import Span
from cxserver.instrument.identifiers.folded_text import FoldedText

_PARCEL = re.compile(r"(?<![0-9])9[1-5][0-9]{2}(?: [0-9]{4}){4} [0-9]{2}(?! ?[0-9])")
# A label of certified mail begins with 70 and its year.
_CERTIFIED = re.compile(
    r"(?<![a-z])(?:certified|certificado|registered|usps|mail|tracking|rastreo)(?![a-z])[^0-9]{0,24}"
    r"(?P<parcel>70[0-2][0-9](?: ?[0-9]{4}){4})(?! ?[0-9])"
)


def find(text: FoldedText) -> Iterator[Span]:
    """The tracking numbers of `text`."""
    yield from (match.span() for match in _PARCEL.finditer(text.words))
    yield from (match.span("parcel") for match in _CERTIFIED.finditer(text.words))
