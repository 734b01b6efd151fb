"""That the identity provider did not answer, remembered for a minute: who comes next is told at
once, and does not wait for the same silence.
"""

from datetime import datetime, timedelta

from cxserver.oidc_discovery import ProviderUnreachable

LASTS = timedelta(minutes=1)


class Outage:
    """The last failure that this process met, in memory. A success ends it."""

    def __init__(self) -> None:
        self._fault: ProviderUnreachable | None = None
        self._began: datetime | None = None

    def check(self, now: datetime) -> None:
        """Raise again what was raised less than a minute ago: ProviderUnreachable."""
        # A clock that was put back must not make a minute an hour.
        if self._fault and self._began and abs(now - self._began) < LASTS:
            raise self._fault.with_traceback(None)

    def begin(self, fault: ProviderUnreachable, now: datetime) -> None:
        """It did not answer. Who only heard of it here does not make it last longer."""
        if fault is not self._fault:
            self._fault, self._began = fault, now

    def end(self) -> None:
        """It answered."""
        self._fault = self._began = None
