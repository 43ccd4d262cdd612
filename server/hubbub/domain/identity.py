"""Who somebody is, and their rank in a hub.

Knows identities, roles and what a verified token said. Refuses to know how a token is signed and
where roles are stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import cast

import msgspec

from hubbub.domain import fields
from hubbub.domain.cards import Person

Kind = fields.Kind


class Role(IntEnum):
    """A rank in one hub; a role named as a condition means that role or higher."""

    PARTICIPANT = 0
    SPEAKER = 1
    MODERATOR = 2
    OWNER = 3

    @property
    def word(self) -> fields.RoleWord:
        return cast(fields.RoleWord, self.name.lower())

    @classmethod
    def of(cls, word: str) -> "Role":
        """The role that the wire calls `word`; ValueError for any other word."""
        for role in cls:
            if role.word == word:
                return role
        raise ValueError(f"{word!r} is no role")


class Identity(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who wrote, acts or is acted upon; `name` is absent for an id nobody has seen."""

    id: str
    name: str | None = None
    kind: Kind = "person"

    def card(self) -> Person:
        """The identity as entries and frames show it: `id`, `name` if known, `kind`."""
        if self.name is None:
            return {"id": self.id, "kind": self.kind}
        return {"id": self.id, "name": self.name, "kind": self.kind}

    @classmethod
    def unseen(cls, identity_id: str) -> "Identity":
        """An id that was never here: its name is unknown, its kind is what the id tells."""
        return cls(identity_id, None, "guest" if identity_id.startswith("guest:") else "person")


SYSTEM = Identity("system", None, "system")


NO_ROLES: Mapping[str, Role] = MappingProxyType({})
"""What most tokens say; one for all."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a verified token said: who, with which role in which hub, until when (ms)."""

    identity: Identity
    role_by_hub: Mapping[str, Role]
    expires_at_ms: int
