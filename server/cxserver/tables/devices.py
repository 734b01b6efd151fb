"""The devices at the exits: written by the server and by `cx kiosk`."""

from sqlalchemy import Column, Date, Integer, LargeBinary, String, Table

from cxserver.tables.columns import SLUG, Moment, metadata

kiosks = Table(
    "kiosks",
    metadata,
    # A device is a machine of the agency. Nothing here tells of a person or of one answer.
    Column("service", SLUG, primary_key=True),
    Column("office", SLUG, primary_key=True),
    Column("device", String(16), primary_key=True, comment="the random number in its link"),
    Column("place", String(200), nullable=False, comment="as it was named; empty: unnamed"),
    Column("kid", Integer, nullable=True, comment="the key its link was minted with"),
    Column("expires", Moment, nullable=True, comment="when its link ends"),
    Column("paired", Date, nullable=False, comment="the day it was paired, or first heard of"),
    Column("pin", String(120), nullable=True, comment="slow salted hash of the staff PIN"),
    Column("proof", LargeBinary(32), nullable=True, comment="hash of a secret that it alone has"),
    Column("seen", Moment, nullable=True, comment="its last heartbeat"),
    Column("waiting", Integer, nullable=False, default=0, comment="answers it has yet to send"),
    Column("aside", Integer, nullable=False, default=0, comment="answers that were not taken"),
    Column("offset", Integer, nullable=True, comment="server time minus its clock, in seconds"),
    Column("release", String(16), nullable=False, default="", comment="the page it shows"),
    Column("state", String(12), nullable=False, default="", comment="how it says it is"),
    Column("day", Date, nullable=True, comment="the day that the two counts are of"),
    Column("answers", Integer, nullable=False, default=0, comment="answers taken that day"),
    Column("flagged", Integer, nullable=False, default=0, comment="of them: worth a second look"),
    Column("withdrawn", Date, nullable=True, comment="set when its links were withdrawn"),
)

pairings = Table(
    "pairings",
    metadata,
    # For ten minutes, between `cx kiosk pair` and the typing of its code.
    Column("code_hash", LargeBinary(32), primary_key=True, comment="keyed hash of the code"),
    Column("service", SLUG, nullable=False),
    Column("office", SLUG, nullable=False),
    Column("place", String(200), nullable=False),
    Column("pin", String(120), nullable=False, comment="slow salted hash of the staff PIN"),
    Column("expires", Moment, nullable=False),
)
