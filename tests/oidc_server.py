"""An OpenID Connect provider on loopback, as a school or a company runs one.

    with Provider() as provider:
        provider.claims = {"sub": "42", "name": "Mona Lisa", "email": "mona@example.org", ...}
        ... OIDC_ISSUER_URL=provider.url OIDC_CLIENT_ID=provider.client_id ...

Discovery, the authorization-code flow with PKCE, an id_token signed with RS256 by the key of its
JWKS, and userinfo. It refuses what a strict provider refuses. Nobody is asked for consent: whoever
comes is the person of `claims`.
"""

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from tests.loopback import Loopback

KEY_ID = "the-key-of-today"


@cache
def key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Provider(Loopback):
    """The server, who comes, and what of the id_token is not as it should be."""

    client_id: str = "chatsite-test"
    client_secret: str = "not-a-secret-but-checked"
    claims: dict = field(default_factory=dict)
    wrong: dict = field(default_factory=dict)

    def __post_init__(self):
        self.codes: dict[str, dict] = {}
        self.tokens: set[str] = set()
        self.asked: list[str] = []

    def __enter__(self) -> "Provider":
        self.serve(type("Handler", (Handler,), {"provider": self}))
        return super().__enter__()

    @property
    def discovery(self) -> dict:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }

    @property
    def jwks(self) -> dict:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(key().public_key(), as_dict=True)
        return {"keys": [public | {"kid": KEY_ID, "use": "sig", "alg": "RS256"}]}

    def id_token(self) -> str:
        now = int(time.time())
        claims = self.claims | {"iss": self.url, "aud": self.client_id, "iat": now}
        claims |= {"exp": now + 300, **self.wrong}
        return jwt.encode(claims, key(), "RS256", headers={"kid": KEY_ID})


class Handler(BaseHTTPRequestHandler):
    provider: Provider

    def log_message(self, *_):
        pass

    def do_GET(self):
        parts = urlsplit(self.path)
        self.provider.asked.append(parts.path)
        match parts.path:
            case "/.well-known/openid-configuration":
                self.json(self.provider.discovery)
            case "/jwks":
                self.json(self.provider.jwks)
            case "/authorize":
                self.authorize(dict(parse_qsl(parts.query)))
            case "/userinfo":
                self.userinfo()
            case _:
                self.json({}, 404)

    def do_POST(self):
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.provider.asked.append(self.path)
        self.token(dict(parse_qsl(form)))

    def authorize(self, asked: dict):
        is_fine = (
            asked.get("client_id") == self.provider.client_id
            and asked.get("response_type") == "code"
            and "openid" in asked.get("scope", "").split()
            and asked.get("code_challenge_method") == "S256"
            and all(asked.get(name) for name in ("code_challenge", "state", "redirect_uri"))
        )
        if not is_fine:
            return self.json({"error": "invalid_request"}, 400)
        code = secrets.token_hex(10)
        self.provider.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{back}")
        self.end_headers()
        return None

    def token(self, form: dict):
        asked = self.provider.codes.pop(form.get("code"), None)
        pair = f"{self.provider.client_id}:{self.provider.client_secret}".encode()
        if self.headers.get("Authorization") != f"Basic {base64.b64encode(pair).decode()}":
            return self.json({"error": "invalid_client"}, 401)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        expected = asked and (asked["redirect_uri"], asked["code_challenge"])
        if (form.get("redirect_uri"), challenge) != expected:
            return self.json({"error": "invalid_grant"}, 400)
        token = secrets.token_hex(18)
        self.provider.tokens.add(token)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": 300}
        return self.json(answer | {"id_token": self.provider.id_token()})

    def userinfo(self):
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.provider.tokens:
            return self.json({"error": "invalid_token"}, 401)
        return self.json(self.provider.claims)

    def json(self, data, status: int = 200):
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
