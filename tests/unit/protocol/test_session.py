"""The laws of one connection: what is carried out, answered, ignored or shut, and when."""

from math import inf

import pytest

from hubbub.domain import limits
from hubbub.domain.identity import Identity
from hubbub.domain.refusals import Code
from hubbub.protocol import frames
from hubbub.protocol.closes import CloseCode, Shut
from hubbub.protocol.codecs import CODECS, JSON, MSGPACK, Codec
from hubbub.protocol.session import IGNORE, Answer, Execute, Session, Signs, State, Step

AMINA = Identity("u:42", "Amina")
HELLO = b'{"t":"hello","ref":1,"name":"Amina"}'
JOIN = b'{"t":"join","ref":2,"room":"place/agora"}'
BROKEN = b"{"
FAR_MS = 10**15


def _new(codec: Codec = JSON) -> Session:
    return Session(codec, 0.0)


def _ready(expires_at_ms: int | None = FAR_MS) -> Session:
    session = _new()
    session.receive(HELLO, False, 0.0)
    session.welcomed(AMINA, expires_at_ms)
    return session


def _receive(session: Session, text: bytes, now: float = 1.0) -> Step:
    return session.receive(text, False, now)


def _signs(sent: float = 0.0, heard: float = 0.0, reading: float | None = 0.0) -> Signs:
    return Signs(last_sent_at=sent, last_heard_at=heard, reading_since_at=reading)


def _nacked(step: Step) -> tuple[int, Code]:
    assert isinstance(step, Answer) and isinstance(step.frame, frames.Nack)
    return step.frame.ref, step.frame.code


# -- Before welcome --------------------------------------------------------------------------------


def test_hello_is_carried_out() -> None:
    assert _receive(_new(), HELLO) == Execute(frames.Hello(ref=1, name="Amina"))


@pytest.mark.parametrize(
    "text",
    [
        JOIN,
        b'{"t":"ping","ref":1}',
        b'{"t":"typing","room":"a/b"}',
        b'{"t":"typing"}',
        b'{"t":"shout","ref":1}',
    ],
)
def test_any_other_command_before_welcome_shuts(text: bytes) -> None:
    assert _receive(_new(), text) == Shut(CloseCode.BROKEN_FRAMES)


def test_command_behind_a_hello_that_is_not_answered_yet_shuts() -> None:
    session = _new()
    _receive(session, HELLO)
    assert _receive(session, JOIN) == Shut(CloseCode.BROKEN_FRAMES)


def test_pong_before_welcome_closes_like_any_other_command() -> None:
    assert _receive(_new(), b'{"t":"pong"}') == Shut(CloseCode.BROKEN_FRAMES)


def test_faulty_hello_is_answered_and_another_may_follow() -> None:
    session = _new()
    assert _nacked(_receive(session, b'{"t":"hello","ref":1}')) == (1, Code.BAD_REQUEST)
    assert isinstance(_receive(session, HELLO), Execute)


def test_refused_hello_may_be_followed_by_another_until_the_deadline() -> None:
    session = _new()
    _receive(session, HELLO)
    session.hello_refused()
    assert isinstance(_receive(session, HELLO), Execute)
    session.hello_refused()
    assert session.on_deadline(5.0, 0, _signs()) == Shut(CloseCode.NO_HELLO)


def test_no_hello_in_time_shuts_at_the_deadline_and_not_before() -> None:
    session = _new()
    assert session.next_deadline(0.0, 0, _signs()) == limits.HELLO_SECONDS
    assert session.on_deadline(4.9, 0, _signs()) is None
    assert session.on_deadline(5.0, 0, _signs()) == Shut(CloseCode.NO_HELLO)


def test_hello_that_came_in_time_is_not_called_late_while_it_is_verified() -> None:
    session = _new()
    _receive(session, HELLO, 4.9)
    assert session.on_deadline(5.0, 0, _signs()) is None
    assert session.on_deadline(10.0, 0, _signs()) == Shut(CloseCode.OVERLOADED)


# -- After welcome ---------------------------------------------------------------------------------


def test_command_is_carried_out_after_welcome() -> None:
    assert _receive(_ready(), JOIN) == Execute(frames.Join(ref=2, room="place/agora"))


def test_ping_is_answered_by_pong_with_its_ref() -> None:
    assert _receive(_ready(), b'{"t":"ping","ref":9}') == Answer(frames.PongReply(ref=9))


def test_unknown_command_is_answered_and_changes_nothing() -> None:
    session = _ready()
    assert _nacked(_receive(session, b'{"t":"shout","ref":3}')) == (3, Code.UNKNOWN_COMMAND)
    assert session.state is State.READY


@pytest.mark.parametrize(
    "text", [b'{"t":"typing"}', b'{"t":"seen","room":"a/b","seq":-1}', b'{"t":"pong","x":1}']
)
def test_faulty_ephemeral_frame_is_dropped(text: bytes) -> None:
    assert _receive(_ready(), text) == IGNORE


def test_hello_after_welcome_is_carried_out_as_a_renewal() -> None:
    session = _ready(expires_at_ms=1000)
    assert isinstance(_receive(session, HELLO), Execute)
    session.welcomed(AMINA, 9000)
    assert session.on_deadline(1.0, 1000, _signs()) is None
    assert session.expires_at_ms == 9000


def test_refused_renewal_leaves_the_connection_as_it_is() -> None:
    session = _ready()
    _receive(session, HELLO)
    session.hello_refused()
    assert (session.state, session.identity) == (State.READY, AMINA)


def test_only_the_same_identity_renews_a_connection() -> None:
    assert _new().renewal_refusal("u:7") is None
    assert _ready().renewal_refusal("u:42") is None
    refusal = _ready().renewal_refusal("u:7")
    assert refusal is not None and refusal.code is Code.FORBIDDEN


# -- Broken frames, wrong kinds, haste -------------------------------------------------------------


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_message_of_the_wrong_kind_shuts(codec: Codec) -> None:
    assert _new(codec).receive(HELLO, not codec.is_binary, 0.0) == Shut(CloseCode.WRONG_KIND)


def test_messagepack_session_speaks_messagepack() -> None:
    step = _new(MSGPACK).receive(b"\x83\xa1t\xa5hello\xa3ref\x01\xa4name\xa5Amina", True, 0.0)
    assert step == Execute(frames.Hello(ref=1, name="Amina"))


@pytest.mark.parametrize("session", [_new(), _ready()], ids=["before welcome", "after"])
def test_third_broken_frame_within_a_minute_shuts(session: Session) -> None:
    assert _nacked(_receive(session, BROKEN, 1.0)) == (0, Code.BAD_REQUEST)
    assert _nacked(_receive(session, b"[]", 2.0)) == (0, Code.BAD_REQUEST)
    assert _receive(session, b'{"t":1}', 60.9) == Shut(CloseCode.BROKEN_FRAMES)


def test_broken_frames_of_more_than_a_minute_ago_do_not_count() -> None:
    session = _ready()
    for now in (0.0, 30.0, 60.0, 90.0, 120.0):
        assert _nacked(_receive(session, BROKEN, now)) == (0, Code.BAD_REQUEST)


def test_faulty_commands_do_not_count_as_broken() -> None:
    session = _ready()
    for _ in range(10):
        assert _nacked(_receive(session, b'{"t":"join"}')) == (0, Code.BAD_REQUEST)


def test_twentieth_rate_limited_reply_within_ten_seconds_shuts() -> None:
    session = _ready()
    for reply in range(19):
        assert session.replied_rate_limited(reply * 0.5) is None
    assert session.replied_rate_limited(9.9) == Shut(CloseCode.TOO_FAST)


def test_rate_limited_replies_that_are_spread_out_do_not_shut() -> None:
    session = _ready()
    assert [session.replied_rate_limited(reply * 0.6) for reply in range(100)] == [None] * 100


def test_nothing_is_done_after_a_shut() -> None:
    session = _new()
    _receive(session, JOIN)
    session.welcomed(AMINA, FAR_MS)
    session.hello_refused()
    assert session.state is State.CLOSED
    assert (
        _receive(session, HELLO) == _receive(session, BROKEN) == session.receive(HELLO, True, 0.0) == IGNORE
    )
    assert session.next_deadline(0.0, 0, _signs()) == inf
    assert session.on_deadline(1e9, FAR_MS, _signs()) is None
    assert [session.replied_rate_limited(0.0) for _ in range(30)] == [None] * 30


# -- Signs of life ---------------------------------------------------------------------------------


def test_ping_is_due_when_nothing_was_sent_for_ping_ms() -> None:
    session = _ready()
    assert session.next_deadline(7.0, 0, _signs(sent=7.0)) == 32.0
    assert session.on_deadline(31.9, 0, _signs(sent=7.0)) is None
    assert session.on_deadline(32.0, 0, _signs(sent=7.0)) == frames.PingPush()


def test_no_sign_of_life_within_ten_seconds_of_a_ping_shuts() -> None:
    session = _ready()
    session.on_deadline(25.0, 0, _signs())
    assert session.next_deadline(25.0, 0, _signs(sent=25.0)) == 35.0
    assert session.on_deadline(34.9, 0, _signs(sent=30.0)) is None
    assert session.on_deadline(35.0, 0, _signs(sent=30.0)) == Shut(CloseCode.NO_SIGN_OF_LIFE)


def test_anything_heard_after_a_ping_keeps_the_connection() -> None:
    session = _ready()
    session.on_deadline(25.0, 0, _signs())
    heard = _signs(sent=25.0, heard=26.0)
    assert session.on_deadline(35.0, 0, heard) is None
    assert session.next_deadline(35.0, 0, heard) == 50.0
    assert session.on_deadline(50.0, 0, heard) == frames.PingPush()


def test_wait_for_a_sign_of_life_does_not_run_while_the_connection_is_not_read() -> None:
    session = _ready(expires_at_ms=None)
    session.on_deadline(25.0, 0, _signs())
    assert session.next_deadline(26.0, 0, _signs(sent=25.0, reading=None)) == inf
    assert session.on_deadline(90.0, 0, _signs(sent=25.0, reading=None)) is None
    assert session.next_deadline(90.0, 0, _signs(sent=25.0, reading=90.0)) == 100.0
    assert session.on_deadline(100.0, 0, _signs(sent=25.0, reading=90.0)) == Shut(CloseCode.NO_SIGN_OF_LIFE)


def test_expired_token_shuts_at_its_wall_time() -> None:
    session = _ready(expires_at_ms=61_000)
    assert session.next_deadline(3.0, 60_000, _signs()) == 4.0
    assert session.on_deadline(3.9, 60_900, _signs(sent=3.0)) is None
    assert session.on_deadline(4.0, 61_000, _signs(sent=3.0)) == Shut(CloseCode.TOKEN_REFUSED)
