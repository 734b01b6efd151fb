"""`Issuer.check`: one call says whether links would open, and what to fix; no key travels."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.routing import Route

import cxsdk
from cxsdk import Issuer, Key
from cxserver import db, tables
from tests.support import http_server
from tests.support.house import CATALOGUE, House
from tests.support.shared_house import row_counts

PAIR = ("permits", "riverside")


@pytest.fixture
def unserved(house: House, serve: http_server.Servers) -> House:
    """A house that has its address, on each of the two databases. `begin` serves it."""
    house.move(serve.reserve())
    return house


@pytest.fixture
def begin(unserved: House, serve: http_server.Servers) -> Callable[[], None]:
    """`begin()` opens the server, which then knows all that was done before."""

    def begin() -> None:
        serve(unserved.app(), at=unserved.settings.base_url)

    return begin


@pytest.fixture
def served(unserved: House, begin: Callable[[], None]) -> House:
    """A house behind a real server, on each of the two databases."""
    begin()
    return unserved


def issuer(house: House, *keys: Key, base_url: str = "", **ahead: float) -> Issuer:
    """An agency's issuer, whose clock may be `ahead` of the server's."""
    texts = [key.text for key in keys or house.keys.values()]
    address = base_url or house.settings.base_url
    return Issuer(address, texts, clock=lambda: house.clock() + timedelta(**ahead))


def codes(findings: list[cxsdk.Finding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity) for finding in findings]


def only(findings: list[cxsdk.Finding]) -> cxsdk.Finding:
    [finding] = findings
    return finding


def test_a_wrong_office_is_named_with_the_nearest_one(served):
    finding = only(issuer(served).check([PAIR, ("permits", "riversde"), ("calls", "center")]))
    assert (finding.code, finding.severity) == ("unknown_office", "fault")
    assert (finding.service, finding.office) == ("permits", "riversde")
    assert finding.nearest == ("riverside",)
    assert "Did you mean 'riverside'?" in str(finding)


def test_all_is_well_and_nothing_is_stored(served):
    before = row_counts(served)
    assert issuer(served).check([PAIR, PAIR, ("permits", "lakeside"), ("calls", "center")]) == []
    assert issuer(served).check([]) == []
    assert row_counts(served) == before


def test_a_closed_survey_is_named(unserved, begin):
    riverside = CATALOGUE.index('[[service.permits.office]]\nslug = "riverside"')
    lakeside = CATALOGUE.index('[[service.permits.office]]\nslug = "lakeside"')
    unserved.apply(CATALOGUE[:riverside] + CATALOGUE[lakeside:])
    begin()
    finding = only(issuer(unserved).check([PAIR, ("permits", "lakeside")]))
    assert (finding.code, finding.office) == ("survey_closed", "riverside")


@pytest.mark.parametrize(
    ("was", "now", "used", "code", "severity", "words"),
    [
        ("1234-5678", "0000-0000", 0, "approval_missing", "warning", "sample number"),
        ("500000", "1", 1, "approval_spent", "fault", "Ask OMB for more"),
        ("2028-03-31", "2026-11-04", 0, "approval_ended", "fault", "Have OMB renew it"),
    ],
)
def test_an_approval_that_is_missing_spent_or_over_is_named(
    unserved, begin, was, now, used, code, severity, words
):
    if code == "approval_ended":
        unserved.approved_until = now
    unserved.apply(CATALOGUE.replace(was, now))
    unserved.clock.forward(days=1)
    with db.write(unserved.engine) as connection:
        connection.execute(tables.burden.insert().values(clearance="umbrella", used=used))
    begin()
    finding = only(issuer(unserved).check([PAIR]))
    assert (finding.code, finding.severity) == (code, severity)
    assert words in finding.text


def test_a_revoked_key_is_named_everywhere_or_at_its_office(unserved, begin):
    unserved.revoke("permits", 1, office="lakeside")
    unserved.revoke("calls", 1)
    begin()
    findings = issuer(unserved).check([PAIR, ("permits", "lakeside"), ("calls", "center")])
    assert [(finding.code, finding.office) for finding in findings] == [
        ("key_revoked", "lakeside"),
        ("key_revoked", "center"),
    ]
    assert "cx key issue permits" in findings[0].text


def test_a_key_of_another_server_is_unknown(served):
    stranger = Key("permits", 1, bytes(32))
    finding = only(issuer(served, stranger).check([PAIR]))
    assert finding.code == "key_unknown" and "belong to the same server" in finding.text
    assert codes(issuer(served, Key("nothing", 7, bytes(32))).check([])) == [
        ("key_unknown", "fault")
    ]


def test_what_needs_no_server_is_named_without_it(served):
    findings = issuer(served).check([("permit", "riverside"), ("permits", "River side"), PAIR])
    assert codes(findings) == [("key_elsewhere", "fault"), ("bad_name", "fault")]
    assert findings[0].nearest == ("permits",)


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        ({"seconds": 119}, []),
        ({"minutes": 3}, [("clock", "warning")]),
        ({"minutes": -14}, [("clock", "warning")]),
        ({"minutes": 16}, [("clock", "fault")]),
        ({"days": -3}, [("clock", "fault")]),
    ],
)
def test_a_clock_that_is_off_is_a_warning_and_then_a_fault(served, ahead, expected):
    assert codes(issuer(served, **ahead).check([PAIR])) == expected
    if expected == [("clock", "fault")]:
        # Who overheard a question learns nothing by asking it again later.
        assert codes(issuer(served, **ahead).check([("permits", "riversde")])) == expected


def test_the_new_key_is_checked_and_the_old_one_may_be_revoked(unserved, begin):
    old, new = unserved.keys["permits"], unserved.cut("permits")
    unserved.revoke("permits", old.kid)
    begin()
    assert issuer(unserved, old, new).check([PAIR]) == []


def test_a_key_of_one_office_learns_nothing_of_its_neighbors(unserved, begin):
    narrow = unserved.cut("permits", "lakeside")
    begin()
    assert issuer(unserved, narrow).check([("permits", "lakeside")]) == []
    derived = unserved.keys["permits"].for_office("lakeside")
    assert issuer(unserved, derived).check([("permits", "lakeside")]) == []
    assert codes(issuer(unserved, narrow).check([PAIR])) == [("key_elsewhere", "fault")]


def test_many_offices_are_asked_about_in_several_questions(served):
    pairs = [("permits", f"office-{n}") for n in range(1200)]
    findings = issuer(served).check([*pairs, PAIR])
    assert len(findings) == 1200 and {finding.code for finding in findings} == {"unknown_office"}


# ---- the address


@pytest.fixture
def elsewhere(serve: http_server.Servers):
    """A server that is no survey server; it notes what it was sent."""
    heard: list[bytes] = []

    async def note(request):
        heard.append(repr(request.headers.items()).encode() + await request.body())
        kind = request.path_params["kind"]
        if kind == "moved":
            return RedirectResponse("https://cx.agency.gov/api/v1/links/check", 301)
        if kind == "busy":
            return PlainTextResponse("busy", 503)
        if kind == "json":
            return JSONResponse({"now": "yesterday"})
        return PlainTextResponse("Welcome!", 401 if kind == "locked" else 200)

    route = Route("/{kind}/api/v1/links/check", note, methods=["POST"])
    return serve(Starlette(routes=[route])), heard


@pytest.mark.parametrize("kind", ["page", "json", "locked", "nothing/here"])
def test_an_address_where_something_else_answers_is_named(sqlite_house, elsewhere, kind):
    base_url = f"{elsewhere[0]}/{kind}"
    finding = only(issuer(sqlite_house, base_url=base_url).check([PAIR]))
    assert (finding.code, finding.severity) == ("address", "fault")
    assert base_url in finding.text


def test_a_redirect_is_not_followed_but_named(sqlite_house, elsewhere):
    finding = only(issuer(sqlite_house, base_url=f"{elsewhere[0]}/moved").check([PAIR]))
    assert finding.code == "address" and "to https://cx.agency.gov. Set" in finding.text


def test_an_address_that_is_not_the_public_one_is_named(unserved, begin):
    allowed = {"allowed_hosts": ["localhost"]}
    unserved.settings = unserved.settings.model_copy(update=allowed)
    begin()
    port = unserved.settings.base_url.rpartition(":")[2]
    finding = only(issuer(unserved, base_url=f"http://localhost:{port}").check([PAIR]))
    assert (finding.code, finding.severity) == ("other_address", "warning")
    assert f"public address is {unserved.settings.base_url}." in finding.text
    foreign = issuer(unserved, base_url=f"http://127.0.0.2:{port}")
    with pytest.raises(cxsdk.ServerUnreachable):
        foreign.check([PAIR])


def test_a_server_that_cannot_be_asked_raises(sqlite_house, elsewhere):
    dead = f"http://127.0.0.1:{http_server.free_port()}"
    with pytest.raises(cxsdk.ServerUnreachable, match="does not answer"):
        issuer(sqlite_house, base_url=dead).check([PAIR])
    with pytest.raises(cxsdk.ServerUnreachable, match="answered 503"):
        issuer(sqlite_house, base_url=f"{elsewhere[0]}/busy").check([PAIR])


def test_the_key_itself_never_travels(sqlite_house, elsewhere):
    address, heard = elsewhere
    key = sqlite_house.keys["permits"]
    issuer(sqlite_house, key, base_url=f"{address}/page").check([PAIR])
    [sent] = heard
    said = json.loads(sent[sent.index(b'{"signed"') :])["signed"]
    assert '"permits",1,null' in said and '["riverside"]' in said
    secrets = [key.text, key.text.split("_")[-2], key.secret.hex()]
    assert not [secret for secret in secrets if secret.encode() in sent]
