"""Which files a quarter has: one set for each service, channel, transaction point and wording."""

from collections.abc import Iterable
from dataclasses import dataclass

from cxserver.catalog.directory import Directory, Service
from cxserver.instrument.survey import Survey
from cxserver.quarter import counts
from cxserver.quarter.counts import Counts, Group
from cxserver.quarter.formats import channels, fits, words
from cxserver.quarter.formats.channels import TRANSACTION_POINT, Channel
from cxserver.quarter.formats.fits import Format, Refusal


@dataclass(frozen=True, slots=True)
class FileSet:
    """What is filed together. `part` tells apart what differs in its words alone, from 1 on."""

    service: Service
    channel: Channel
    surveys: tuple[Survey, ...]
    counts: Counts
    part: int = 1
    transaction_point: str = TRANSACTION_POINT

    @property
    def stem(self) -> str:
        """The name of its files, without their ends."""
        bare = f"{self.service.slug}_{self.channel.ours}_{self.transaction_point}"
        return bare if self.part == 1 else f"{bare}_{self.part}"

    @property
    def survey(self) -> Survey:
        """The newest version in it: all share the words that are filed."""
        return self.surveys[-1]

    @property
    def key(self) -> tuple[str, str, int]:
        """What it is, to sort by."""
        return (self.service.slug, self.channel.ours, self.part)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A survey version with answers that cannot be filed in this format."""

    survey: str
    answers: int
    refusal: Refusal


def sort(
    directory: Directory, groups: Iterable[Group], form: Format
) -> tuple[list[FileSet], list[LeftOut]]:
    """The quarter's sets, and what does not fit."""
    alike: dict[tuple[str, str], dict[object, list[Group]]] = {}
    out: dict[str, LeftOut] = {}
    for group in sorted(groups, key=lambda group: (group.service, group.channel, group.survey)):
        survey = directory.services[group.service].surveys[group.survey]
        why = fits.refusal(fits.kind_of(survey), form)
        if why is not None:
            before = out[survey.name].answers if survey.name in out else 0
            out[survey.name] = LeftOut(survey.name, before + group.counts.n, why)
            continue
        place = alike.setdefault((group.service, group.channel), {})
        place.setdefault(words.likeness(survey, form), []).append(group)
    result = [
        _set(directory.services[service], channel, members, part)
        for (service, channel), likenesses in alike.items()
        for part, members in enumerate(likenesses.values(), 1)
    ]
    return result, list(out.values())


def _set(service: Service, channel: str, groups: list[Group], part: int) -> FileSet:
    versions = sorted({group.survey for group in groups})
    return FileSet(
        service,
        channels.BY_NAME[channel],
        tuple(service.surveys[n] for n in versions),
        counts.total(group.counts for group in groups),
        part,
    )
