"""Keys: one way down, told apart, never half."""

import hashlib

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from cxsdk import BadName, Key, KeyCutOff, KeyMalformed, keys

ROOT = bytes(range(32))


def test_the_published_vectors_hold():
    service = keys.service_secret(ROOT, "vet-home", 1)
    assert service.hex() == "53e0f7d9b410c90b12c976d71517dc2bd585f968fc3be577378c9ac08e0f866b"
    office = keys.office_secret(service, "tx042")
    assert office.hex() == "fc6f82e6319bc8c1ef60461ad46d6e67f36361811fac153e324b8b762be6953d"


def test_each_step_is_hkdf_expand():
    for info in (b"", b"cxlink/1|service|vet-home|1", bytes(100)):
        oracle = HKDFExpand(algorithm=SHA256(), length=32, info=info).derive(ROOT)
        assert keys.expand(ROOT, info) == oracle


def test_rfc_5869_case_1_first_block():
    prk = bytes.fromhex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
    okm = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
    assert keys.expand(prk, bytes.fromhex("f0f1f2f3f4f5f6f7f8f9")).hex() == okm


@given(
    secret=st.binary(min_size=32, max_size=32),
    kid=st.integers(1, 65534),
    service=st.from_regex(keys.SLUG, fullmatch=True).filter(lambda slug: slug.isascii()),
    office=st.none() | st.from_regex(keys.SLUG, fullmatch=True),
)
def test_a_key_reads_back_as_written(secret, kid, service, office):
    key = Key(service, kid, secret, office)
    assert Key.read(key.text) == key


@given(st.data())
def test_a_key_that_lost_or_changed_a_character_says_so(data):
    text = Key("vet-home", 7, ROOT, "tx042").text
    at = data.draw(st.integers(len("cxk1_"), len(text) - 1))
    other = data.draw(st.sampled_from("abcXYZ019_-"))
    for broken in (text[:at], text[:at] + text[at + 1 :], text[:at] + other + text[at + 1 :]):
        if broken != text:
            with pytest.raises(KeyCutOff, match="cut off or changed"):
                Key.read(broken)


def test_what_is_not_a_key_at_all_says_so():
    with pytest.raises(KeyMalformed, match="begins with cxk1_"):
        Key.read("hunter2")


def test_repr_hides_the_secret():
    shown = repr(Key("vet-home", 1, ROOT))
    assert "secret" not in shown and "\\x01" not in shown


def test_an_office_key_is_the_service_key_narrowed():
    service = Key("vet-home", 1, keys.service_secret(ROOT, "vet-home", 1))
    office = service.for_office("tx042")
    assert office.secret_for("tx042") == service.secret_for("tx042")
    assert office.covers("vet-home", "tx042") and not office.covers("vet-home", "tx043")
    assert service.covers("vet-home", "tx043") and not service.covers("vet-out", "tx042")


@pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "a b", "a|b", "a\n", "é", "x" * 33, None, 7])
def test_a_name_that_is_no_slug_is_refused(slug):
    with pytest.raises(BadName, match="1 to 32 of a-z"):
        keys.check_slug("office", slug)


def test_only_fips_algorithms_are_used(monkeypatch):
    from cxsdk import Issuer

    def refuse(name, *args, **kwargs):
        raise AssertionError(f"{name} is not a FIPS algorithm")

    for name in ("md5", "sha1", "blake2b", "blake2s"):
        monkeypatch.setattr(hashlib, name, lambda *a, _name=name, **k: refuse(_name))
    key = Key("vet-home", 1, ROOT)
    link = Issuer("https://cx.example.gov", key.text).issue_link("vet-home", "tx042")
    from cxsdk import token

    token.LinkKey(key.secret_for("tx042"), token.Kind.EMAIL).check(link.rpartition("/")[2])
