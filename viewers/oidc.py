"""Signing in at an OpenID Connect provider.

The authorization code flow with PKCE (https://openid.net/specs/openid-connect-core-1_0.html,
RFC 7636). A provider's metadata and keys are cached for an hour; an ID token signed with an unknown
key makes the keys be fetched again.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.common.security import generate_token
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from viewers.accounts import OidcUser

METADATA_LIFETIME_S = 3600.0
MIN_KEY_REFRESH_INTERVAL_S = 60.0  # forged tokens must not cause a request each
CLOCK_LEEWAY_S = 60  # between our clock and a provider's
HTTP_TIMEOUT_S = 5.0
LOGIN_LIFETIME = timedelta(minutes=10)  # time to find a password or a phone
SECRET_CHARACTERS = 48
MAX_SUBJECT_CHARACTERS = 255  # OpenID Connect Core, 2
DISCOVERY_PATH = "/.well-known/openid-configuration"
# Asymmetric signatures only: neither `none` nor HMAC with our own client secret.
SIGNATURE_ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "EdDSA",
)


class OidcProviderUnknown(LookupError):
    """No provider of this name is configured."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown provider {name!r}")


class OidcProviderUnavailable(OSError):
    """The provider does not answer, or its answer is invalid."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} cannot be reached; try again, or sign in another way")
        self.name, self.reason = name, reason


class OidcLoginRefused(PermissionError):
    """The provider refused the login, or its ID token is not valid."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} did not sign you in; try again")
        self.name, self.reason = name, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcClient:
    """Our registration at a provider."""

    name: str
    issuer: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A login in progress: what the provider's answer is checked against."""

    provider: str
    redirect_uri: str
    state: str
    nonce: str
    verifier: str

    def to_claims(self) -> dict[str, str]:
        """Return the fields as claims of a signed cookie."""
        return asdict(self)

    @classmethod
    def from_claims(cls, claims: Mapping[str, str]) -> "AuthorizationRequest":
        """Read the fields from the claims of a signed cookie.

        Raises `KeyError`.
        """
        return cls(**{each.name: claims[each.name] for each in fields(cls)})


@dataclass(frozen=True, slots=True)
class OidcMetadata:
    """A provider's metadata."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    secret_in_body: bool  # the client secret is sent in the form, not in a header
    fetched_at: float  # monotonic seconds


class OidcProvider:
    """A provider with its cached metadata and keys.

    Thread-safe: cached values are replaced as a whole; two threads may fetch the same at once.
    """

    def __init__(self, client: OidcClient, http: httpx.Client) -> None:
        self._client = client
        self._http = http
        self._cached_metadata: OidcMetadata | None = None
        self._cached_keys: tuple[float, KeySet] | None = None

    def begin_login(self, redirect_uri: str) -> tuple[str, AuthorizationRequest]:
        """Return the address to redirect the user to, and what to store until they return.

        Raises `OidcProviderUnavailable`.
        """
        authorization = AuthorizationRequest(
            provider=self._client.name,
            redirect_uri=redirect_uri,
            state=generate_token(SECRET_CHARACTERS),
            nonce=generate_token(SECRET_CHARACTERS),
            verifier=generate_token(SECRET_CHARACTERS),
        )
        url, _ = self._oauth_client(authorization).create_authorization_url(
            self._metadata().authorization_endpoint,
            state=authorization.state,
            nonce=authorization.nonce,
            code_verifier=authorization.verifier,
        )
        return url, authorization

    def finish_login(self, authorization: AuthorizationRequest, code: str) -> OidcUser:
        """Return the user who came back with a code.

        Raises `OidcProviderUnavailable` and `OidcLoginRefused`.
        """
        claims = self._verify_id_token(
            self._exchange_code(authorization, code), authorization.nonce
        )
        email, name = claims.get("email"), claims.get("name")
        return OidcUser(
            issuer=claims["iss"],
            subject=claims["sub"],
            email=email if isinstance(email, str) else None,
            # Some providers send a string.
            email_verified=str(claims.get("email_verified")).lower() == "true",
            name=name if isinstance(name, str) else None,
        )

    def _exchange_code(self, authorization: AuthorizationRequest, code: str) -> str:
        """Exchange a code for an ID token."""
        metadata = self._metadata()
        known = {"client_id": self._client.client_id, "client_secret": self._client.client_secret}
        with_secret: dict[str, Any] = (
            {**known, "auth": lambda request: request}
            if metadata.secret_in_body
            else {"auth": tuple(known.values())}
        )
        try:
            token = self._oauth_client(authorization).fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=authorization.verifier,
                **with_secret,
            )
        except OAuth2Error as error:
            raise OidcLoginRefused(self._client.name, str(error.error)) from error
        except (httpx.HTTPError, ValueError) as error:
            raise OidcProviderUnavailable(self._client.name, type(error).__name__) from error
        id_token = token.get("id_token")
        if not isinstance(id_token, str):
            raise OidcLoginRefused(self._client.name, "no ID token")
        return id_token

    def _verify_id_token(self, id_token: str, nonce: str) -> Mapping[str, Any]:
        """Return the claims of an ID token after all checks."""
        metadata = self._metadata()
        required = jwt.JWTClaimsRegistry(
            leeway=CLOCK_LEEWAY_S,
            iss={"essential": True, "value": metadata.issuer},
            aud={"essential": True, "value": self._client.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = self._decode_id_token(id_token)
            required.validate(claims)
        except (JoseError, ValueError) as error:
            raise OidcLoginRefused(self._client.name, str(error)) from error
        if len(claims["sub"]) > MAX_SUBJECT_CHARACTERS or not claims["sub"].isprintable():
            raise OidcLoginRefused(self._client.name, "invalid subject")
        party = claims.get("azp")
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and party is None:
            raise OidcLoginRefused(self._client.name, "ID token has several audiences and no azp")
        if party is not None and party != self._client.client_id:
            raise OidcLoginRefused(self._client.name, "ID token is for another client")
        return claims

    def _decode_id_token(self, id_token: str) -> dict[str, Any]:
        try:
            return jwt.decode(
                id_token, self._key_set(METADATA_LIFETIME_S), algorithms=SIGNATURE_ALGORITHMS
            ).claims
        except InvalidKeyIdError:  # the provider may have new keys
            return jwt.decode(
                id_token, self._key_set(MIN_KEY_REFRESH_INTERVAL_S), algorithms=SIGNATURE_ALGORITHMS
            ).claims

    def _metadata(self) -> OidcMetadata:
        metadata = self._cached_metadata
        if metadata is None or time.monotonic() - metadata.fetched_at > METADATA_LIFETIME_S:
            metadata = self._cached_metadata = self._fetch_metadata()
        return metadata

    def _fetch_metadata(self) -> OidcMetadata:
        document = self._get_json(self._client.issuer.rstrip("/") + DISCOVERY_PATH)
        try:
            metadata = OidcMetadata(
                issuer=str(document["issuer"]),
                authorization_endpoint=self._require_https(document["authorization_endpoint"]),
                token_endpoint=self._require_https(document["token_endpoint"]),
                jwks_uri=self._require_https(document["jwks_uri"]),
                secret_in_body=_secret_in_body(
                    document.get("token_endpoint_auth_methods_supported")
                ),
                fetched_at=time.monotonic(),
            )
        except KeyError as error:
            raise OidcProviderUnavailable(self._client.name, f"{error} is missing") from error
        if metadata.issuer.rstrip("/") != self._client.issuer.rstrip("/"):
            raise OidcProviderUnavailable(self._client.name, "issuer does not match")
        return metadata

    def _key_set(self, max_age_s: float) -> KeySet:
        """Return the provider's keys, fetched at most this long ago."""
        cached = self._cached_keys
        if cached is None or time.monotonic() - cached[0] > max_age_s:
            read = self._get_json(self._metadata().jwks_uri)
            try:
                keys = KeySet.import_key_set(read)  # type: ignore[arg-type]  # it validates
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise OidcProviderUnavailable(self._client.name, "invalid keys") from error
            cached = self._cached_keys = (time.monotonic(), keys)
        return cached[1]

    def _get_json(self, url: str) -> dict[str, Any]:
        try:
            response = self._http.get(url).raise_for_status()
            document = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise OidcProviderUnavailable(self._client.name, type(error).__name__) from error
        if not isinstance(document, dict):
            raise OidcProviderUnavailable(self._client.name, "not a JSON object")
        return document

    def _require_https(self, url: object) -> str:
        """Return an address that secrets may be sent to: https, unless the issuer is plain http."""
        text = str(url)
        if urlsplit(text).scheme not in ("https", urlsplit(self._client.issuer).scheme):
            raise OidcProviderUnavailable(self._client.name, "endpoint is not https")
        return text

    def _oauth_client(self, authorization: AuthorizationRequest) -> OAuth2Client:
        return OAuth2Client(
            self._http,
            client_id=self._client.client_id,
            client_secret=self._client.client_secret,
            scope=" ".join(self._client.scopes),
            redirect_uri=authorization.redirect_uri,
            code_challenge_method="S256",
        )


def _secret_in_body(methods: object) -> bool:
    """Return whether a provider accepts the client secret only in the form."""
    known = methods if isinstance(methods, list) else []
    return "client_secret_post" in known and "client_secret_basic" not in known
