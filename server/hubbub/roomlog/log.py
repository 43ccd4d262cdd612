"""The functions of the room log, called from Python with types.

Knows what each function of functions.lua takes and gives. Refuses to know policy and connections: bodies
of entries pass through as opaque bytes.
"""

import itertools
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgpack
import msgspec

from hubbub.domain import limits
from hubbub.domain.names import hub_of
from hubbub.roomlog import keys
from hubbub.roomlog.batch import Answer, Item
from hubbub.roomlog.client import Store, StoreUnavailable
from hubbub.roomlog.clock import StoreClock
from hubbub.roomlog.pulse import Pulse, pulses
from hubbub.roomlog.stands import Section, Stand, section_of

GLANCES_AT_ONCE = 64
"""Rooms glanced at in one write, so that others have their turn at the store in between."""


class Fenced(StoreUnavailable):
    """A batch of an older generation of this node: certainly not executed."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A room as one call saw it. `rev` and `hub_rev` name the epoch too and are compared as they are."""

    now_ms: int
    epoch: str
    seq: int
    first: int
    rev: str
    hub_rev: str
    messages: int


@dataclass(frozen=True, slots=True)
class StateFields:
    """The bodies of the entries that made a room's state, by field; see functions.lua."""

    meta: dict[str, bytes]
    floor: dict[str, bytes]
    sanctions: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Reading:
    """Raw entries from `from_seq` on, without a hole, as of `numbers`."""

    numbers: Numbers
    from_seq: int
    stands: list[Stand]
    state: StateFields | None


@dataclass(frozen=True, slots=True)
class Page:
    """Entries with the newest edit and the tally of each message beside it."""

    numbers: Numbers
    stands: list[Stand]
    more: bool


@dataclass(frozen=True, slots=True)
class Glance:
    """A room from afar: its state fields; of one identity what it has seen, messages after it, its ban."""

    numbers: Numbers
    meta: dict[str, bytes]
    seen: int | None
    unread: int
    ban: bytes | None


@dataclass(frozen=True, slots=True)
class HubReading:
    """A hub's rooms, and the bodies that made its roles and sanctions (`<room> <body>` each).

    `batches` is how many envelopes it has published.
    """

    now_ms: int
    rev: str
    batches: int
    rooms: frozenset[str]
    roles: dict[str, bytes]
    sanctions: dict[str, bytes]


Change = tuple[Literal["made", "exists", "missing"], int]


class RoomLog:
    """The log of all rooms in one store; every call raises StoreUnavailable or OutcomeUnknown.

    `is_lossless` says that the store never loses what it acknowledged, so that a restart keeps the epoch.
    """

    def __init__(self, store: Store, node: str, is_lossless: bool, retain: "Retention") -> None:
        self._store = store
        self.node = node
        self._is_lossless = is_lossless
        self._retain = retain
        self._generations = itertools.count(1)
        self.clock = StoreClock()

    def next_generation(self) -> int:
        """A later generation than all before it on this node; see `append`."""
        return next(self._generations)

    async def append(
        self, hub: str, generation: int, items: Sequence[Item]
    ) -> tuple[list[Section], list[Answer]]:
        """Compares, numbers, appends and publishes the items in one atomic step.

        Returns what was appended, as the envelope tells it too, and an answer for each item. Raises
        Fenced if a later generation of this node has been here.
        """
        addresses = list(dict.fromkeys(address for item in items for address in item.rooms))
        index = {address: number for number, address in enumerate(addresses, 1)}
        reply = await self._call(
            "append",
            hub,
            addresses,
            node=self.node,
            generation=generation,
            items=[item.packable(index) for item in items],
        )
        if reply.get(b"fenced"):
            raise Fenced("a later connection of this node has written already")
        epochs = [epoch.decode() for epoch, _ in reply[b"rooms"]]
        answers = [
            Answer(status.decode(), number, epochs[index[item.room] - 1])
            for item, (status, number) in zip(items, reply[b"answers"], strict=True)
        ]
        return [section_of(packed) for packed in reply[b"sections"] or []], answers

    async def read(
        self,
        address: str,
        *,
        after: int | None = None,
        newest: int = 0,
        with_state: bool = False,
        most: int = limits.RESUME_ENTRIES,
    ) -> Reading | None:
        """Raw entries: those `after` a seq, or the `newest`, as many as one reply may hold.

        None if there is no such room.
        """
        reply = await self._call(
            "read",
            hub_of(address),
            [address],
            after=after,
            newest=newest,
            most=most,
            bytes=limits.REPLY_BYTES,
            state=with_state,
        )
        if b"missing" in reply:
            return None
        state = with_state and StateFields(
            _state_fields(reply[b"meta"]), _flat(reply[b"floor"]), _flat(reply[b"sanctions"])
        )
        return Reading(_numbers(reply), reply[b"from"], _stands(reply), state or None)

    async def page(self, address: str, limit: int, before: int | None, after: int | None) -> Page | None:
        """At most `limit` entries before or after a seq, or the newest; None if there is no such room."""
        reply = await self._call(
            "page",
            hub_of(address),
            [address],
            limit=limit,
            before=before,
            after=after,
            bytes=limits.REPLY_BYTES,
        )
        if b"missing" in reply:
            return None
        return Page(_numbers(reply), _stands(reply), bool(reply[b"more"]))

    async def glances(self, hub: str, addresses: Sequence[str], identity: str | None) -> dict[str, Glance]:
        """Each of the rooms as one identity sees it from afar; rooms that are gone are left out."""
        calls = [
            ("glance", keys.declared(hub, [address]), self._packed(hub, [address], identity=identity))
            for address in addresses
        ]
        glance_by_address: dict[str, Glance] = {}
        replies: list[Any] = []
        for start in range(0, len(calls), GLANCES_AT_ONCE):
            replies += await self._store.calls(calls[start : start + GLANCES_AT_ONCE])
        for address, packed in zip(addresses, replies, strict=True):
            if isinstance(packed, Exception):
                raise packed
            reply = msgpack.unpackb(packed, raw=True)
            if b"missing" not in reply:
                self.clock.was(reply[b"now"])
                glance_by_address[address] = Glance(
                    _numbers(reply),
                    _state_fields(reply[b"meta"]),
                    reply.get(b"seen"),
                    min(reply[b"unread"], limits.MESSAGES_COUNTED),
                    reply.get(b"ban") or None,
                )
        return glance_by_address

    async def hub(self, hub: str, with_state: bool = True) -> HubReading | None:
        """A hub's revision, rooms, roles and sanctions; None if there is no such hub."""
        reply = await self._call("hub", hub, [], state=with_state)
        if b"missing" in reply:
            return None
        return HubReading(
            reply[b"now"],
            reply[b"hub_rev"].decode(),
            reply[b"batches"],
            frozenset(room.decode() for room in reply[b"rooms"]),
            _flat(reply.get(b"roles") or []),
            _flat(reply.get(b"sanctions") or []),
        )

    async def pulses(self, hubs: Sequence[str]) -> list[Pulse | None]:
        """Whether anything has happened in each of the hubs; see `pulse`."""
        return await pulses(self._store, self.clock, hubs, self._is_lossless)

    async def create_hub(self, hub: str, body: bytes, owners: dict[str, bytes]) -> Change:
        """Makes a hub with its first owners, once; returns what happened and the store's ms."""
        pairs = [(identity, body.decode()) for identity, body in owners.items()]
        reply = await self._call("create", hub, [], hub_body=body.decode(), owners=pairs)
        await self._store.command("SADD", keys.HUBS, hub)  # again, in case it was lost between the two
        return ("made" if reply[b"made"] else "exists"), reply[b"now"]

    async def create_room(self, address: str, body: bytes) -> Change:
        """Makes a room in a hub, once; returns what happened and the store's ms."""
        reply = await self._call("create", hub_of(address), [address], room_body=body.decode())
        if b"missing" in reply:
            return "missing", reply[b"now"]
        return ("made" if reply[b"made"] else "exists"), reply[b"now"]

    async def hubs(self) -> list[str]:
        """The names of all hubs, in order."""
        return sorted(hub.decode() for hub in await self._store.command("SMEMBERS", keys.HUBS))

    async def seen(self, hub: str, moves: Sequence[tuple[str, str, int, int]]) -> None:
        """Raises what identities have seen: (room, identity, head at its first join, seq) each."""
        addresses = list(dict.fromkeys(address for address, *_ in moves))
        index = {address: number for number, address in enumerate(addresses, 1)}
        await self._call("seen", hub, addresses, moves=[(index[a], *rest) for a, *rest in moves])

    async def have_reacted(self, address: str, members: Sequence[str]) -> list[bool]:
        """Whether each `<seq>|<emoji>|<identity>` is among the reactions of a room."""
        if not members:
            return []
        scores = await self._store.command("ZMSCORE", keys.room_key(address, "reactors"), *members)
        return [score is not None for score in scores]

    async def targets(self, wanted: Sequence[tuple[str, int]]) -> list[tuple[Stand | None, bytes]]:
        """What stands at each (room, seq), and the seqs of its edits, comma-separated."""
        commands: list[tuple[str | int, ...]] = []
        for address, seq in wanted:
            commands.append(("XRANGE", keys.room_key(address, "log"), seq, seq))
            commands.append(("HGET", keys.room_key(address, "edits"), seq))
        replies = await self._store.pipeline(commands) if commands else []
        found: list[tuple[Stand | None, bytes]] = []
        for (_, seq), entries, edits in zip(wanted, replies[::2], replies[1::2], strict=True):
            for reply in (entries, edits):
                if isinstance(reply, Exception):
                    raise reply
            stand = None
            if entries:
                named = dict(zip(entries[0][1][::2], entries[0][1][1::2], strict=True))
                stand = Stand(seq, named[b"k"].decode(), named[b"b"])
            found.append((stand, edits or b""))
        return found

    async def people(self, hub: str, identities: Sequence[str]) -> list[bytes | None]:
        """What was last seen of each identity in a hub, as it was written by `introduce`."""
        if not identities:
            return []
        return list(await self._store.command("HMGET", keys.hub_key(hub, "people"), *identities))

    async def room_sanctions(self, addresses: Sequence[str]) -> list[tuple[str, bytes]]:
        """The bodies of the sanctions of scope room, each with its room."""
        commands = [("HVALS", keys.room_key(address, "sanctions")) for address in addresses]
        found = await self._store.pipeline(commands) if commands else []
        for reply in found:
            if isinstance(reply, Exception):
                raise reply
        return [(room, body) for room, bodies in zip(addresses, found, strict=True) for body in bodies]

    async def introduce(self, hub: str, card_by_identity: Mapping[str, bytes]) -> None:
        """Remembers what was seen of identities in a hub."""
        if card_by_identity:
            flat = (part for pair in card_by_identity.items() for part in pair)
            await self._store.command("HSET", keys.hub_key(hub, "people"), *flat)

    async def _call(
        self, function: str, hub: str, addresses: Sequence[str], **arguments: Any
    ) -> dict[bytes, Any]:
        packed = self._packed(hub, addresses, **arguments)
        reply = await self._store.call(function, keys.declared(hub, list(addresses)), packed)
        unpacked: dict[bytes, Any] = msgpack.unpackb(reply, raw=True)
        if b"now" in unpacked:
            self.clock.was(unpacked[b"now"])
        return unpacked

    def _packed(self, hub: str, addresses: Sequence[str], **arguments: Any) -> bytes:
        named = {name: value for name, value in arguments.items() if value is not None}
        common = {
            "rooms": list(addresses),
            "bits": secrets.token_hex(8),
            "lossless": self._is_lossless,
            "channel": keys.channel(hub),
            "retain_messages": self._retain.messages,
            "retain_entries": self._retain.entries,
            "retain_ms": self._retain.ms,
        }
        return msgspec.msgpack.encode({**common, **named})  # of `str`: see batch.Packable


@dataclass(frozen=True, slots=True)
class Retention:
    """How much of a room's log is kept: messages, entries, and ms of age."""

    messages: int = limits.RETAIN_MESSAGES
    ms: int = limits.RETAIN_MS

    @property
    def entries(self) -> int:
        return self.messages * limits.RETAIN_ENTRIES_PER_MESSAGE


def _numbers(reply: dict[bytes, Any]) -> Numbers:
    return Numbers(
        reply[b"now"],
        reply[b"epoch"].decode(),
        reply[b"seq"],
        reply[b"first"],
        reply[b"rev"].decode(),
        reply[b"hub_rev"].decode(),
        reply[b"messages"],
    )


def _stands(reply: dict[bytes, Any]) -> list[Stand]:
    return [Stand(seq, kind.decode(), *bodies) for seq, kind, *bodies in reply[b"entries"] or []]


def _flat(pairs: Sequence[bytes]) -> dict[str, bytes]:
    return {name.decode(): value for name, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _state_fields(pairs: Sequence[bytes]) -> dict[str, bytes]:
    """The `s:` fields of a meta hash, without the `s:`."""
    return {name[2:]: value for name, value in _flat(pairs).items() if name.startswith("s:")}
