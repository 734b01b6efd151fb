"""The format of fiscal years 2021 to 2023: one wide row for a survey.

The columns are those of "OMB CX Reporting Collections" (GSA/touchpoints, docs/models), in its
order. Numbers that OMB gives (ids) and times that OMB keeps (created_at) stay empty.
"""

from collections.abc import Iterator, Mapping

from cxserver.quarter import filing_set, fiscal
from cxserver.quarter.filing_set import Drawer
from cxserver.quarter.formats import words
from cxserver.quarter.formats.v1 import Cell, Rows
from cxserver.quarter.sets import FileSet

QUESTIONS = 11
HEADER = (
    "id",
    "collection_id",
    "collection_year",
    "collection_quarter",
    "collection_name",
    "collection_organization_id",
    "collection_organization_name",
    "collection_organization_abbreviation",
    "service_provider_id",
    "service_provider_name",
    "service_provider_organization_id",
    "service_provider_organization_name",
    "service_provider_organization_abbreviation",
    "service_provided",
    "service_id",
    "service_name",
    "transaction_point",
    "channel",
    "volume_of_customers",
    "volume_of_customers_provided_survey_opportunity",
    "volume_of_respondents",
    "omb_control_number",
    "federal_register_url",
    *(
        f"q{number}_{part}"
        for number in range(1, QUESTIONS + 1)
        for part in ("text", "1", "2", "3", "4", "5")
    ),
    "created_at",
    "updated_at",
    "operational_metrics",
)

# Rows 8 to 11 are the agency's own: there stand the drivers that OMB had no row for.
ASKED = (*words.IN_ORDER, *words.BESIDE)


def files(open_: Drawer, file_set: FileSet) -> dict[str, Rows]:
    """The file of a set, by the end of its name."""
    cells = {
        **_place(open_, file_set),
        **dict(_questions(file_set)),
        "operational_metrics": _metrics(open_, file_set),
    }
    return {"wide.csv": [HEADER, [cells.get(name, "") for name in HEADER]]}


def _place(open_: Drawer, file_set: FileSet) -> Mapping[str, Cell]:
    year, number = fiscal.year_and_number(open_.quarter)
    volume = open_.disclosed.volumes.get((file_set.service.slug, file_set.channel.ours))
    return {
        "collection_year": year,
        "collection_quarter": number,
        "collection_name": "CX Quarterly Reporting",
        "collection_organization_name": open_.agency.name,
        "service_provider_name": file_set.service.definition["owner"],
        "service_provider_organization_name": open_.agency.name,
        "service_provided": file_set.service.definition["description"],
        "service_name": file_set.service.name,
        "transaction_point": file_set.transaction_point,
        "channel": file_set.channel.omb,
        "volume_of_customers": volume.served if volume else "",
        "volume_of_customers_provided_survey_opportunity": volume.offered if volume else "",
        "volume_of_respondents": file_set.counts.n,
        "omb_control_number": file_set.service.clearance.omb_control_number,
        "federal_register_url": open_.agency.filing.federal_register_url,
    }


def _questions(file_set: FileSet) -> Iterator[tuple[str, Cell]]:
    for number, question in enumerate(ASKED, 1):
        yield f"q{number}_text", words.text(file_set.survey, question)
        for point, n in enumerate(filing_set.points(file_set, question) or (), 1):
            yield f"q{number}_{point}", n


def _metrics(open_: Drawer, file_set: FileSet) -> str:
    tapped = [
        filing_set.beside(file_set, code)
        for code in ASKED
        if code in file_set.survey.drivers and filing_set.points(file_set, code) is None
    ]
    indicators = [
        each.sentence for each in open_.disclosed.indicators.get(file_set.service.slug, ())
    ]
    return "; ".join((*tapped, *indicators))
