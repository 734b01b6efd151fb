"""What people of the agency add to a quarter's counts: volumes, reflections, indicators."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from cxserver.periods import Period
from cxserver.quarter import indicators, reflections, volumes
from cxserver.quarter.indicators import Indicator
from cxserver.quarter.reflections import Reflection
from cxserver.quarter.volumes import Volume


@dataclass(frozen=True, slots=True)
class DisclosedFigures:
    """Everything of one quarter: volumes by service and channel, the rest by service."""

    volumes: Mapping[tuple[str, str], Volume] = field(default_factory=dict)
    reflections: Mapping[str, Reflection] = field(default_factory=dict)
    indicators: Mapping[str, tuple[Indicator, ...]] = field(default_factory=dict)


def read(connection: Connection, quarter: Period) -> DisclosedFigures:
    """What was told about a quarter."""
    return DisclosedFigures(
        volumes.read(connection, quarter),
        reflections.read(connection, quarter),
        indicators.read(connection, quarter),
    )
