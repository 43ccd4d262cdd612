"""What `--demo` puts into an empty store, and the links it prints.

Knows the demo hub. Refuses to know anything about a store that has one already.
"""

from hubbub.domain import entries
from hubbub.domain.identity import SYSTEM
from hubbub.roomlog.log import RoomLog
from hubbub.tokens import mint

HUB = "place"
AGORA = f"{HUB}/agora"
COMMUNIQUES = f"{HUB}/communiques"
LINK_SECONDS = 30 * 86_400
"""Long enough to come back to a demo; a token in a link is no secret to build on."""


async def furnish(log: RoomLog) -> None:
    """Makes the demo hub with its two rooms, unless they are there."""
    await log.create_hub(HUB, entries.rest({"kind": "created", "by": SYSTEM.card()}), {})
    common = {"kind": "created", "by": SYSTEM.card()}
    agora = {**common, "title": "Agora", "mode": "agora", "topic": "Everybody talks here."}
    communiques = {
        **common,
        "title": "Communiqués",
        "mode": "announcement",
        "topic": "News of the place. Answer in the agora.",
        "discussion": AGORA,
    }
    await log.create_room(AGORA, entries.rest(agora))
    await log.create_room(COMMUNIQUES, entries.rest(communiques))


def links(site: str, secret: bytes) -> dict[str, str]:
    """A link for a participant and one for a moderator; the token is in the fragment."""
    people = {"participant": ("demo-participant", "Amina"), "moderator": ("demo-moderator", "Moderator Max")}
    return {
        role: f"{site}/#token={mint(secret, sub, name, 'person', {HUB: role}, LINK_SECONDS)}"
        for role, (sub, name) in people.items()
    }
