"""What had been said in the demo's rooms before anybody came: a network of professionals, on a working day.

Knows the people, their words and what moderators did. Refuses to know how commands are carried out: every
line goes the way that all commands go, rules included.
"""

import time
from dataclasses import dataclass
from typing import Any

from hubbub.demo import AGORA, COMMUNIQUES, HERALD, HUB, MODERATOR, OWNER, PARTICIPANT
from hubbub.domain.fields import RoleWord
from hubbub.domain.identity import Credentials, Identity, Role
from hubbub.gateway.desk import Desk
from hubbub.protocol import frames

PEERS = f"{HUB}/entraide"
TABLE = f"{HUB}/table-ronde"
JULIEN = Identity("u:julien", "Julien Nguyen")

VALID_MS = 60_000
"""Of what the people of the story present: it is told in a second."""


TABLE_MS = 2 * 3_600_000
"""The round table: whoever comes back later finds the room open again."""


@dataclass(frozen=True)
class Voice:
    """Somebody in the story; everything they do returns its `seq` and raises Refused."""

    desk: Desk
    credentials: Credentials

    @classmethod
    def of(cls, desk: Desk, identity: Identity, role: Role = Role.PARTICIPANT) -> "Voice":
        return cls(desk, Credentials(identity, {HUB: role}, int(time.time() * 1_000) + VALID_MS))

    async def comes(self) -> None:
        """Is seen in the hub, so that others can be told the name."""
        await self.desk.rooms(self.credentials, HUB)

    async def does(self, command: frames.Append) -> int:
        ack = await self.desk.execute(self.credentials, command)
        assert ack.seq is not None  # it appended something
        return ack.seq

    async def says(self, room: str, text: str, **more: Any) -> int:
        return await self.does(frames.Publish(ref=1, room=room, text=text, **more))

    async def answers(self, announcement: int, text: str, **more: Any) -> int:
        return await self.says(AGORA, text, about=frames.About(COMMUNIQUES, announcement), **more)

    async def reacts(self, room: str, target: int, emoji: str) -> None:
        await self.does(frames.React(ref=1, room=room, target=target, emoji=emoji, on=True))

    async def switches(self, room: str, reason: str, until: int | None = None) -> None:
        await self.does(frames.Mode(ref=1, room=room, mode="announcement", reason=reason, until=until))

    async def makes(self, room: str, title: str, topic: str) -> None:
        await self.desk.create_room(self.credentials, HUB, room, title, "agora", topic, None)


class Cast:
    """Who is in the story. The demo's two links are two of them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.claire = Voice.of(desk, OWNER)
        self.maxime = Voice.of(desk, MODERATOR, Role.MODERATOR)
        self.amina = Voice.of(desk, PARTICIPANT)
        self.zoe = Voice.of(desk, Identity("u:zoe", "Zoé Martin"))
        self.tomas = Voice.of(desk, Identity("u:tomas", "Tomás Rivera"))
        self.julien = Voice.of(desk, JULIEN)
        self.priya = Voice.of(desk, Identity("u:priya", "Priya Raman"))


async def tell(desk: Desk) -> None:
    """Tells it to rooms that are new; raises Refused where it cannot go on."""
    cast = Cast(desk)
    await cast.claire.switches(
        COMMUNIQUES,
        "Les annonces ici, les réponses dans l’Agora. · Announcements here, answers in the Agora.",
    )
    await cast.claire.makes(PEERS, "Entraide", "Une question de métier ? · Ask your peers.")
    await cast.claire.makes(TABLE, "Table ronde", "Se lancer à son compte · Going freelance")
    await _roles(cast)
    await _agora(cast, await _announcements(cast))
    await _peers(cast)
    await _round_table(cast)


async def _roles(cast: Cast) -> None:
    """Granted in the hub, so that everybody can look up who may speak, and who decided it."""
    grants: tuple[tuple[str, Identity, RoleWord, str], ...] = (
        (COMMUNIQUES, HERALD, "speaker", "Publie les nouvelles du réseau · Publishes the news"),
        (TABLE, MODERATOR, "moderator", "Anime les échanges · Looks after the rooms"),
        (TABLE, JULIEN, "speaker", "Tient la permanence des nouveaux membres · Office hours"),
    )
    for room, subject, role, reason in grants:
        await Voice.of(cast.desk, subject).comes()
        grant = frames.Grant(ref=1, room=room, subject=subject.id, role=role, reason=reason)
        await cast.claire.does(grant)


async def _announcements(cast: Cast) -> int:
    """Returns the announcement that is discussed in the agora."""
    await cast.claire.says(
        COMMUNIQUES,
        "Bienvenue sur le hub du Réseau Passerelle, qui relie celles et ceux qui changent de métier. "
        "Présentez-vous dans l’Agora, on y est bavard.",
    )
    fair = await cast.claire.says(
        COMMUNIQUES,
        "Le forum de printemps aura lieu le 14 mars à la Halle aux Grains : soixante tables, une par métier. "
        "Les inscriptions sont ouvertes.",
    )
    for one in (cast.amina, cast.zoe, cast.tomas):
        await one.reacts(COMMUNIQUES, fair, "🎉")
    await cast.julien.says(
        COMMUNIQUES, "Office hours for new members: Tuesdays, noon to 14:00, online. Come as you are."
    )
    return fair


async def _agora(cast: Cast, fair: int) -> None:
    hello = await cast.zoe.says(
        AGORA,
        "Bonjour à toutes et à tous. Je quitte la banque pour le bois et cherche un atelier à partager.",
    )
    await cast.tomas.says(
        AGORA,
        "Welcome, Zoé! There are four benches free at ours, in Montreuil. Come and see on Saturday.",
        reply_to=hello,
    )
    asked = await cast.amina.answers(
        fair, "Peut-on venir au forum du 14 mars sans être membre ?", question=True
    )
    answer = await cast.maxime.says(
        AGORA,
        "Oui, l’entrée est libre. Les tables sont réservées aux membres, les allées sont à tout le monde.",
        reply_to=asked,
    )
    await cast.amina.reacts(AGORA, answer, "👍")
    await cast.priya.reacts(AGORA, answer, "👍")
    await cast.priya.answers(
        fair, "Will there be a table for people who move from research into industry?", question=True
    )
    await cast.julien.says(
        AGORA, "Pour qui hésite encore : tapez « !echo » suivi d’un mot, on vous répondra."
    )


async def _peers(cast: Cast) -> None:
    asked = await cast.priya.says(
        PEERS, "How do you price a first training day? I have a quote to send by tomorrow.", question=True
    )
    await cast.zoe.says(
        PEERS,
        "Je pars du salaire visé, divisé par cent jours, et j’ajoute un tiers. Jamais regretté.",
        reply_to=asked,
    )
    await cast.tomas.says(PEERS, "Same here. And write down what is not included.", reply_to=asked)
    await cast.amina.says(
        PEERS, "Quelqu’un a-t-il un modèle de lettre pour une rupture conventionnelle ?", question=True
    )


async def _round_table(cast: Cast) -> None:
    await cast.julien.says(TABLE, "La table ronde commence dans cinq minutes. Installez-vous !")
    await cast.tomas.says(TABLE, "Good evening from Lisbon.")
    await cast.maxime.switches(
        TABLE,
        "Julien présente vingt minutes, puis questions · Talk first, then questions",
        until=int(time.time() * 1_000) + TABLE_MS,
    )
    await cast.julien.says(
        TABLE,
        "Trois choses que j’aurais voulu savoir avant : le premier client, la trésorerie, le repos.",
    )
    await cast.zoe.does(frames.Floor(ref=1, room=TABLE, action="ask", reason="Sur la trésorerie"))
    await cast.maxime.does(frames.Floor(ref=1, room=TABLE, action="give", subject="u:zoe"))
    await cast.zoe.says(TABLE, "Combien de mois de réserve aviez-vous en partant ?", question=True)
    await cast.julien.says(TABLE, "Six. Trois auraient suffi, mais j’ai mieux dormi.")
    await cast.priya.does(
        frames.Floor(ref=1, room=TABLE, action="ask", reason="How to find the first client")
    )
