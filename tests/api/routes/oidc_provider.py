"""A small OpenID provider on this machine, which tells the truth unless it is told to lie."""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from tests.running_app import running_app

CLIENT_ID, CLIENT_SECRET = "rasika-here", "the secret of rasika"


@lru_cache
def signing_key(name: str, variant: str = "true") -> RSAKey:
    """Return a key of a name; it takes a while to make one."""
    return RSAKey.generate_key(2048, {"kid": name})


def unsigned_token(token: str, algorithm: str) -> str:
    """Return the same claims with no signature, and a header that says so."""
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).decode()
    return f"{header.rstrip('=')}.{token.split('.')[1]}."


@dataclass
class FakeOidcProvider:
    """Who is signed in there, and what shall be wrong with what it says."""

    issuer: str = ""
    user_claims: dict[str, object] = field(default_factory=dict)
    claim_overrides: dict[str, object] = field(default_factory=dict)  # claims that are not so
    algorithm: str = "RS256"
    is_down: bool = False
    denies_access: bool = False
    authorization_requests: list[dict[str, str]] = field(default_factory=list)
    discovery_count: int = 0

    def __post_init__(self) -> None:
        self.key = self.published = signing_key("one")

    def rotate_keys(self) -> None:
        """Sign with another key from now on."""
        self.key = self.published = signing_key("two")

    def id_token(self, nonce: str) -> str:
        """Return what it says of who is signed in."""
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            **self.user_claims,
            **self.claim_overrides,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm == "HS256":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(CLIENT_SECRET))
        signed = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        return signed if self.algorithm == "RS256" else unsigned_token(signed, self.algorithm)


def provider_app(provider: FakeOidcProvider) -> FastAPI:
    app = FastAPI()
    codes: dict[str, dict[str, str]] = {}

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        provider.discovery_count += 1
        if provider.is_down:
            return JSONResponse({}, 500)
        return JSONResponse(
            {
                "issuer": provider.issuer,
                "authorization_endpoint": f"{provider.issuer}/authorize",
                "token_endpoint": f"{provider.issuer}/token",
                "jwks_uri": f"{provider.issuer}/keys",
            }
        )

    @app.get("/keys")
    def keys() -> Response:
        return JSONResponse(KeySet([provider.published]).as_dict(private=False))

    @app.get("/authorize")
    def authorize(request: Request) -> Response:
        asked = dict(request.query_params)
        provider.authorization_requests.append(asked)
        back = {"state": asked["state"]}
        if provider.denies_access:
            back["error"] = "access_denied"
        else:
            codes["a code"] = asked
            back["code"] = "a code"
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)

    @app.post("/token")
    async def token(request: Request) -> Response:
        if provider.is_down:
            return Response("no", 502)
        sent = dict(parse_qsl((await request.body()).decode()))
        asked = codes.pop(sent["code"], None)
        secret = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        challenge = base64.urlsafe_b64encode(
            hashlib.sha256(sent["code_verifier"].encode()).digest()
        )
        if (
            asked is None
            or request.headers["authorization"] != f"Basic {secret}"
            or challenge.decode().rstrip("=") != asked["code_challenge"]
            or sent["redirect_uri"] != asked["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {
                "access_token": "x",
                "token_type": "Bearer",
                "id_token": provider.id_token(asked["nonce"]),
            }
        )

    return app


@contextmanager
def running_provider() -> Iterator[FakeOidcProvider]:
    """Run a provider."""
    provider = FakeOidcProvider()
    with running_app(provider_app(provider)) as client:
        provider.issuer = str(client.base_url).rstrip("/")
        yield provider
