"""Tokens: what a good one gives, and that nothing else is let in (threats: forged tokens)."""

import asyncio
import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from hubbub.domain.identity import Identity, Role
from hubbub.domain.refusals import Code, Refused
from hubbub.tokens import Jwks, TokenRefused, Tokens, mint

SECRET = b"a secret of at least 32 bytes, which only the tests know"
OTHER_SECRET = b"another secret of 32 bytes that nobody here ever configured"
GUEST_KEY = HKDF(SHA256(), 32, salt=None, info=b"hubbub guest tokens 1").derive(SECRET)
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
ABSENT = object()


def claims(**changes: object) -> dict[str, Any]:
    now = int(time.time())
    good: dict[str, object] = {"sub": "u:42", "name": "Amina", "aud": "hubbub", "iat": now, "exp": now + 600}
    return {name: value for name, value in (good | changes).items() if value is not ABSENT}


def signed(payload: dict[str, Any], key: Any = SECRET, algorithm: str = "HS256", **header: object) -> str:
    return jwt.encode(payload, key, algorithm, headers=header)


def part(content: object) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed_raw(header: bytes, payload: bytes, key: bytes = SECRET) -> str:
    """A token with exactly these bytes, correctly signed: PyJWT would not write such ones."""
    signing_input = f"{part(header)}.{part(payload)}"
    digest = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        signing_input.encode(), key
    )
    return f"{signing_input}.{part(digest)}"


def public_pem(key: Any) -> bytes:
    pem: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem


class KeyServer:
    """A real HTTP server with a key set; counts how often it was asked."""

    def __init__(self) -> None:
        self.keys = [
            {**RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True), "kid": "rsa", "use": "sig"},
            {**ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True), "kid": "ec", "use": "sig"},
            {**OKPAlgorithm.to_jwk(ED_KEY.public_key(), as_dict=True), "kid": "ed", "use": "sig"},
            {"kty": "oct", "k": part(OTHER_SECRET), "kid": "oct", "alg": "HS256"},
        ]
        self.status = 200
        self.asked = 0
        outer = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                content = json.dumps({"keys": outer.keys}).encode()
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys"


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    key_server = KeyServer()
    thread = threading.Thread(target=key_server.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield key_server
    key_server.server.shutdown()
    thread.join()
    key_server.server.server_close()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(SECRET, None, admits_guests=True)


# -- What is let in ------------------------------------------------------------------------------------


async def test_token_signed_with_the_secret_tells_who_with_which_roles_until_when(tokens: Tokens) -> None:
    payload = claims(kind="bot", roles={"place": "speaker", "square": "owner"})
    credentials = await tokens.verify(signed(payload))
    assert credentials.identity == Identity("u:42", "Amina", "bot")
    assert credentials.role_by_hub == {"place": Role.SPEAKER, "square": Role.OWNER}
    assert credentials.expires_at_ms == payload["exp"] * 1000


def test_a_token_without_name_shows_its_subject(tokens: Tokens) -> None:
    credentials = tokens.verify_local(signed(claims(name=ABSENT, sub="u" * 100)))
    assert credentials is not None and credentials.identity.name == "u" * 64


@pytest.mark.parametrize("name", ["", "a\x00b", "\u202egnp.exe", "x" * 65, 7, None, ["Amina"]])
def test_an_odd_name_does_not_keep_its_owner_out(tokens: Tokens, name: object) -> None:
    credentials = tokens.verify_local(signed(claims(name=name)))
    assert credentials is not None and credentials.identity.name == "u:42"


def test_clocks_may_differ_by_some_seconds_at_the_beginning_of_a_token(tokens: Tokens) -> None:
    soon = int(time.time()) + 3
    assert tokens.verify_local(signed(claims(iat=soon, nbf=soon))) is not None


@pytest.mark.parametrize(
    "changes", [{"aud": ["other", "hubbub"]}, {"jti": "1"}, {"nbf": 1.5}, {"iat": 1.5, "exp": 2**33 + 0.5}]
)
def test_what_the_standard_leaves_open_is_taken_either_way(tokens: Tokens, changes: dict[str, Any]) -> None:
    accepted = tokens.verify_local(signed_raw(b'{"alg":"HS256"}', json.dumps(claims(**changes)).encode()))
    assert accepted is not None and accepted.identity.id == "u:42"


def test_a_guest_made_here_is_who_their_token_says(tokens: Tokens) -> None:
    made = tokens.new_guest("Amina")
    told = tokens.verify_local(tokens.guest_token(made.identity))
    assert told is not None and (told.identity, told.role_by_hub) == (made.identity, made.role_by_hub)
    assert abs(told.expires_at_ms - made.expires_at_ms) <= 1_000  # the clock may turn in between


def test_minted_token_is_accepted(tokens: Tokens) -> None:
    credentials = tokens.verify_local(mint(SECRET, "u:1", "Chidi", "bot", {"place": "moderator"}, 60))
    assert credentials is not None
    assert credentials.identity == Identity("u:1", "Chidi", "bot")
    assert credentials.role_by_hub == {"place": Role.MODERATOR}


@pytest.mark.parametrize(
    "wrong",
    [{"sub": "guest:1234567890123456"}, {"sub": ""}, {"roles": {"Place": "owner"}}, {"roles": {"a": "king"}}],
)
def test_nothing_is_minted_that_would_be_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        mint(SECRET, **{"sub": "u:1", **wrong})


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32"):
        Tokens(b"too short", None, admits_guests=True)


# -- Guests --------------------------------------------------------------------------------------------


async def test_guest_stays_the_same_guest_at_any_node_with_the_secret(tokens: Tokens) -> None:
    identity, token = tokens.guest("Ami\u0301na")
    credentials = await Tokens(SECRET, None, admits_guests=True).verify(token)
    assert credentials.identity == identity
    assert identity.kind == "guest" and identity.name == "Amína"
    assert credentials.role_by_hub == {}
    assert credentials.expires_at_ms / 1000 == pytest.approx(time.time() + 30 * 86_400, abs=60)


def test_two_guests_of_one_name_are_two_people(tokens: Tokens) -> None:
    assert tokens.guest("Amina")[0].id != tokens.guest("Amina")[0].id


def test_guest_with_a_bad_name_is_refused_by_the_name_of_the_field(tokens: Tokens) -> None:
    with pytest.raises(Refused) as refused:
        tokens.guest("\u202e")
    assert refused.value.refusal.code is Code.BAD_REQUEST
    assert refused.value.refusal.reason.startswith("name ")


def test_server_without_guests_neither_makes_nor_admits_one(tokens: Tokens) -> None:
    closed = Tokens(SECRET, None, admits_guests=False)
    with pytest.raises(Refused) as refused:
        closed.guest("Amina")
    assert refused.value.refusal.code is Code.GUESTS_REFUSED
    with pytest.raises(TokenRefused):
        closed.verify_local(tokens.guest("Amina")[1])


# -- What is not ---------------------------------------------------------------------------------------


def wrong_claims() -> Iterator[dict[str, Any]]:
    now = int(time.time())
    for name in ("sub", "aud", "exp", "iat"):
        yield from (claims(**{name: value}) for value in (ABSENT, None, "", [], {}, [None], {"a": 1}))
    for sub in (
        "system",
        "guest:1234567890123456",
        "guest:",
        "ü",
        "a\n",
        "\x7f",
        "x" * 129,
        42,
        True,
        ["u:42"],
    ):
        yield claims(sub=sub)
    for aud in ("hubbu", "hubbub2", "HUBBUB", "hubbub ", ["other"], ["hubbub", 1], {"hubbub": 1}, 0, 1, True):
        yield claims(aud=aud)
    for jti in (None, 1, ["a"]):
        yield claims(jti=jti)
    for name in ("iat", "nbf"):
        for value in (
            now + 60,
            now + 10**9,
            1e300,
            float("nan"),
            float("inf"),
            "soon",
            str(now),
            True,
            [now],
        ):
            yield claims(**{name: value})
    for exp in (
        now,
        now - 1,
        now - 10**9,
        0,
        -1,
        1e300,
        float("nan"),
        float("inf"),
        10**30,
        True,
        str(now + 60),
    ):
        yield claims(exp=exp)
    for kind in ("guest", "system", "admin", "PERSON", "", None, 1, ["person"]):
        yield claims(kind=kind)
    for roles in (
        {"place": "king"},
        {"place": "OWNER"},
        {"place": "\u017fpeaker"},
        {"place": 3},
        {"place": None},
        {"place": ["owner"]},
        {"Place": "owner"},
        {"": "owner"},
        {"place/agora": "owner"},
        {"-place": "owner"},
        {"p" * 64: "owner"},
        ["place"],
        "owner",
        7,
        None,
    ):
        yield claims(roles=roles)


def wrong_headers() -> Iterator[str]:
    payload = json.dumps(claims()).encode()
    for algorithm in (
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        "hs256",
        "HS384",
        "HS512",
        "RS256",
        "ES256",
        "EdDSA",
        "PS256",
    ):
        named = {"alg": algorithm, "typ": "JWT"}
        yield f"{part(named)}.{part(payload)}."
        yield f"{part(named)}.{part(payload)}.{part(b'x' * 32)}"
        yield signed_raw(json.dumps(named).encode(), payload)
    headers: tuple[dict[str, object], ...] = (
        {},
        {"typ": "JWT"},
        {"alg": None},
        {"alg": ["HS256"]},
        {"alg": {"HS256": 1}},
        {"alg": 256},
        {"alg": "HS256", "crit": ["exp"]},
        {"alg": "HS256", "crit": []},
        {"alg": "HS256", "crit": ["b64"], "b64": True},
        {"alg": "HS256", "crit": ["b64"], "b64": False},
        {"alg": "HS256", "b64": False},
        {"alg": "HS256", "kid": 7},
        {"alg": "HS256", "kid": ["guest"]},
        {"alg": "HS256", "kid": "guest"},
        {"alg": "none", "kid": "guest"},
    )
    for header in headers:
        yield signed_raw(json.dumps(header).encode(), payload)
    for raw in (
        b"",
        b"[]",
        b"null",
        b'"HS256"',
        b"{",
        b"\xff",
        b"[" * 2000,
        b'{"alg":"HS256"}x',
        b"1" * 1500,
    ):
        yield signed_raw(raw, payload)
        yield signed_raw(b'{"alg":"HS256"}', raw)


def wrong_keys() -> Iterator[str]:
    keys = [OTHER_SECRET, SECRET[:-1], SECRET + b"x", SECRET.upper(), b"x" * 32, b"\x00" * 64, GUEST_KEY]
    for key in keys:
        yield signed(claims(), key)
    for private_key, algorithm, kid in (
        (RSA_KEY, "RS256", "rsa"),
        (EC_KEY, "ES256", "ec"),
        (ED_KEY, "EdDSA", "ed"),
    ):
        for claimed_kid in (kid, "guest", "", "../../etc/passwd", "x' OR 1=1"):
            yield signed(claims(), private_key, algorithm, kid=claimed_kid)
        # The public key is no secret: as the secret of an HMAC it must open nothing.
        for secret in (public_pem(private_key), public_pem(private_key).strip()):
            for claimed_kid in (kid, "guest"):
                header = json.dumps({"alg": "HS256", "kid": claimed_kid}).encode()
                yield signed_raw(header, json.dumps(claims()).encode(), secret)


def wrong_guests() -> Iterator[str]:
    wrong: tuple[dict[str, object], ...] = (
        {"roles": {"place": "owner"}},
        {"roles": {}},
        {"sub": "u:42"},
        {"sub": "system"},
        {"sub": "guest:short"},
        {"sub": "guest:12345678901234567"},
        {"sub": "guest:1234567890 23456"},
        {"exp": 1},
        {"aud": "other"},
    )
    for changes in wrong:
        yield signed(claims(**{"sub": "guest:1234567890123456", **changes}), GUEST_KEY, kid="guest")
    for key in (SECRET, OTHER_SECRET):
        yield signed(claims(sub="guest:1234567890123456"), key, kid="guest")
        yield signed(claims(sub="guest:1234567890123456"), key)
    yield signed(claims(sub="guest:1234567890123456"), GUEST_KEY)


def mangled() -> Iterator[str]:
    """Good tokens with one fault: a bit, a byte, a part, an alphabet, a length."""
    good = signed(claims(roles={"place": "speaker"}))
    for position in range(len(good)):
        flipped = chr(ord(good[position]) ^ 1)
        yield good[:position] + flipped + good[position + 1 :]
    header, payload, signature = good.split(".")
    yield from (
        ".".join(parts)
        for parts in (
            (header, payload),
            (header, payload, ""),
            (header, "", signature),
            ("", payload, signature),
            (payload, header, signature),
            (header, payload, signature, ""),
            (header, payload, signature, signature),
            (header, payload, signature[::-1]),
            (header, payload, signature[:-1]),
            (header, payload, signature + "A"),
            (header, part(claims(sub="u:1")), signature),
        )
    )
    for padding in ("=", "==", "===", "====", "\n", " ", "\r\n", "\x00", "\ud800", "é", "٣", "%3D"):
        yield good + padding
        yield padding + good
        yield f"{header}{padding}.{payload}.{signature}"
        yield f"{header}.{payload}{padding}.{signature}"
    yield from ("", ".", "..", "...", "null", "Bearer " + good, good.upper(), good[:-5], good[5:])
    yield signed(claims(filler="x" * 4000))
    yield good + "A" * 100_000
    yield "A" * 10_000_000


def forgeries() -> list[str]:
    return [
        *(
            signed_raw(b'{"alg":"HS256","typ":"JWT"}', json.dumps(payload).encode())
            for payload in wrong_claims()
        ),
        *wrong_headers(),
        *wrong_keys(),
        *wrong_guests(),
        *mangled(),
    ]


async def test_five_hundred_forged_tokens_are_refused_in_one_and_the_same_words(
    key_server: KeyServer,
) -> None:
    # Once as a server that has the secret only, and once with a key set beside it.
    forged = forgeries()
    assert len(forged) > 500
    for jwks in (None, Jwks(key_server.url)):
        tokens = Tokens(SECRET, jwks, admits_guests=True)
        assert (await tokens.verify(signed(claims()))).identity.id == "u:42"
        accepted, reasons = [], set()
        for token in forged:
            try:
                await tokens.verify(token)
            except TokenRefused as refused:
                reasons.add(str(refused))
            else:
                accepted.append(token)
        honest = {"rsa", "ec", "ed"} if jwks is not None else set()
        assert [
            token for token in accepted if jwt.get_unverified_header(token).get("kid") not in honest
        ] == []
        assert len(accepted) == len(honest)
        assert reasons == {TokenRefused.reason}


# -- Keys of an identity provider ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"), [(RSA_KEY, "RS256", "rsa"), (EC_KEY, "ES256", "ec"), (ED_KEY, "EdDSA", "ed")]
)
async def test_token_of_the_provider_is_accepted(
    key_server: KeyServer, key: Any, algorithm: str, kid: str
) -> None:
    tokens = Tokens(SECRET, Jwks(key_server.url), admits_guests=True)
    token = signed(claims(roles={"place": "moderator"}), key, algorithm, kid=kid)
    assert tokens.verify_local(token) is None
    assert (await tokens.verify(token)).role_by_hub == {"place": Role.MODERATOR}


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"),
    [
        (OTHER_SECRET, "HS256", "oct"),
        (RSA_KEY, "RS512", "rsa"),
        (RSA_KEY, "PS256", "rsa"),
        (RSA_KEY, "RS256", "ec"),
        (EC_KEY, "ES256", "ed"),
        (ED_KEY, "EdDSA", None),
    ],
)
async def test_key_of_the_provider_counts_for_its_own_algorithm_only(
    key_server: KeyServer, key: Any, algorithm: str, kid: str | None
) -> None:
    tokens = Tokens(SECRET, Jwks(key_server.url), admits_guests=True)
    header = {} if kid is None else {"kid": kid}
    with pytest.raises(TokenRefused):
        await tokens.verify(signed(claims(), key, algorithm, **header))


async def test_provider_may_not_name_guests(key_server: KeyServer) -> None:
    tokens = Tokens(SECRET, Jwks(key_server.url), admits_guests=True)
    with pytest.raises(TokenRefused):
        await tokens.verify(signed(claims(sub="guest:1234567890123456"), RSA_KEY, "RS256", kid="rsa"))


async def test_keys_are_fetched_once_for_many_tokens(key_server: KeyServer) -> None:
    tokens = Tokens(SECRET, Jwks(key_server.url), admits_guests=True)
    token = signed(claims(), RSA_KEY, "RS256", kid="rsa")
    await asyncio.gather(*(tokens.verify(token) for _ in range(50)))
    assert key_server.asked == 1


async def test_unknown_key_ids_do_not_make_a_flood_of_fetches(key_server: KeyServer) -> None:
    tokens = Tokens(SECRET, Jwks(key_server.url), admits_guests=True)
    for number in range(50):
        with pytest.raises(TokenRefused):
            await tokens.verify(signed(claims(), RSA_KEY, "RS256", kid=f"k{number}"))
    assert key_server.asked == 1


async def test_rotated_key_is_found_by_its_new_id(key_server: KeyServer) -> None:
    tokens = Tokens(SECRET, Jwks(key_server.url, pause_seconds=0), admits_guests=True)
    await tokens.verify(signed(claims(), RSA_KEY, "RS256", kid="rsa"))
    key_server.keys[0]["kid"] = "rsa-2"
    await tokens.verify(signed(claims(), RSA_KEY, "RS256", kid="rsa-2"))
    with pytest.raises(TokenRefused):
        await tokens.verify(signed(claims(), RSA_KEY, "RS256", kid="rsa"))


async def test_token_is_refused_while_the_provider_fails_and_accepted_afterwards(
    key_server: KeyServer,
) -> None:
    tokens = Tokens(SECRET, Jwks(key_server.url, pause_seconds=0), admits_guests=True)
    token = signed(claims(), RSA_KEY, "RS256", kid="rsa")
    key_server.status = 500
    with pytest.raises(TokenRefused):
        await tokens.verify(token)
    key_server.status = 200
    assert (await tokens.verify(token)).identity.id == "u:42"


async def test_known_keys_outlive_a_provider_that_fails(key_server: KeyServer) -> None:
    tokens = Tokens(SECRET, Jwks(key_server.url, pause_seconds=0), admits_guests=True)
    token = signed(claims(), RSA_KEY, "RS256", kid="rsa")
    await tokens.verify(token)
    key_server.status = 500
    with pytest.raises(TokenRefused):
        await tokens.verify(signed(claims(), RSA_KEY, "RS256", kid="unknown"))
    assert (await tokens.verify(token)).identity.id == "u:42"


async def test_provider_that_is_not_there_refuses_the_token(unused_tcp_port: int) -> None:
    tokens = Tokens(SECRET, Jwks(f"http://127.0.0.1:{unused_tcp_port}/keys"), admits_guests=True)
    with pytest.raises(TokenRefused):
        await tokens.verify(signed(claims(), RSA_KEY, "RS256", kid="rsa"))
