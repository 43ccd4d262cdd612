"""The state machine of one connection: what to do with what arrives, and when to ping or close.

    AWAITING_HELLO ──hello──► VERIFYING ──welcomed──► READY
          ▲                       │                     │
          └─────hello_refused─────┘     any Shut ──► CLOSED

Laws: nothing but `hello` is carried out before `welcomed`. A refused frame changes nothing but the
count of broken ones. After a Shut, or `closed`, everything is ignored. Each frame gives exactly one
step, in the order received; who carries the steps out keeps that order.

Knows states, deadlines and counts. Refuses to know sockets, the store, tokens and the clock: times
are passed in, `now` and every `…_at` as seconds of one monotonic clock, `…_ms` as wall time.
"""

from enum import Enum, auto
from math import inf
from typing import Final

from msgspec import Struct

from hubbub.domain import limits
from hubbub.domain.identity import Identity
from hubbub.domain.refusals import Code, Refusal
from hubbub.protocol import frames
from hubbub.protocol.closes import CloseCode, Shut
from hubbub.protocol.codecs import Codec, FrameRefused


class State(Enum):
    """Where a connection stands; VERIFYING: a hello has been handed over and not been answered."""

    AWAITING_HELLO = auto()
    VERIFYING = auto()
    READY = auto()
    CLOSED = auto()


class Execute(Struct, frozen=True, gc=False):
    """The command is well-formed and due: carry it out, after those before it."""

    command: frames.ClientFrame


class Answer(Struct, frozen=True, gc=False):
    """The frame is to be sent as it is."""

    frame: frames.ServerFrame


class Ignore(Struct, frozen=True, gc=False):
    """Nothing is to be done."""


class Signs(Struct, frozen=True, gc=False):
    """What a connection has seen, all on the monotonic clock.

    `last_heard_at` is when anything came, control frames too. `reading_since_at` is since when the
    connection has been read without a break, None while it is not read.
    """

    last_sent_at: float
    last_heard_at: float
    reading_since_at: float | None


Step = Execute | Answer | Shut | Ignore
IGNORE: Final = Ignore()


class _Arrival(Enum):
    """What a payload turned out to be."""

    HELLO = auto()
    COMMAND = auto()
    PING = auto()
    PONG = auto()
    FAULTY_HELLO = auto()
    FAULTY = auto()  # a command with a fault that is to be answered, or one that nobody knows
    FAULTY_UNANSWERED = auto()  # typing or seen
    BROKEN = auto()


class _Act(Enum):
    """What is done about it."""

    VERIFY = auto()
    EXECUTE = auto()
    PONG = auto()
    NACK = auto()
    COUNT_AND_NACK = auto()
    IGNORE = auto()
    SHUT = auto()


_BEFORE_WELCOME: Final = {
    _Arrival.HELLO: _Act.VERIFY,
    _Arrival.COMMAND: _Act.SHUT,
    _Arrival.PING: _Act.SHUT,
    _Arrival.PONG: _Act.SHUT,
    _Arrival.FAULTY_HELLO: _Act.NACK,
    _Arrival.FAULTY: _Act.SHUT,
    _Arrival.FAULTY_UNANSWERED: _Act.SHUT,
    _Arrival.BROKEN: _Act.COUNT_AND_NACK,
}
_ACTS: Final = {
    State.AWAITING_HELLO: _BEFORE_WELCOME,
    State.VERIFYING: _BEFORE_WELCOME,
    State.READY: {
        _Arrival.HELLO: _Act.EXECUTE,
        _Arrival.COMMAND: _Act.EXECUTE,
        _Arrival.PING: _Act.PONG,
        _Arrival.PONG: _Act.IGNORE,
        _Arrival.FAULTY_HELLO: _Act.NACK,
        _Arrival.FAULTY: _Act.NACK,
        _Arrival.FAULTY_UNANSWERED: _Act.IGNORE,
        _Arrival.BROKEN: _Act.COUNT_AND_NACK,
    },
    State.CLOSED: dict.fromkeys(_Arrival, _Act.IGNORE),
}
_ARRIVAL_BY_TYPE: Final = {
    frames.Hello: _Arrival.HELLO,
    frames.Ping: _Arrival.PING,
    frames.Pong: _Arrival.PONG,
}
_VERIFYING_SECONDS: Final = 2 * limits.HELLO_SECONDS  # after the upgrade; keys may have to be fetched


class Session:
    """One connection from its upgrade on; thousands live in a process, hence the slots."""

    __slots__ = (
        "_broken_at",
        "_limited_at",
        "_opened_at",
        "_pinged_at",
        "codec",
        "expires_at_ms",
        "identity",
        "ping_seconds",
        "state",
    )

    def __init__(self, codec: Codec, now: float, ping_ms: int = limits.PING_MS) -> None:
        self.codec = codec
        self.state = State.AWAITING_HELLO
        self.identity: Identity | None = None
        self.expires_at_ms: int | None = None
        self.ping_seconds = ping_ms / 1000
        self._opened_at = now
        self._pinged_at: float | None = None
        self._broken_at: list[float] | None = None  # made on demand, at most BAD_FRAMES long
        self._limited_at: list[float] | None = None  # likewise, RATE_LIMITED_REPLIES

    # -- What arrives ----------------------------------------------------------------------------

    def receive(self, payload: bytes, is_binary: bool, now: float) -> Step:
        """The step for one WebSocket message; never raises, whatever the bytes."""
        if self.state is State.CLOSED:
            return IGNORE
        if is_binary is not self.codec.is_binary:
            return self._shut(CloseCode.WRONG_KIND)
        try:
            command = self.codec.decode(payload)
        except FrameRefused as refused:
            return self._refused(refused, now)
        arrival = _ARRIVAL_BY_TYPE.get(type(command), _Arrival.COMMAND)
        if self.state is State.READY and arrival is _Arrival.COMMAND:
            return Execute(command)  # as the table says; nearly everything is one
        match _ACTS[self.state][arrival]:
            case _Act.EXECUTE:
                return Execute(command)
            case _Act.VERIFY:
                self.state = State.VERIFYING
                return Execute(command)
            case _Act.PONG if isinstance(command, frames.Ping):
                return Answer(frames.PongReply(ref=command.ref))
            case _Act.IGNORE:
                return IGNORE
            case _:
                return self._shut(CloseCode.BROKEN_FRAMES)

    def _refused(self, refused: FrameRefused, now: float) -> Step:
        match _ACTS[self.state][_arrival_of(refused)]:
            case _Act.NACK:
                return Answer(refused.nack)
            case _Act.COUNT_AND_NACK:
                self._broken_at = _recent(self._broken_at, now, limits.BAD_FRAMES_SECONDS)
                if len(self._broken_at) >= limits.BAD_FRAMES:
                    return self._shut(CloseCode.BROKEN_FRAMES)
                return Answer(refused.nack)
            case _Act.IGNORE:
                return IGNORE
            case _:
                return self._shut(CloseCode.BROKEN_FRAMES)

    # -- What became of it -----------------------------------------------------------------------

    def welcomed(self, identity: Identity, expires_at_ms: int | None) -> None:
        """A hello was accepted, the first one or a renewal; the token is good until then."""
        if self.state is not State.CLOSED:
            self.state = State.READY
            self.identity = identity
            self.expires_at_ms = expires_at_ms

    def hello_refused(self) -> None:
        """A hello was answered by a nack; another may follow in time. A failed renewal changes nothing."""
        if self.state is State.VERIFYING:
            self.state = State.AWAITING_HELLO

    def renewal_refusal(self, identity_id: str) -> Refusal | None:
        """Why a hello of `identity_id` cannot renew this connection; None if it can, or is the first."""
        if self.identity is None or self.identity.id == identity_id:
            return None
        return Refusal(Code.FORBIDDEN, "token is of somebody else than this connection's")

    def replied_rate_limited(self, now: float) -> Shut | None:
        """A `rate_limited` nack was sent; the Shut that follows the 20th within 10 s."""
        self._limited_at = _recent(self._limited_at, now, limits.RATE_LIMITED_SECONDS)
        if len(self._limited_at) < limits.RATE_LIMITED_REPLIES or self.state is State.CLOSED:
            return None
        return self._shut(CloseCode.TOO_FAST)

    def closed(self) -> None:
        """The connection is over, for whatever reason."""
        self.state = State.CLOSED

    # -- Deadlines -------------------------------------------------------------------------------

    def on_deadline(self, now: float, wall_ms: int, signs: Signs) -> frames.PingPush | Shut | None:
        """What is due now: a ping (send a control ping with it), a Shut, or nothing yet.

        Calling it early or often does no harm.
        """
        if self.next_deadline(now, wall_ms, signs) > now:
            return None
        match self.state:
            case State.AWAITING_HELLO:
                return self._shut(CloseCode.NO_HELLO)
            case State.VERIFYING:
                return self._shut(CloseCode.OVERLOADED)
            case _:
                pass
        if self.expires_at_ms is not None and wall_ms >= self.expires_at_ms:
            return self._shut(CloseCode.TOKEN_REFUSED)
        if self._awaits_sign_of_life(signs.last_heard_at):
            return self._shut(CloseCode.NO_SIGN_OF_LIFE)
        self._pinged_at = now
        return frames.PingPush()

    def next_deadline(self, now: float, wall_ms: int, signs: Signs) -> float:
        """When `on_deadline` has something to do, if nothing happens before; infinity if never.

        Ask again when reading begins again and after `welcomed` or `hello_refused`.
        """
        match self.state:
            case State.CLOSED:
                return inf
            case State.AWAITING_HELLO:
                return self._opened_at + limits.HELLO_SECONDS
            case State.VERIFYING:
                return self._opened_at + _VERIFYING_SECONDS
            case State.READY:
                pass
        if self.expires_at_ms is None:
            return self._alive_until(signs)
        return min(self._alive_until(signs), now + (self.expires_at_ms - wall_ms) / 1000)

    def _alive_until(self, signs: Signs) -> float:
        """When the next ping is due or, after one, the sign of life."""
        if self._pinged_at is None or not self._awaits_sign_of_life(signs.last_heard_at):
            return signs.last_sent_at + self.ping_seconds
        if signs.reading_since_at is None:
            return inf
        return max(self._pinged_at, signs.reading_since_at) + limits.PONG_SECONDS

    def _awaits_sign_of_life(self, last_heard_at: float) -> bool:
        return self._pinged_at is not None and last_heard_at < self._pinged_at

    def _shut(self, code: CloseCode) -> Shut:
        self.state = State.CLOSED
        return Shut(code)


def _arrival_of(refused: FrameRefused) -> _Arrival:
    match refused.t:
        case None:
            return _Arrival.BROKEN
        case "hello":
            return _Arrival.FAULTY_HELLO
        case "pong":
            return _Arrival.PONG
        case _:
            return _Arrival.FAULTY_UNANSWERED if refused.is_silent else _Arrival.FAULTY


def _recent(times: list[float] | None, now: float, seconds: float) -> list[float]:
    """`times` with `now` added and what is `seconds` old or older left out."""
    return [*(at for at in times or () if now - at < seconds), now]
