"""What each command does: a table from the type of a frame to its function.

Knows what a command needs before it may run, and its reply. Refuses to know bytes (connection), the
rules (domain) and batches (publisher). A function returns None when it is done, or a coroutine that the
connection waits for before it goes on.
"""

import secrets
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import msgspec

from hubbub.domain import limits
from hubbub.domain.identity import Credentials
from hubbub.domain.names import hub_of
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.gateway import overview, reading
from hubbub.gateway.hub import unknown_room
from hubbub.gateway.judge import Order
from hubbub.protocol import frames
from hubbub.protocol.closes import CloseCode
from hubbub.roomlog.publisher import Appended, Outcome, Pending
from hubbub.tokens import TokenRefused

if TYPE_CHECKING:
    from hubbub.gateway.connection import GatewayProtocol
    from hubbub.gateway.node import Node

Waiting = Coroutine[Any, Any, None] | None

COMMAND_BYTES = 256
"""What a command weighs in a batch besides its texts."""


class Commands:
    """The commands of one node's connections."""

    def __init__(self, node: "Node") -> None:
        self._node = node
        self._function_by_type: dict[type, Callable[[GatewayProtocol, Any], Waiting]] = {
            frames.Hello: self._hello,
            frames.Watch: self._watch,
            frames.Unwatch: self._unwatch,
            frames.Join: self._join,
            frames.Leave: self._leave,
            frames.History: self._history,
            frames.Who: self._who,
            frames.People: self._people,
            frames.Typing: self._typing,
            frames.Seen: self._seen,
            **dict.fromkeys(frames.Append.__args__, self._append),
        }

    def carry_out(self, connection: "GatewayProtocol", command: frames.ClientFrame) -> Waiting:
        """Does what a command says; raises Refused where it can say no at once."""
        return self._function_by_type[type(command)](connection, command)

    # -- hello -----------------------------------------------------------------------------------

    def _hello(self, connection: "GatewayProtocol", command: frames.Hello) -> Waiting:
        if command.token is None:
            if connection.credentials is not None:
                raise Refused(Refusal(Code.FORBIDDEN, "name: a guest's connection is renewed by its token."))
            if not self._node.tokens.admits_guests:
                raise Refused(Refusal(Code.GUESTS_REFUSED, "This server admits no guests: present a token."))
            self._welcome(connection, command, self._node.tokens.new_guest(command.name or ""))
            return None
        try:
            known = self._node.tokens.verify_local(command.token)
        except TokenRefused:
            connection.shut(CloseCode.TOKEN_REFUSED)
            return None
        if known is None:
            return self._hello_by_key_set(connection, command, command.token)
        self._welcome(connection, command, known)
        return None

    async def _hello_by_key_set(
        self, connection: "GatewayProtocol", command: frames.Hello, token: str
    ) -> None:
        try:
            credentials = await self._node.tokens.verify(token)
        except TokenRefused:
            connection.shut(CloseCode.TOKEN_REFUSED)
        else:
            self._welcome(connection, command, credentials)

    def _welcome(
        self,
        connection: "GatewayProtocol",
        command: frames.Hello,
        credentials: Credentials | None,
    ) -> None:
        assert credentials is not None
        identity = credentials.identity
        refusal = connection.renewal_refusal(identity.id)
        if refusal is not None:
            raise Refused(refusal)
        if connection.credentials is None and not self._node.greet(connection, identity.id):
            connection.shut(CloseCode.TOO_MANY_CONNECTIONS)
            return
        rooms = list(connection.rooms.values())
        for room in rooms:
            room.presence.leave(connection.card_in(room.hub.name))
        was_quiet = connection.is_quiet
        connection.welcomed(credentials, command.quiet)
        self._node.mind_quiet(identity.id, command.quiet - was_quiet)
        for room in rooms:
            room.presence.enter(connection.card_in(room.hub.name))
            room.refresh_rights()
            self._node.stir(room)
            self._node.spawn(room.hub.introduce(credentials))
        connection.send(
            frames.Welcome(
                ref=command.ref,
                identity=identity.card(),
                node=self._node.name,
                version="1",
                server_time=self._node.clock.now_ms(),
                ping_ms=limits.PING_MS,
                limits=self._node.limits,
                features=("quiet",),
                token=self._node.tokens.guest_token(identity) if identity.kind == "guest" else None,
            )
        )

    # -- Rooms -----------------------------------------------------------------------------------

    def _join(self, connection: "GatewayProtocol", command: frames.Join) -> Waiting:
        if command.room not in connection.rooms and len(connection.rooms) >= limits.ROOMS_PER_CONNECTION:
            most = limits.ROOMS_PER_CONNECTION
            raise Refused(Refusal(Code.TOO_LARGE, f"room: a connection is in at most {most} rooms."))
        return reading.join(self._node, connection, command)

    def _leave(self, connection: "GatewayProtocol", command: frames.Leave) -> Waiting:
        room = connection.rooms.get(command.room)
        if room is None:
            return self._not_joined(command.room)
        room.leave(connection)
        connection.send(frames.Left(room=command.room, ref=command.ref))
        return None

    async def _not_joined(self, address: str) -> None:
        hub = await self._node.hub(hub_of(address))
        try:
            if address not in hub.state.rooms:
                await hub.refresh()
            if address not in hub.state.rooms:
                raise unknown_room(address)
        finally:
            hub.holders -= 1
        raise Refused(Refusal(Code.NOT_JOINED, f"Join {address} first."))

    def _watch(self, connection: "GatewayProtocol", command: frames.Watch) -> Waiting:
        return overview.watch(self._node, connection, command)

    def _unwatch(self, connection: "GatewayProtocol", command: frames.Unwatch) -> Waiting:
        for hub in [hub for hub in connection.watched if hub.name == command.hub]:
            hub.watchers.remove(connection)
            connection.watched -= {hub}
        connection.send(frames.Ack(ref=command.ref))
        return None

    def _history(self, connection: "GatewayProtocol", command: frames.History) -> Waiting:
        async def reply() -> None:
            assert connection.credentials is not None
            page = await reading.history(self._node, connection.credentials, command, connection.codec)
            connection.send(page)

        return reply()

    # -- People ----------------------------------------------------------------------------------

    def _who(self, connection: "GatewayProtocol", command: frames.Who) -> Waiting:
        room = connection.rooms.get(command.room)
        if room is None:
            return self._not_joined(command.room)
        connection.send(reading.who(room, connection, command))
        return None

    def _people(self, connection: "GatewayProtocol", command: frames.People) -> Waiting:
        return overview.people(self._node, connection, command)

    def _typing(self, connection: "GatewayProtocol", command: frames.Typing) -> Waiting:
        room = connection.rooms.get(command.room)
        if room is not None:
            self._node.ephemera.typing(room, connection)
        return None

    def _seen(self, connection: "GatewayProtocol", command: frames.Seen) -> Waiting:
        room = connection.rooms.get(command.room)
        if room is not None:
            first = room.subscriptions[connection].first
            self._node.ephemera.seen(room, connection.identity.id, first, command.seq)
        return None

    # -- Commands that append --------------------------------------------------------------------

    def _append(self, connection: "GatewayProtocol", command: frames.Append) -> Waiting:
        room = connection.rooms.get(command.room)
        if room is None:
            return self._not_joined(command.room)
        assert connection.credentials is not None
        if connection.credentials.expires_at_ms <= self._node.clock.now_ms():
            connection.shut(CloseCode.TOKEN_REFUSED)
            return None
        command = with_id(command)
        refusal = self._node.rate_refusal(connection.identity.id)
        if refusal is not None:
            connection.refuse(command.ref, refusal)
            return None

        def settle(outcome: Outcome) -> None:
            room.hub.release(room)
            if isinstance(outcome, Appended):
                connection.send_soon(ack(command, outcome))
            elif outcome.code is Code.UNAUTHORIZED:  # the token has ended while the command waited
                connection.shut(CloseCode.TOKEN_REFUSED)
            else:
                id = command.id if outcome.code is Code.UNKNOWN_OUTCOME else None
                connection.refuse(command.ref, outcome, id)
            connection.settled()

        room.holders += 1
        connection.pending += 1
        room.hub.submit(room, pending_of(connection.credentials, command, settle))
        return None


def pending_of(
    credentials: Credentials, command: frames.Append, settle: Callable[[Outcome], None]
) -> Pending:
    """A command on its way to the log; it must have an `id`."""
    assert command.id is not None
    return Pending(
        room=command.room,
        author=credentials.identity.id,
        id=command.id,
        size_bytes=_size_bytes(command),
        command=Order(credentials, command),
        settle=settle,
    )


def _size_bytes(command: frames.Append) -> int:
    """What a command weighs in a batch, at most."""
    if isinstance(command, frames.Publish):
        besides = 0 if command.data is None else limits.DATA_BYTES
        return COMMAND_BYTES + 4 * len(command.text) + besides
    texts = (getattr(command, name, None) for name in ("text", "reason", "topic"))
    return COMMAND_BYTES + sum(4 * len(text) for text in texts if isinstance(text, str))


def ack(command: frames.Append, appended: Appended) -> frames.Ack:
    """The reply to a command that is in the log."""
    return frames.Ack(
        ref=command.ref,
        room=command.room,
        epoch=appended.epoch,
        seq=appended.seq,
        duplicate=appended.is_duplicate,
    )


def with_id(command: frames.Append) -> frames.Append:
    """The command with an id of ours, if the client made none."""
    if command.id is not None:
        return command
    return msgspec.structs.replace(command, id=secrets.token_urlsafe(16))
