"""Our channels in OMB's words: its code since fiscal year 2024, and the "mode" of its v1 file.

A channel of ours is how an answer reached us. Two of ours are "website" to OMB; they are filed
apart, because each was offered in its own way.
"""

from dataclasses import dataclass

# Every link we mint is about one interaction. OMB also knows post_service_journey, relational.
TRANSACTION_POINT = "post_interaction"


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel. `omb` is one of OMB's 18 codes, `mode` one of the five words of v1."""

    ours: str
    omb: str
    mode: str


ALL = (
    Channel("email", "email", "Email"),
    Channel("sms", "sms_text_messages", "Other"),
    Channel("web", "website", "Web"),
    Channel("phone", "phone", "Phone"),
    Channel("kiosk", "self_service_kiosk", "In person"),
    # A code that is scanned with one's own phone.
    Channel("poster", "mobile", "Web"),
    Channel("site", "website", "Web"),
    Channel("paper", "paper", "Other"),
)

BY_NAME = {channel.ours: channel for channel in ALL}
