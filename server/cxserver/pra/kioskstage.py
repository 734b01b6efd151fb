"""The kiosk's page as its script shows it, without the script: one part, in one language,
with a list of mistakes or a question over it.

The script does nothing else: it puts a copy of a template of the page on the page's stage. Pictured
from a file it could not, for want of a server.
"""

import re
from collections.abc import Iterable

_SCRIPT = re.compile(r"<script\b[^>]*></script>")
_STAGE = '<div id="stage"></div>'
_HTML = re.compile(r"<html\b[^>]*>")
# On a device the footer lies at its lower edge. Here the page ends with it.
_STYLE = "<style>#stage { min-block-size: 0 }</style></head>"
# A question over the page is dimmed around by the browser, but only for a script that asks it.
_OVER = (
    "<style>body::after { content: ''; position: fixed; inset: 0; background: #162e51d9 }"
    " dialog { position: fixed; inset: 12rem 0 auto; z-index: 1 }</style></head>"
)
_SECONDS = 30
_ALERT = re.compile(r'(<div class="alert"[^>]*?) hidden([^>]*>.*?)<ul></ul>', re.DOTALL)
_DATA = re.compile(r' data-([\w-]+)="([^"]*)"')
_UNSENT = re.compile(r'(<p class="error" id="unsent"[^>]* data-text="([^"]*)"[^>]*>)')
_QUESTION = re.compile(r'<p id="over"([^>]*)>')


def show(page: str, part: str, language: str) -> str:
    """The page with this part on its stage."""
    result = _part(page, part, language)
    stage = f'<div id="stage">{result["content"]}</div>'
    root = f'<html lang="{language}" dir="{result["direction"]}">'
    shown = _SCRIPT.sub("", page).replace("</head>", _STYLE, 1).replace(_STAGE, stage, 1)
    return _HTML.sub(root, shown, count=1)


def alarm(shown: str, missing: Iterable[str]) -> str:
    """The survey with the list of what is `missing` from it."""

    def tell(match: re.Match[str]) -> str:
        texts = dict(_DATA.findall(match[2]))
        lines = "".join(
            f'<li><a href="#{name}-1">{texts[name]}: '
            f"{texts['required-trust' if name == 'trust' else 'required']}</a></li>"
            for name in missing
        )
        return f"{match[1]}{match[2]}<ul>{lines}</ul>"

    return _ALERT.sub(tell, shown, count=1)


def sorry(shown: str) -> str:
    """The survey when the device could not keep the answer."""
    return _UNSENT.sub(r"\1\2", shown, count=1)


def ask(shown: str, page: str, language: str) -> str:
    """What is shown, and over it the question whether somebody is still there."""

    def count(match: re.Match[str]) -> str:
        texts = dict(_DATA.findall(match[1]))
        text = f"{texts['many'].replace('{n}', str(_SECONDS))} {texts['lost']}"
        return f'<p id="over">{text}'

    question = _QUESTION.sub(count, _part(page, "idle", language)["content"])
    question = question.replace("<dialog ", "<dialog open ", 1)
    return shown.replace("</head>", _OVER, 1).replace(
        '<p class="enter" id="said"', question + '<p class="enter" id="said"', 1
    )


def _part(page: str, part: str, language: str) -> re.Match[str]:
    head = re.compile(
        rf'<template data-part="{part}" data-language="{language}"[^>]*'
        r' data-direction="(?P<direction>\w+)"[^>]*>(?P<content>.*?)</template>',
        re.DOTALL,
    )
    match = head.search(page)
    if match is None:
        raise LookupError(f"the kiosk's page has no part {part} in {language}")
    return match
