"""A GitHub on loopback: the OAuth web flow with PKCE, and the three API answers that we ask for.

    with GitHub() as github:
        github.person = Person(login="octocat", emails=[Email("o@example.org", verified=True)])
        ... GITHUB_URL=github.url GITHUB_CLIENT_ID=github.client_id ...

It checks what GitHub checks (client, secret, redirect address, a code used once, the verifier
against the challenge), so a client that does it wrong fails here too.
"""

import base64
import hashlib
import io
import json
import secrets
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlencode, urlsplit

from PIL import Image

from tests.loopback import Loopback

CONSENT = """<!doctype html><title>Authorize Chatsite</title>
<form method="post" action="/login/oauth/decide">{fields}
<button name="decision" value="allow">Authorize</button>
<button name="decision" value="deny">Cancel</button></form>"""


@dataclass
class Email:
    email: str
    verified: bool = True
    primary: bool = True


@dataclass
class Person:
    login: str
    id: int = 583231
    name: str | None = None
    emails: list[Email] = field(default_factory=list)


@dataclass
class GitHub(Loopback):
    """The server, and what it is told to do."""

    client_id: str = "chatsite-test"
    client_secret: str = "not-a-secret-but-checked"
    person: Person = field(default_factory=lambda: Person(login="octocat", name="Mona Octocat"))
    refuses: bool = False  # the person presses Cancel, whatever button is pressed
    codes_expire: bool = False
    avatar: bytes | None = None  # None: a good picture; b"": 404
    api_is_down: bool = False

    def __post_init__(self):
        self.codes: dict[str, dict] = {}
        self.tokens: set[str] = set()
        self.asked: list[str] = []

    def __enter__(self) -> "GitHub":
        self.serve(type("Handler", (Handler,), {"github": self}))
        return super().__enter__()

    def picture(self) -> bytes:
        if self.avatar is not None:
            return self.avatar
        out = io.BytesIO()
        Image.new("RGB", (460, 460), "#6e5494").save(out, "PNG")
        return out.getvalue()


class Handler(BaseHTTPRequestHandler):
    github: GitHub

    def log_message(self, *_):
        pass

    def do_GET(self):
        parts = urlsplit(self.path)
        self.github.asked.append(parts.path)
        match parts.path:
            case "/login/oauth/authorize":
                self.consent(flat(parts.query))
            case "/api/v3/user" | "/api/v3/user/emails":
                self.api(parts.path)
            case "/favicon.ico":
                self.reply(204, b"")
            case path if path.startswith("/avatars/"):
                data = self.github.picture()
                self.reply(200 if data else 404, data, "image/png")
            case _:
                self.reply(404, b"Not Found")

    def do_POST(self):
        form = flat(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.github.asked.append(self.path)
        match self.path:
            case "/login/oauth/decide":
                self.decide(form)
            case "/login/oauth/access_token":
                self.token(form)
            case _:
                self.reply(404, b"Not Found")

    def consent(self, asked: dict):
        known = asked.get("client_id") == self.github.client_id
        has_challenge = asked.get("code_challenge_method") == "S256" and asked.get("code_challenge")
        if not (known and has_challenge and asked.get("state") and asked.get("redirect_uri")):
            return self.reply(400, b"This is not how one asks.")
        kept = ("redirect_uri", "state", "code_challenge", "scope")
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{escape(asked.get(name, ""))}">'
            for name in kept
        )
        return self.reply(200, CONSENT.format(fields=fields).encode(), "text/html")

    def decide(self, form: dict):
        answer = {"state": form["state"]}
        if self.github.refuses or form.get("decision") == "deny":
            answer |= {"error": "access_denied", "error_description": "The user said no."}
        else:
            answer["code"] = secrets.token_hex(10)
            self.github.codes[answer["code"]] = form
        self.send_response(302)
        self.send_header("Location", f"{form['redirect_uri']}?{urlencode(answer)}")
        self.end_headers()

    def token(self, form: dict):
        asked = self.github.codes.pop(form.get("code"), None)
        client = (form.get("client_id"), form.get("client_secret"))
        if client != (self.github.client_id, self.github.client_secret):
            return self.json({"error": "incorrect_client_credentials"})
        if asked is None or self.github.codes_expire:
            return self.json({"error": "bad_verification_code"})
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return self.json({"error": "redirect_uri_mismatch"})
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return self.json({"error": "bad_code_verifier"})
        token = f"gho_{secrets.token_hex(18)}"
        self.github.tokens.add(token)
        return self.json({"access_token": token, "scope": asked["scope"], "token_type": "bearer"})

    def api(self, path: str):
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in {"token", "bearer"} or token not in self.github.tokens:
            return self.json({"message": "Bad credentials"}, 401)
        if self.github.api_is_down:
            return self.json({"message": "Server Error"}, 502)
        person = self.github.person
        if path.endswith("/emails"):
            return self.json([vars(email) for email in person.emails])
        return self.json(
            {
                "id": person.id,
                "login": person.login,
                "name": person.name,
                "email": None,
                "avatar_url": f"{self.github.url}/avatars/u/{person.id}?v=4",
                "html_url": f"{self.github.url}/{person.login}",
            }
        )

    def json(self, data, status: int = 200):
        self.reply(status, json.dumps(data).encode(), "application/json")

    def reply(self, status: int, body: bytes, kind: str = "text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
