"""What `--demo` puts into an empty store, and the links it prints.

Knows the demo hub. Refuses to know anything about a store that has one already.
"""

from hubbub.domain import entries
from hubbub.domain.identity import SYSTEM, Identity
from hubbub.roomlog.log import RoomLog
from hubbub.tokens import mint

HUB = "place"
AGORA = f"{HUB}/agora"
COMMUNIQUES = f"{HUB}/communiques"
PARTICIPANT = Identity("demo-participant", "Amina Diallo")
MODERATOR = Identity("demo-moderator", "Maxime Leroy")
OWNER = Identity("u:claire", "Claire Fontaine")
HERALD = Identity("bot:herald", "Héraut", "bot")
ECHO = Identity("bot:echo", "Écho", "bot")
GREETER = Identity("bot:greeter", "Accueil", "bot")
LINK_SECONDS = 30 * 86_400
"""Long enough to come back to a demo; a token in a link is no secret to build on."""


async def furnish(log: RoomLog, is_lively: bool = False) -> bool:
    """Makes the demo hub with its two rooms, unless they are there; says whether the hub is new.

    A lively hub has an owner, who makes the room for announcements one in the story that follows.
    """
    common = {"by": SYSTEM.card()}
    owned = {
        "kind": entries.ROLE,
        **common,
        "subject": OWNER.card(),
        "role": "owner",
        "reason": "The hub was made.",
    }
    owners = {OWNER.id: entries.rest(owned)} if is_lively else {}
    change, _ = await log.create_hub(HUB, entries.rest({"kind": "created", **common}), owners)
    is_lively = is_lively and change == "made"
    agora = {
        "kind": "created",
        **common,
        "title": "Agora",
        "mode": "agora",
        "topic": "Chacun y parle. · Everybody talks here.",
    }
    communiques = {
        "kind": "created",
        **common,
        "title": "Communiqués",
        "mode": "agora" if is_lively else "announcement",
        "topic": "Les nouvelles ; on y répond dans l’Agora. · News; answer in the Agora.",
        "discussion": AGORA,
    }
    await log.create_room(AGORA, entries.rest(agora))
    await log.create_room(COMMUNIQUES, entries.rest(communiques))
    return change == "made"


def links(site: str, secret: bytes) -> dict[str, str]:
    """A link for a participant and one for a moderator; the token is in the fragment."""
    return {
        role: f"{site}/#token={mint(secret, one.id, one.name, 'person', {HUB: role}, LINK_SECONDS)}"
        for role, one in {"participant": PARTICIPANT, "moderator": MODERATOR}.items()
    }
