"""Posters to look at: ordinary ones and extreme ones, drawn, and read by a real decoder."""

from datetime import UTC, date, datetime
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pypdfium2
import zxingcpp
from PIL import Image

from cxserver.poster import file, layout
from cxserver.poster.notice import Notice
from cxserver.poster.page import PAPERS, Code, Page

NOW = datetime(2026, 11, 4, 15, 20, tzinfo=UTC)
LINK = "https://cx.agency.gov/s/permits/riverside/GQABaqH1gH3lQ2c9vbTO.VDUxM2QtNjI4Yy1hYjQ1MQ"
LONG_LINK = (
    "https://customer-experience.administration.agency.gov/feedback/s/"
    f"{'p' * 32}/{'r' * 32}/GQABaqH1gH3lQ2c9vbTO.VDUxM2QtNjI4Yy1hYjQ1MQ?lang=es"
)
# As long as a name in the catalog may be.
LONG = "Regional Administration for the Reconstruction of Monuments, Parks, Shores and Waterways "
LONG = f"{LONG}of the Upper Middle West Coast"[:120]
WIDE = "W" * 120


def notice(languages: tuple[str, ...] = ("en",), **changes: Any) -> Notice:
    facts: dict[str, Any] = {
        "languages": languages,
        "agency": {"en": "Department of Everyday Affairs", "es": "Departamento de Asuntos"},
        "service": {"en": "Permit renewal", "es": "Renovación de permisos"},
        "office": "Riverside Office",
        "link": LINK,
        "minutes": 1,
        "control_number": "1234-5678",
        "clearance_ends": date(2028, 3, 31),
        "good_until": date(2027, 12, 8),
        "reference": "permits · riverside · Main exit",
    } | changes
    for name in ("agency", "service"):
        facts[name] = {code: facts[name][code] for code in languages}
    return Notice(**facts)


def names_called(name: str) -> dict[str, object]:
    """The agency and the service called like this, a little differently in each language."""
    other = f"Q{name[1:]}"
    return {"agency": {"en": name, "es": other}, "service": {"en": name, "es": other}}


NOTICES = {
    "en": notice(),
    "es": notice(("es",), minutes=3),
    "both": notice(("en", "es")),
    "long": notice(("en", "es"), office=LONG, reference=LONG, link=LONG_LINK, **names_called(LONG)),
    "wide": notice(("en", "es"), office=WIDE, reference=WIDE, link=LONG_LINK, **names_called(WIDE)),
}
PAGES = [f"{name}-{paper}" for name, paper in product(NOTICES, PAPERS)]


@cache
def laid_out(name: str) -> Page:
    """One of `PAGES`: the extreme ones take a while, so it is done when a test asks."""
    subject, _, paper = name.partition("-")
    return layout.lay_out(NOTICES[subject], PAPERS[paper])


def pixels(pdf: bytes, dpi: int = 150) -> Image.Image:
    image: Image.Image = pypdfium2.PdfDocument(pdf)[0].render(scale=dpi / 72).to_pil()
    return image


def png(page: Page, folder: Path) -> Image.Image:
    path = folder / "page.png"
    path.write_bytes(file.draw(page, path, NOW))
    return Image.open(path)


def decoded(image: Image.Image) -> list[str]:
    return [barcode.text for barcode in zxingcpp.read_barcodes(image.convert("L"))]


def code_of(page: Page) -> Code:
    [code] = [item for item in page.items if isinstance(item, Code)]
    return code
