"""A bot that makes a room broadcast-only for the night, with a reason and an end.

    HUBBUB_TOKEN=… python client_demo/bots/quiet_hours.py 22:00 07:00 Europe/Paris place/agora

The token: `hubbub token --sub bot:night --name Veilleur --kind bot --role place=moderator`. The room goes
back by itself in the morning, whether or not the bot still runs. Who opens it at night has the last word.
"""

import sys
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hubbub import Bot

LOOK_SECONDS: Final = 60

bot = Bot()
begins, ends, zone, rooms = time(22), time(7), ZoneInfo("Europe/Paris"), ["place/agora"]
kept_until: dict[str, datetime] = {}  # the night for which a room has been closed


def end_of_night(now: datetime) -> datetime | None:
    """When the night that it is now will be over; None by day."""
    for day in (now.date() - timedelta(days=1), now.date()):
        start = datetime.combine(day, begins, zone)
        end = datetime.combine(day + timedelta(days=ends <= begins), ends, zone)
        if start <= now < end:
            return end
    return None


@bot.every(LOOK_SECONDS)
async def keep_quiet() -> None:
    end = end_of_night(bot.now().astimezone(zone))
    for room in rooms:
        if end is not None and kept_until.get(room) != end:
            kept_until[room] = end
            if bot.hub.mode(room) == "agora":
                reason = f"Quiet hours until {end:%H:%M} ({zone.key})"
                await bot.hub.set_mode(room, "announcement", reason=reason, until=end)


if __name__ == "__main__":
    if len(sys.argv) > 4:
        begins, ends = time.fromisoformat(sys.argv[1]), time.fromisoformat(sys.argv[2])
        zone, rooms = ZoneInfo(sys.argv[3]), sys.argv[4:]
    bot.run(rooms=rooms)
