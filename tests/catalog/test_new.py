"""A new catalog file: it passes its own check, whatever the names."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from cxserver.catalog import check, new
from tests.catalog.test_check import TODAY

OPTIONS = new.Options(
    agency="Department of State",
    service="Passports",
    offices=("Boston", "Denver"),
    contact_url="https://www.state.gov/contact/",
    privacy_url="https://www.state.gov/privacy/",
    omb_control_number="1405-0193",
    expires=date(2028, 3, 31),
)


def test_a_new_file_passes_the_check() -> None:
    report = check.text(new.write(OPTIONS), "new.toml", TODAY)
    assert report.faults == ()
    assert report.catalog is not None
    assert report.catalog.agency.slug == "department-of-state"
    assert report.catalog.services[0].offices == ("boston", "denver")


def test_a_new_file_with_spanish_names_has_no_warning() -> None:
    options = replace(OPTIONS, agency_es="Estado", service_es='los "pasaportes"')
    report = check.text(new.write(options), "new.toml", TODAY)
    assert (report.faults, report.warnings) == ((), ())


def test_the_comments_of_a_new_file_can_be_uncommented() -> None:
    text = new.write(OPTIONS)
    start = text.index("# [[service.passports.survey.question]]")
    end = text.index("# An office is where")
    question = text[start:end].replace("# ", "").replace("#     ", "")
    help_line = next(line for line in text.splitlines() if line.startswith("# urgent_help"))
    text = text[:start] + question + text[end:]
    first, after = text.index("# [[agency.alert]]"), text.index("# The approval")
    alerts = text[first:after].replace("#\n", "\n").replace("# ", "")
    text = text[:first] + alerts + text[after:]
    assert text.count("\n[[agency.alert]]") == 2
    text = text.replace(help_line, help_line.removeprefix("# "))
    first, after = text.index("# [agency.filing]"), text.index("# Words that cannot wait")
    text = text[:first] + text[first:after].replace("\n# ", "\n")[2:] + text[after:]
    text = text.replace("# stage =", "stage =")
    report = check.text(text, "new.toml", TODAY)
    assert report.faults == () and report.catalog is not None
    assert report.catalog.agency.definition["filing"]["official"] == "Ana Diaz, Deputy Secretary"
    assert report.catalog.services[0].definition["stage"] == "end"


ODD_NAME = st.text(min_size=1, max_size=40).filter(lambda text: bool(new.clean(text)))


@given(agency=ODD_NAME, service=ODD_NAME, offices=st.lists(ODD_NAME, min_size=1, max_size=4))
def test_a_new_file_survives_any_name(agency: str, service: str, offices: list[str]) -> None:
    options = replace(
        OPTIONS, agency=agency, service=service, offices=tuple(offices), service_es=service
    )
    report = check.text(new.write(options), "new.toml", TODAY)
    assert [str(fault) for fault in report.faults] == []
    assert report.catalog is not None
    assert report.catalog.agency.definition["name"] == new.clean(agency)
    assert len(report.catalog.offices) == len(offices)
