"""The four instruments for the tests: the catalogs of the examples, and their surveys."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from cxserver.catalog import check
from cxserver.instrument import instruments
from cxserver.instrument.survey import Survey

FOLDER = Path(__file__).parents[2] / "examples" / "instruments"
CODES = instruments.CODES
DOMAINS = instruments.A11_2018.drivers
EVERY = pytest.mark.parametrize("code", instruments.CODES)


def catalog_text(code: str) -> str:
    """The example's text: the agency, the service and the office are those of the house."""
    return (FOLDER / f"{code}.toml").read_text(encoding="utf-8")


@cache
def survey(code: str) -> Survey:
    """Version 1 of the example's survey."""
    report = check.text(catalog_text(code), f"{code}.toml", date(2026, 11, 4))
    assert report.catalog is not None, report.faults
    [service] = report.catalog.services
    return replace(service.survey, n=1)


def together() -> str:
    """One agency with a service of each instrument, named like it."""
    head = catalog_text("a11-v2-thumbs").partition("[service.permits]")[0]
    bodies = [
        catalog_text(code)
        .partition("[service.permits]")[2]
        .replace("service.permits", f"service.{code}")
        for code in instruments.CODES
    ]
    return head + "".join(
        f"[service.{code}]{body}" for code, body in zip(instruments.CODES, bodies, strict=True)
    )
