"""The four instruments for the tests: the catalogues of the examples, and their surveys."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from cxserver.catalog import check
from cxserver.instrument import instruments
from cxserver.instrument.survey import Survey

FOLDER = Path(__file__).parents[1] / "examples" / "instruments"
EVERY = pytest.mark.parametrize("code", instruments.CODES)


def catalogue(code: str) -> str:
    """The example's text: the agency, the service and the office are those of the house."""
    return (FOLDER / f"{code}.toml").read_text(encoding="utf-8")


@cache
def survey(code: str) -> Survey:
    """Version 1 of the example's survey."""
    report = check.text(catalogue(code), f"{code}.toml", date(2026, 11, 4))
    assert report.catalogue is not None, report.faults
    [service] = report.catalogue.services
    return replace(service.survey, n=1)
