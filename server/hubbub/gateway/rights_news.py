"""Whose rights in a room have changed, told: worked out and encoded once for all who have the same.

Knows who may differ from the others: whoever a state names. Refuses to know the rules (domain) and when
somebody has to be told (room). What it has worked out holds for one turn of the loop.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hubbub.domain.cards import RightsCard
from hubbub.domain.rights import Standing, TokenRole
from hubbub.gateway.push import Push
from hubbub.gateway.subscription import Subscription
from hubbub.protocol import frames

if TYPE_CHECKING:
    from hubbub.gateway.room import Room


class RightsNews:
    """The rights of a room's readers as they are now; to be dropped before anything waits."""

    def __init__(self, room: "Room") -> None:
        self._room = room
        self._named = {*room.hub.state.grants, *room.state.turn_by_identity}
        self._named.update(id for _, id in (*room.hub.state.sanctions, *room.state.sanctions))
        if room.discussion is not None:
            self._named.update(room.discussion.state.turn_by_identity)
            self._named.update(id for _, id in room.discussion.state.sanctions)
        self._found: dict[tuple[str, TokenRole | None], tuple[Standing, RightsCard, Push]] = {}

    def tell(self, readers: Iterable[Subscription]) -> None:
        """Tells those whose rights have changed; expels who may not read any longer.

        Who does not read now is told when they read again.
        """
        for reader in readers:
            if not reader.is_open:
                continue
            who, card, push = self._rights_of(reader)
            if who.ban is not None:
                self._room.expel(reader, frames.Left(room=self._room.address, reason="banned"))
            elif card != reader.rights and push.to(reader.connection):
                reader.rights = card

    def _rights_of(self, reader: Subscription) -> tuple[Standing, RightsCard, Push]:
        room, connection = self._room, reader.connection
        id, token = connection.identity.id, connection.token_role(room.hub.name)
        key = (id if id in self._named else "", token)
        found = self._found.get(key)
        if found is None:
            who, card = room.rights_of(id, token)
            push = Push(frames.Rights(room=room.address, role=who.role.word, rights=card))
            found = self._found[key] = (who, card, push)
        return found
