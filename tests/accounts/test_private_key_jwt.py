"""This server proves itself to the identity provider with a key of its own; no secret is shared."""

import httpx2
import pytest
from authlib.oauth2 import ClientAuth
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from cxserver import oidc_client
from cxserver.accounts.roles import Role
from cxserver.errors import ServerError
from cxserver.settings import Settings
from cxserver.staff import site
from tests.support import fork_server
from tests.support.cx_process import cx, environment
from tests.support.identity_provider import CLIENT, SECRET, Provider
from tests.support.staff_accounts import invite

ISSUER = "https://sso.agency.gov"


def cut(folder, kind, name="client.pem", **how):
    """A key of ours in a file, as `openssl genpkey` makes one."""
    key = kind.generate_key(2048 if kind is RSAKey else "P-256", **how)
    file = folder / name
    file.write_bytes(key.as_pem(private=True))
    file.chmod(0o600)
    return key, file


def settings(file, **more):
    return Settings(oidc_issuer=ISSUER, oidc_client_id=CLIENT, oidc_private_key_file=file, **more)


@pytest.fixture
def agency(sqlite_house, serve):
    """A house that has no secret, and the provider, which does not know its key yet."""
    address, issuer = serve.reserve(), serve.reserve().replace("127.0.0.1", "localhost")
    provider = Provider(issuer, f"{address}/staff/sign-in/back", sqlite_house.clock)
    provider.person = {"sub": "7f3a", "email": "ana@example.gov", "email_verified": True}
    serve(provider.app, at=issuer.replace("localhost", "127.0.0.1"))

    def at_work(file):
        update = {"base_url": address, "oidc_issuer": issuer, "oidc_client_id": CLIENT}
        update |= {"oidc_private_key_file": file}
        sqlite_house.settings = sqlite_house.settings.model_copy(update=update)
        invite(sqlite_house, Role.ANALYST, email="ana@example.gov")
        serve(sqlite_house.app(), at=address)
        return httpx2.Client(base_url=address, follow_redirects=False)

    return sqlite_house, provider, at_work


def come(client):
    leaving = client.get("/staff/sign-in/provider").headers["location"]
    return client.get(httpx2.get(leaving, follow_redirects=False).headers["location"])


@pytest.mark.parametrize("kind", [RSAKey, ECKey])
def test_with_a_key_the_provider_knows_people_sign_in_again_and_again(agency, kind):
    house, provider, at_work = agency
    key, file = cut(house.settings.data_dir, kind)
    provider.client_key = kind.import_key(key.as_pem(private=False))
    with at_work(file) as client:
        assert [come(client).status_code for _ in range(2)] == [303, 303]


def test_another_key_opens_nothing_and_a_new_one_is_taken_without_a_restart(agency):
    house, provider, at_work = agency
    key, file = cut(house.settings.data_dir, ECKey)
    provider.client_key = ECKey.generate_key("P-256")
    with at_work(file) as client:
        assert come(client).status_code == 401
        new, other = cut(house.settings.data_dir, ECKey, "new.pem")
        provider.client_key = ECKey.import_key(new.as_pem(private=False))
        other.replace(file)
        assert come(client).status_code == 303
        file.unlink()
        assert come(client).status_code == 503


def test_a_proof_names_both_sides_and_is_good_once_for_five_minutes(sqlite_house):
    key, now = ECKey.generate_key("P-384"), sqlite_house.clock.now
    client = ClientAuth(CLIENT, key)
    first, second = (
        oidc_client.proof(key, f"{ISSUER}/token", now).sign(client, f"{ISSUER}/token")
        for _ in range(2)
    )
    token = jwt.decode(first, key, algorithms=["ES384"])
    assert token.header["alg"] == "ES384"
    at = int(now.timestamp())
    jti = token.claims.pop("jti")
    assert token.claims == {
        "iss": CLIENT,
        "sub": CLIENT,
        "aud": f"{ISSUER}/token",
        "iat": at,
        "exp": at + 300,
    }
    assert len(jti) >= 32 and jwt.decode(second, key, algorithms=["ES384"]).claims["jti"] != jti


FAULTS = {
    "missing": (lambda file: None, "No such file"),
    "a folder": (lambda file: file.mkdir(), "cannot be read"),
    "empty": (lambda file: file.write_text(""), "not a private key"),
    "words": (lambda file: file.write_text("my secret words"), "not a private key"),
    "bytes": (lambda file: file.write_bytes(b"\xff\x00\x30"), "not a key in PEM"),
    "cut off": (
        lambda file: file.write_bytes(RSAKey.generate_key(2048).as_pem(private=True)[:900]),
        "not a private key",
    ),
    "public": (
        lambda file: file.write_bytes(ECKey.generate_key("P-256").as_pem(private=False)),
        "public half",
    ),
    "short": (
        lambda file: file.write_bytes(RSAKey.generate_key(1024).as_pem(private=True)),
        "too short",
    ),
    "locked": (
        lambda file: file.write_bytes(
            RSAKey.generate_key(2048).as_pem(private=True, password="open sesame")
        ),
        "locked with a password",
    ),
    "another curve": (
        lambda file: file.write_bytes(ECKey.generate_key("secp256k1").as_pem(private=True)),
        "curve",
    ),
    "symmetric": (
        lambda file: file.write_text(str(OctKey.generate_key(256).as_dict())),
        "not a private key",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.filterwarnings("ignore:Key size should be")  # the short one is short on purpose
def test_a_file_that_holds_no_fit_key_is_refused_at_the_start_in_words(tmp_path, fault):
    write, says = FAULTS[fault]
    file = tmp_path / "client.pem"
    write(file)
    with pytest.raises(ServerError, match=says) as refusal:
        site.check(settings(file))
    assert str(file) in str(refusal.value)
    assert "my secret words" not in str(refusal.value) and "BEGIN" not in str(refusal.value)


def test_a_secret_and_a_key_together_are_refused(tmp_path):
    _, file = cut(tmp_path, RSAKey)
    with pytest.raises(ServerError, match="not both"):
        site.check(settings(file, oidc_client_secret=SECRET))
    site.check(settings(file))


def test_a_provider_that_is_set_up_in_half_does_not_leave_the_links_open():
    with pytest.raises(ServerError, match="CX_OIDC_CLIENT_ID is not"):
        site.check(Settings(oidc_issuer=ISSUER))


def test_the_doctor_and_the_server_say_what_is_wrong_with_the_key(agency, monkeypatch):
    house, provider, _ = agency
    provider.document = {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}
    house.live_today()
    _, file = cut(house.settings.data_dir, RSAKey)
    monkeypatch.setenv("CX_OIDC_ISSUER", provider.issuer)
    monkeypatch.setenv("CX_OIDC_CLIENT_ID", CLIENT)
    monkeypatch.setenv("CX_OIDC_PRIVATE_KEY_FILE", str(file))
    assert f"at {provider.issuer}" in cx(house, "doctor")
    file.chmod(0o644)
    done = fork_server.run(("doctor",), environment(house))
    assert done.returncode == 1 and "can be opened by other users" in done.stdout
    file.unlink()
    done = fork_server.run(("doctor",), environment(house))
    assert done.returncode == 1 and "No such file" in " ".join(done.stdout.split())
    output = cx(house, "serve", "--port", "0", fails=True)
    assert "No such file" in output and "Traceback" not in output
