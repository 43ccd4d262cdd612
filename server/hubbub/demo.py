"""What `--demo` puts into an empty store, and the links it prints.

Knows the demo hub. Refuses to know anything about a store that has one already.
"""

from hubbub.domain import entries
from hubbub.domain.identity import SYSTEM, Identity
from hubbub.domain.state import ModeWord
from hubbub.roomlog.log import RoomLog
from hubbub.tokens import mint

HUB = "place"
AGORA = f"{HUB}/agora"
COMMUNIQUES = f"{HUB}/communiques"
PARTICIPANT = Identity("demo-participant", "Amina Diallo")
MODERATOR = Identity("demo-moderator", "Maxime Leroy")
HERALD = Identity("bot:herald", "Héraut", "bot")
ECHO = Identity("bot:echo", "Écho", "bot")
GREETER = Identity("bot:greeter", "Accueil", "bot")
LINK_SECONDS = 30 * 86_400
"""Long enough to come back to a demo; a token in a link is no secret to build on."""


async def furnish(log: RoomLog, first_mode: ModeWord = "announcement") -> bool:
    """Makes the demo hub with its two rooms, unless they are there; says whether they are new.

    `first_mode` is that of the room for announcements: where a story follows, somebody switches it there.
    """
    await log.create_hub(HUB, entries.rest({"kind": "created", "by": SYSTEM.card()}), {})
    common = {"kind": "created", "by": SYSTEM.card()}
    agora = {**common, "title": "Agora", "mode": "agora", "topic": "Chacun y parle. · Everybody talks here."}
    communiques = {
        **common,
        "title": "Communiqués",
        "mode": first_mode,
        "topic": "Les nouvelles ; on y répond dans l’Agora. · News; answer in the Agora.",
        "discussion": AGORA,
    }
    await log.create_room(AGORA, entries.rest(agora))
    made, _ = await log.create_room(COMMUNIQUES, entries.rest(communiques))
    return made == "made"


def links(site: str, secret: bytes) -> dict[str, str]:
    """A link for a participant and one for a moderator; the token is in the fragment."""
    return {
        role: f"{site}/#token={mint(secret, one.id, one.name, 'person', {HUB: role}, LINK_SECONDS)}"
        for role, one in {"participant": PARTICIPANT, "moderator": MODERATOR}.items()
    }
