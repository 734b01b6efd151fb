"""A real OpenID Connect provider for the tests: code, PKCE and RS256, over sockets.

It lets in whoever stands in `person`, without asking. `twist` changes the claims of the next
tokens, `sign` how they are signed: a provider that is broken, or somebody between us and it.
`client` and `secret` are what it knows of us, `way` how it takes them, `ahead` its clock's error.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLIENT, SECRET = "cx-at-the-agency", "a secret between two servers"


def _key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


class Provider:
    """One provider at `issuer`; `app` is to be served there."""

    def __init__(self, issuer: str, redirect: str, clock: Callable[[], datetime]):
        self.issuer, self.redirect, self._clock = issuer, redirect, clock
        self.key = _key("first")
        self.keys = [self.key]
        self.person: dict[str, Any] = {}
        self.twist: dict[str, Any] = {}
        self.document: dict[str, Any] = {}
        self.where = "id_token"
        self.sign = self._sign
        self.refuses = ""
        self.authorizations: list[dict[str, str]] = []
        self.client, self.secret, self.way = CLIENT, SECRET, "client_secret_basic"
        self.ahead = timedelta(0)
        self.signs_userinfo = False
        self.client_key: Any = None
        self.left: list[dict[str, str]] = []
        self._used: set[str] = set()
        self._codes: dict[str, dict[str, str]] = {}
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/jwks", self._jwks),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
                Route("/logout", self._logout),
            ]
        )

    def rotate(self) -> None:
        """Sign with another key from now on, and offer that one alone."""
        self.key = _key(secrets.token_hex(4))
        self.keys = [self.key]

    def by_hand(self, algorithm: str) -> Callable[[dict[str, Any]], str]:
        """Sign as an attacker does who knows what is public, and our client's secret."""

        def sign(claims: dict[str, Any]) -> str:
            header = {"alg": algorithm, "kid": self.key.kid}
            if algorithm == "none":
                parts = (_json(header), _json(claims), b"")
                return ".".join(_bare(part) for part in parts)
            key = OctKey.import_key(SECRET)
            return jwt.encode(header, claims, key, algorithms=[algorithm])

        return sign

    def with_a_key_of_its_own(self, claims: dict[str, Any]) -> str:
        """Sign with a key that the provider never offered, under the name of one that it did."""
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, _key("first"))

    def _sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    async def _discovery(self, request: Request) -> Response:
        configuration: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return JSONResponse(configuration | self.document)

    async def _jwks(self, request: Request) -> Response:
        return JSONResponse(KeySet([*self.keys]).as_dict(private=False))

    async def _authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        self.authorizations.append(query)
        fits = (
            (query["client_id"], query["redirect_uri"]) == (self.client, self.redirect)
            and query["response_type"] == "code"
            and query["code_challenge_method"] == "S256"
            and "openid" in query["scope"].split()
        )
        if not fits:
            return Response("This client is not known here.", 400)
        if self.refuses:
            answer = {"error": self.refuses, "state": query["state"]}
            return RedirectResponse(f"{self.redirect}?{urlencode(answer)}", 303)
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        answer = {"code": code, "state": query["state"], "iss": self.issuer}
        return RedirectResponse(f"{self.redirect}?{urlencode(answer)}", 303)

    async def _token(self, request: Request) -> Response:
        sent = {name: each[0] for name, each in parse_qs((await request.body()).decode()).items()}
        authorization = self._codes.pop(sent.get("code", ""), None)
        if not self._is_client(request, sent):
            return JSONResponse({"error": "invalid_client"}, 401)
        challenge = _bare(hashlib.sha256(sent.get("code_verifier", "").encode()).digest())
        if (
            authorization is None
            or sent.get("redirect_uri") != authorization["redirect_uri"]
            or challenge != authorization["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = self.sign(self._claims(authorization))
        tokens = {"access_token": "access", "token_type": "Bearer", "expires_in": 60}
        return JSONResponse(tokens | {"id_token": token})

    def _is_client(self, request: Request, sent: dict[str, str]) -> bool:
        if self.client_key is None:
            return self._credentials(request, sent) == (self.client, self.secret)
        # RFC 7523, as login.gov takes it: a key has no secret beside it.
        if "authorization" in request.headers or "client_secret" in sent:
            return False
        if sent.get("client_assertion_type") != ASSERTION or sent.get("client_id") != CLIENT:
            return False
        try:
            proof = jwt.decode(
                sent.get("client_assertion", ""), self.client_key, algorithms=["RS256", "ES256"]
            ).claims
        except JoseError:
            return False
        now = self._clock().timestamp()
        fits = (
            proof["iss"] == proof["sub"] == CLIENT
            and proof["aud"] == f"{self.issuer}/token"
            and now < proof["exp"] <= now + 600
            and proof["jti"] not in self._used
        )
        self._used.add(proof["jti"])
        return bool(fits)

    def _credentials(self, request: Request, sent: dict[str, str]) -> tuple[str, ...]:
        """Name and secret, as RFC 6749 §2.3.1 reads them; () for any other way than `way`."""
        scheme, _, pair = request.headers.get("authorization", "").partition(" ")
        if self.way == "client_secret_post":
            return () if scheme else (sent.get("client_id", ""), sent.get("client_secret", ""))
        if scheme != "Basic" or "client_secret" in sent:
            return ()
        parts = base64.b64decode(pair).decode().split(":")
        return tuple(unquote_plus(part) for part in parts)

    async def _logout(self, request: Request) -> Response:
        query = dict(request.query_params)
        onward = self.redirect.replace("/sign-in/back", "/sign-in")
        if (query["client_id"], query["post_logout_redirect_uri"]) != (self.client, onward):
            return Response("This client is not known here.", 400)
        self.left.append(query)
        return RedirectResponse(f"{onward}?{urlencode({'state': query['state']})}", 303)

    async def _userinfo(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer access":
            return JSONResponse({"error": "invalid_token"}, 401)
        claims = self.person | self.twist
        if not self.signs_userinfo:
            return JSONResponse(claims)
        signed = self.sign({"iss": self.issuer, "aud": self.client} | claims)
        return Response(signed, media_type="application/jwt")

    def _claims(self, authorization: dict[str, str]) -> dict[str, Any]:
        now = int((self._clock() + self.ahead).timestamp())
        claims = {
            "iss": self.issuer,
            "aud": self.client,
            "iat": now,
            "exp": now + 300,
            "nonce": authorization["nonce"],
        }
        person = self.person if self.where == "id_token" else {"sub": self.person["sub"]}
        every = claims | person | (self.twist if self.where == "id_token" else {})
        return {name: value for name, value in every.items() if value is not None}


def _bare(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
