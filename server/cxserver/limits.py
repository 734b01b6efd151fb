"""Ceilings: how many answers may come in a minute, at once, and in a day."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Ceiling:
    """`rate` answers a minute, and `burst` at once."""

    rate: float
    burst: float

    def __str__(self) -> str:
        return f"{self.rate:g}/{self.burst:g}"

    def times(self, factor: float) -> "Ceiling":
        """The same shape, so many times as high."""
        return Ceiling(self.rate * factor, self.burst * factor)

    @classmethod
    def read(cls, text: str) -> "Ceiling":
        """The ceiling in `rate/burst`. Raises ValueError."""
        rate, slash, burst = text.partition("/")
        if not (slash and rate.strip().isdecimal() and burst.strip().isdecimal()):
            raise ValueError(f"must look like 120/1500 (a minute, at once), not {text!r}")
        ceiling = cls(int(rate), int(burst))
        if ceiling.rate < 1 or ceiling.burst < 1:
            raise ValueError(f"must be 1 or more on both sides, not {text!r}")
        return ceiling

    @classmethod
    def a_day(cls, most: float) -> "Ceiling":
        """So many in a day, whenever they come."""
        return cls(most / (24 * 60), most)


@dataclass(frozen=True, slots=True)
class Limits:
    """The ceilings of one process. With several workers each has its share."""

    network: Ceiling = Ceiling(120, 1_500)
    network_day: float = 3_000
    link: Ceiling = Ceiling(300, 3_000)
    service: Ceiling = Ceiling(3_000, 10_000)
    link_day: float = 50_000
    service_day: float = 500_000

    def shared(self, workers: int) -> "Limits":
        """The part of one of so many workers."""
        part = 1 / workers
        return replace(
            self,
            network=self.network.times(part),
            network_day=self.network_day * part,
            link=self.link.times(part),
            service=self.service.times(part),
            link_day=self.link_day * part,
            service_day=self.service_day * part,
        )
