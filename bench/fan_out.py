"""The rows that are about messages: fan-out, crowds, publishes, one to one.

Knows how each is loaded, and that the limit and Hubbub take turns. Refuses to know what is good enough.
Every measurement yields (variant, figures of one run), and is closed by whoever stops listening.
"""

from collections.abc import Iterator, Mapping

from bench.fan import Found
from bench.servers import CODECS, Server
from bench.stage import Stage

Runs = Iterator[tuple[str, Mapping[str, float]]]

WARM_MESSAGES = 50
"""Before the first run, to learn the bytes that one message has, and so that no run is the first."""
PROBE_ROOMS = 5
"""Other rooms while a crowd is served, with two people each."""
PROBE_PER_S = 100
"""Messages a second in these rooms together."""
PROBE_MESSAGES = 500
"""Five seconds of them."""
CROWD_MESSAGES = 60_000
"""More than a crowd can take in that time: it is stopped then."""


def flying(stage: Stage) -> Runs:
    """2,000 readers of one room, 16 messages in flight."""
    yield from _against_limit(stage, stage.scale.readers, stage.scale.messages_flying, 16)


def single(stage: Stage) -> Runs:
    """2,000 readers of one room, one message in flight."""
    yield from _against_limit(stage, stage.scale.readers, stage.scale.messages_single, 1)


def _against_limit(stage: Stage, readers: int, messages: int, in_flight: int) -> Runs:
    load = ("-c", readers, "-m", messages, "-w", in_flight)
    with stage.hubbub() as hubbub, stage.limit() as limit:
        for number in range(stage.runs):
            for codec in CODECS:
                stage.say(f"run {number + 1} of {stage.runs}, {codec.name}")
                ours = hubbub.talking(codec)
                top = stage.measure(limit, *load, "-s", bytes_of_message(stage, ours))
                found = stage.measure(ours, *load)
                yield codec.name, {**_delivered(found, top), **_cpu(found), **_cpu(top, "limit_")}


def crowd(stage: Stage) -> Runs:
    """18,000 readers of one room, while people of other rooms talk."""
    load = ("-c", stage.scale.crowd, "-m", stage.scale.messages_crowd, "-w", 1)
    with stage.hubbub() as hubbub, stage.limit() as limit:
        probe = hubbub.talking(room=hubbub.make_rooms(PROBE_ROOMS))
        for number in range(stage.runs):
            for codec in CODECS:
                stage.say(f"run {number + 1} of {stage.runs}, {codec.name}")
                ours = hubbub.talking(codec)
                top = stage.measure(limit, *load, "-s", bytes_of_message(stage, ours))
                found, others = _beside(stage, ours, (*load, "-m", CROWD_MESSAGES), probe)
                yield (
                    codec.name,
                    {
                        "p99_ms": found.p99_ms,
                        "limit_p99_ms": top.p99_ms,
                        "ratio": found.p99_ms / top.p99_ms,
                        "others_p99_ms": others.worst_room_p99_ms,
                        **_cpu(found),
                        **_cpu(top, "limit_"),
                    },
                )


def _beside(stage: Stage, ours: Server, load: tuple[object, ...], probe: Server) -> tuple[Found, Found]:
    """Load a room while a process of its own talks in others; what either found."""
    stage.rest(ours)
    small = ("-c", 2 * PROBE_ROOMS, "-g", PROBE_ROOMS, "-r", PROBE_PER_S, "-m", PROBE_MESSAGES)
    with stage.load(ours, *load) as big, stage.load(probe, *small, is_urgent=True) as others:
        big.opened()
        others.opened()
        stage.rest(ours)
        big.go()
        others.go()
        found = others.found()  # first: the end of the crowd, 18,000 goodbyes at once, is another matter
        big.stop()
        return big.found(), found


def one_room(stage: Stage) -> Runs:
    """One room of 10 people, 200 and 1,000 publishes in flight."""
    with stage.hubbub() as hubbub:
        for number in range(stage.runs):
            for in_flight in (200, 1_000):
                for codec in CODECS:
                    stage.say(f"run {number + 1} of {stage.runs}, {codec.name}, {in_flight} in flight")
                    load = ("-c", 10, "-m", stage.scale.publishes, "-w", in_flight)
                    found = stage.measure(hubbub.talking(codec), *load)
                    yield f"{in_flight:,} in flight, {codec.name}", _published(found)


def many_rooms(stage: Stage) -> Runs:
    """100 rooms of 10 people, 10 publishes in flight in each."""
    with stage.hubbub() as hubbub:
        room = hubbub.make_rooms(100)
        for number in range(stage.runs):
            for codec in CODECS:
                stage.say(f"run {number + 1} of {stage.runs}, {codec.name}")
                load = ("-c", 1_000, "-g", 100, "-m", stage.scale.publishes, "-e", "-w", 10)
                yield codec.name, _published(stage.measure(hubbub.talking(codec, room), *load))


def one_to_one(stage: Stage) -> Runs:
    """One publisher and one reader on an idle machine, by what the store syncs."""
    load = ("-c", 2, "-m", stage.scale.publishes_alone, "-w", 1)
    with stage.hubbub("always") as always, stage.hubbub("everysec") as everysec:
        for number in range(stage.runs):
            for fsync, hubbub in (("always", always), ("everysec", everysec)):
                for codec in CODECS:
                    stage.say(f"run {number + 1} of {stage.runs}, {fsync}, {codec.name}")
                    found = stage.measure(hubbub.talking(codec), *load)
                    yield f"{fsync}, {codec.name}", {"p50_ms": found.p50_ms, "p99_ms": found.p99_ms}


def bytes_of_message(stage: Stage, server: Server) -> int:
    """How many bytes one message of 100 has on the wire, by asking."""
    return stage.measure(server, "-c", 10, "-m", WARM_MESSAGES, "-w", 1).bytes_each


def _delivered(found: Found, top: Found) -> dict[str, float]:
    cost, least = (one.cpu.server_percent / one.delivered_per_s for one in (found, top))
    return {
        "deliveries_per_s": found.delivered_per_s,
        "limit_deliveries_per_s": top.delivered_per_s,
        "ratio": found.delivered_per_s / top.delivered_per_s,
        "cpu_ratio": least / cost if cost else 0.0,
        "bytes_each": found.bytes_each,
    }


def _published(found: Found) -> dict[str, float]:
    return {"publishes_per_s": found.published_per_s, "p99_ms": found.p99_ms, **_cpu(found)}


def _cpu(found: Found, whose: str = "") -> dict[str, float]:
    return {
        f"{whose}server_percent": found.cpu.server_percent,
        f"{whose}core_percent": found.cpu.core_percent,
    }
