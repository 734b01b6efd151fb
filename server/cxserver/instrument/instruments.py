"""The instruments as data: what each of OMB's four questionnaires asks, and how.

The rules, the screen, the counts and the files to OMB read this table. By name, an instrument is
asked for where an old catalog says none (`draft`, `catalog.file`) and in the one sentence that
cites §280.10 (`rules.scores`); `quarter.formats.fits` lists all of them for people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cxserver.instrument import drivers, scale, statements
from cxserver.instrument.scale import Scale
from cxserver.instrument.statements import Texts

SatisfactionRule = Literal["required", "optional"]


@dataclass(frozen=True, slots=True)
class Instrument:
    """One questionnaire. `trust` names its statements, `modes` the forms its drivers may take.

    `required` drivers stand in every survey of it; with `excuses` a driver that does not apply
    may be left out with a reason. `icons` are what may stand on trust, the usual one first.
    `positive` and `negative` are the questions above the tapped drivers. `baselines` are its
    statements where they are not those of today's chart.
    """

    code: str
    title: str
    scale: Scale
    trust: tuple[str, ...]
    satisfaction: SatisfactionRule
    drivers: tuple[str, ...]
    required: tuple[str, ...]
    excuses: bool
    modes: tuple[str, ...]
    icons: tuple[str, ...]
    positive: Texts
    negative: Texts
    baselines: Mapping[str, Texts] = field(default_factory=dict)

    def baseline(self, code: str) -> Texts:
        """The statement of a rated driver, unless the agency adjusts it."""
        return self.baselines.get(code) or statements.BASELINES[code][0]


# The seven domains of 2018: satisfaction and confidence, and these five, each rated. Its one
# domain "Equity / Transparency" has the code of the row it fills in OMB's files, `transparency`.
# It holds what is two drivers since (transparency and humanity), and cannot be taken apart again:
# so numbers of this instrument are never joined to those of another.
_OF_2018 = ("effectiveness", "ease", "efficiency", "transparency", "employee")
_STARS_ALLOWED = ("none", "stars")

A11_2018 = Instrument(
    code="a11-2018",
    title="Seven domains, each rated (2018)",
    scale=scale.FIVE_POINT,
    trust=("confidence", "commitment"),
    satisfaction="required",
    drivers=_OF_2018,
    required=_OF_2018,
    excuses=True,
    modes=("likert",),
    icons=_STARS_ALLOWED,
    positive=statements.DRIVERS_POSITIVE,
    negative=statements.DRIVERS_NEGATIVE,
    # OMB's 2018 form asks its one domain in the words that are those of humanity today.
    baselines={"transparency": statements.BASELINES["humanity"][0]},
)

A11_2022 = Instrument(
    code="a11-2022",
    title="Satisfaction, trust and drivers (2022)",
    scale=scale.FIVE_POINT,
    trust=("increased", "commitment"),
    satisfaction="required",
    drivers=drivers.CODES,
    required=(),
    excuses=True,
    modes=("tap", "choice", "likert"),
    icons=_STARS_ALLOWED,
    positive=statements.DRIVERS_POSITIVE,
    negative=statements.DRIVERS_NEGATIVE,
)

A11_V2_FIVE_POINT = Instrument(
    code="a11-v2-five-point",
    title="Trust on five points and two lists (2025)",
    scale=scale.FIVE_POINT,
    trust=("mission",),
    satisfaction="optional",
    drivers=drivers.CODES,
    # OMB's file has no "not asked" for these two.
    required=("effectiveness", "ease"),
    excuses=False,
    modes=("tap",),
    icons=_STARS_ALLOWED,
    positive=statements.DRIVERS_POSITIVE,
    negative=statements.DRIVERS_NEGATIVE_V2,
)

A11_V2_THUMBS = Instrument(
    code="a11-v2-thumbs",
    title="Trust by thumbs and two lists (2023)",
    scale=scale.THUMBS,
    trust=("mission",),
    satisfaction="optional",
    drivers=drivers.CODES,
    required=("effectiveness", "ease"),
    excuses=False,
    modes=("tap",),
    icons=("thumbs",),
    positive=statements.DRIVERS_POSITIVE,
    negative=statements.DRIVERS_NEGATIVE_V2,
)

ALL = (A11_2018, A11_2022, A11_V2_FIVE_POINT, A11_V2_THUMBS)
BY_CODE = {item.code: item for item in ALL}
CODES = tuple(BY_CODE)
