"""The kiosk's page as its script shows it, without the script: one part, in one language.

The script does nothing else: it puts a copy of a template of the page on the page's stage. Pictured
from a file it could not, for want of a server.
"""

import re

_SCRIPT = re.compile(r"<script\b[^>]*></script>")
_STAGE = '<div id="stage"></div>'
_HTML = re.compile(r"<html\b[^>]*>")
# On a device the footer lies at its lower edge. Here the page ends with it.
_STYLE = "<style>#stage { min-block-size: 0 }</style></head>"


def show(page: str, part: str, language: str) -> str:
    """The page with this part on its stage."""
    head = re.compile(
        rf'<template data-part="{part}" data-language="{language}"[^>]*'
        r' data-direction="(?P<direction>\w+)"[^>]*>(?P<content>.*?)</template>',
        re.DOTALL,
    )
    found = head.search(page)
    if found is None:
        raise LookupError(f"the kiosk's page has no part {part} in {language}")
    stage = f'<div id="stage">{found["content"]}</div>'
    html = f'<html lang="{language}" dir="{found["direction"]}">'
    shown = _SCRIPT.sub("", page).replace("</head>", _STYLE, 1).replace(_STAGE, stage, 1)
    return _HTML.sub(html, shown, count=1)
