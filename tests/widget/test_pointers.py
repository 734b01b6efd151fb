"""One finger, one press: nothing asks for a gesture, and no instruction for an eye or an ear."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(
    file.relative_to(ROOT)
    for file in (ROOT / "widget").rglob("*.js")
    if "released" not in file.parts
)
# What would make a path, a second finger or a shaken device do something.
GESTURES = re.compile(
    r'(?:addEventListener\(|\bon)"?(dragstart|drop|gesture\w*|devicemotion|deviceorientation|mousemove)'
)
# "Press the green button on the left": of no use to whoever does not see it.
SENSES = re.compile(
    r"\b(red|green|blue|yellow|round|square|circle|corner|beep|on the (left|right))\b", re.I
)


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_nothing_needs_a_path_a_second_finger_or_a_shaken_device(script: Path):
    text = (ROOT / script).read_text(encoding="utf-8")
    assert not GESTURES.findall(text)
    assert "draggable" not in text


def test_no_instruction_needs_to_see_color_shape_or_place_or_to_hear():
    with (ROOT / "locale" / "es" / "LC_MESSAGES" / "cx.po").open("rb") as file:
        messages = [message.id for message in read_po(file) if message.id]
    sentences = [text for ids in messages for text in ([ids] if isinstance(ids, str) else ids)]
    assert len(sentences) > 100
    assert [text for text in sentences if SENSES.search(text)] == []


def test_the_patterns_would_see_such_things():
    assert GESTURES.search('addEventListener("mousemove", go)')
    assert SENSES.search("Press the green button") and SENSES.search("It is on the left")
