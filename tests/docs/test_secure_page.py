"""The inventory of keys and algorithms names every secret that the code derives or hashes with."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operate" / "secure.md").read_text(encoding="utf-8")
INVENTORY = PAGE.partition("## Keys and algorithms")[2].partition("\n## ")[0]
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for package in ("sdk/cxsdk", "server/cxserver")
    for path in (ROOT / package).rglob("*.py")
)


def test_every_secret_of_the_code_is_in_the_inventory():
    purposes = set(re.findall(r'purpose_secret\("([a-z-]+)"\)', SOURCES))
    purposes |= set(re.findall(r'b"cxserver/1\|([a-z-]+)"', SOURCES))
    labels = set(re.findall(r'"(cx[a-z]+/[0-9]+)[|"]', SOURCES)) - {"cxserver/1"}
    assert len(purposes) >= 8 and labels >= {"cxlink/1", "cxstamp/1", "cxcheck/1"}
    assert not [name for name in purposes | labels if f"`{name}`" not in INVENTORY]


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("600,000 rounds", r"_ROUNDS = 600_000"),
        ("RSA 2048 or more", r"_LEAST_BITS = 2048"),
        ("Fernet", r"from cryptography\.fernet import Fernet"),
        ("cut to 128 bits", r"get_signature\(key, value\)\[:16\]"),
        ("cut to 80 bits", r"_BYTES = 10\b"),
    ],
)
def test_a_length_of_the_inventory_is_that_of_the_code(text, file):
    assert text in INVENTORY and re.search(file, SOURCES)
