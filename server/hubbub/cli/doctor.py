"""`hubbub doctor`: whether a server would run well here, and what to change if not.

Knows what is looked at and says each finding in words. Changes nothing, except that it loads the function
library as every server does.
"""

import asyncio
import platform
import resource
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text

from hubbub.cli.faults import REFUSED, told_plainly
from hubbub.cli.options import NET_PANEL, data_dir_option, redis_url_option, value
from hubbub.cli.reaching import store_of
from hubbub.cli.words import one_line
from hubbub.folder import StartRefused
from hubbub.roomlog.client import OutcomeUnknown, Store, StoreFault, StoreUnavailable
from hubbub.settings import Settings, read_settings
from hubbub.store_check import missing_commands, words_of

Verdict = Literal["ok", "warn", "fail"]

COLOUR_BY_VERDICT: dict[Verdict, str] = {"ok": "green", "warn": "yellow", "fail": "bold red"}

FILES_LEAST, FILES_GOOD = 256, 10_000
"""Open files: what a server needs to do anything, and one for each of some thousand connections."""

CLOCK_MS_GOOD, CLOCK_MS_MOST = 1_000, 5_000
"""Difference to the store's clock; tokens are checked with 5 s of leeway."""

BEHIND_LEAST_BYTES = 8 << 20
"""Of what waits for a node: two seconds of 10,000 messages of 400 bytes. Cut, it reads it all again."""

STORE_VERSION_LEAST = (7, 0)

LIVEZ_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and the words for it."""

    subject: str
    verdict: Verdict
    words: str


def doctor(
    host: Annotated[str | None, value("host", "Address that the server listens on.", NET_PANEL)] = None,
    port: Annotated[str | None, value("port", "Port that the server listens on.", NET_PANEL)] = None,
    data_dir: Annotated[str | None, data_dir_option()] = None,
    redis_url: Annotated[str | None, redis_url_option()] = None,
) -> None:
    """Look whether a server would run well here: a line each, ok, warn or fail.

    Exit code 1 if something fails.
    """
    with told_plainly():
        settings = read_settings(host=host, port=port, data_dir=data_dir, redis_url=redis_url)
        console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        is_well = True
        for finding in [*machine(settings), *asyncio.run(store(settings))]:
            verdict = (f"{finding.verdict:5}", COLOUR_BY_VERDICT[finding.verdict])
            console.print(Text.assemble(verdict, f"{finding.subject:12} {one_line(finding.words)}"))
            is_well = is_well and finding.verdict != "fail"
    if not is_well:
        raise typer.Exit(REFUSED)


def machine(settings: Settings) -> Iterator[Finding]:
    """What can be told without the store."""
    is_new = sys.version_info >= (3, 11)
    yield Finding(
        "Python", "ok" if is_new else "fail", f"{platform.python_version()}, 3.11 or newer is needed"
    )
    yield open_files(*resource.getrlimit(resource.RLIMIT_NOFILE))
    yield port_finding(settings)


def open_files(soft: int, hard: int) -> Finding:
    """Whether the limit on open files lets many people in."""
    shown = "unlimited" if soft == resource.RLIM_INFINITY else str(soft)
    count = sys.maxsize if soft == resource.RLIM_INFINITY else soft
    if count >= FILES_GOOD:
        return Finding("Open files", "ok", f"{shown} at once")
    more = f"each connection takes one; ulimit -n raises it (up to {hard})"
    return Finding("Open files", "warn" if count >= FILES_LEAST else "fail", f"only {shown} at once: {more}")


def port_finding(settings: Settings) -> Finding:
    """Whether the port is free, or a Hubbub's already."""
    from hubbub.serving import listen  # slow: the whole server

    where = f"{settings.host}:{settings.port}"
    try:
        listen(settings.host, settings.port).close()
    except StartRefused as refusal:
        if _is_hubbub(settings):
            return Finding("Port", "warn", f"{where} is in use by a Hubbub that runs already")
        return Finding("Port", "fail", str(refusal))
    return Finding("Port", "ok", f"{where} is free")


async def store(settings: Settings) -> list[Finding]:
    """What the store tells: a private one is started if none runs."""
    where = "the given one" if settings.redis_url is not None else f"private, in {settings.data_dir}"
    try:
        async with store_of(settings) as asked:
            findings = [Finding("Store", "ok", f"{where}: {await _name(asked)}")]
            findings.append(await _version(asked))
            findings.append(await _commands(asked))
            findings.append(await _library(asked))
            findings.append(await _persistence(asked))
            findings.append(await _subscribers(asked))
            findings.append(await _clock(asked))
            return findings
    except StartRefused as refusal:
        return [Finding("Store", "fail", f"{where}: {refusal}")]
    except (StoreUnavailable, OutcomeUnknown, StoreFault) as fault:
        return [Finding("Store", "fail", f"{where}: {words_of(fault)}")]


async def _name(asked: Store) -> str:
    told = await _told(asked, "server")
    return (
        f"Valkey {told['valkey_version']}" if "valkey_version" in told else f"Redis {told['redis_version']}"
    )


async def _version(asked: Store) -> Finding:
    told = await _told(asked, "server")
    version = told["redis_version"]  # Valkey says the Redis that it is compatible with
    is_new = tuple(int(part) for part in version.split(".")[:2]) >= STORE_VERSION_LEAST
    words = f"speaks as Redis {version}, 7.0 or newer is needed"
    return Finding("Version", "ok" if is_new else "fail", words)


async def _commands(asked: Store) -> Finding:
    missing = await missing_commands(asked)
    if missing:
        return Finding("Commands", "fail", f"missing: {', '.join(missing)}")
    return Finding("Commands", "ok", "all that are needed")


async def _library(asked: Store) -> Finding:
    try:
        await asked.load_library()
    except (StoreFault, StoreUnavailable) as fault:
        return Finding("Library", "fail", f"cannot be loaded: {words_of(fault)}")
    return Finding("Library", "ok", "loaded")


async def _persistence(asked: Store) -> Finding:
    told = await _told(asked, "persistence")
    if told.get("aof_enabled") != "1":
        return Finding(
            "Persistence", "warn", "no append-only file: a restart may lose entries that were acked"
        )
    try:
        _, fsync = await asked.command("CONFIG", "GET", "appendfsync")
    except (StoreFault, StoreUnavailable, ValueError):
        return Finding("Persistence", "warn", "append-only file; the store does not tell when it is synced")
    if fsync != b"always":
        words = f"append-only file, synced {fsync.decode()}: a crash may lose the newest entries"
        return Finding("Persistence", "warn", words)
    return Finding("Persistence", "ok", "append-only file, every write synced")


async def _subscribers(asked: Store) -> Finding:
    try:
        _, limits = await asked.command("CONFIG", "GET", "client-output-buffer-limit")
        uncounted = await asked.command("CONFIG", "GET", "min-string-size-avoid-copy-reply")
    except (StoreFault, StoreUnavailable, ValueError):
        return Finding("Subscribers", "warn", "the store does not tell when it cuts a node that is behind")
    hard, soft, _ = limits.decode().partition("pubsub ")[2].split()[:3]
    return subscribers_finding(int(hard), int(soft), int(uncounted[1]) if uncounted else 0)


def subscribers_finding(hard_bytes: int, soft_bytes: int, uncounted_bytes: int) -> Finding:
    """Whether the store gives a node that falls behind some time, and not all of its memory."""
    least = min((size for size in (hard_bytes, soft_bytes) if size), default=0)
    if not hard_bytes:
        advice = "a node that stands still takes the store's memory; set client-output-buffer-limit pubsub"
        return Finding("Subscribers", "warn", f"never cut: {advice}")
    if least < BEHIND_LEAST_BYTES:
        advice = f"set client-output-buffer-limit pubsub to {BEHIND_LEAST_BYTES >> 20} MiB or more"
        return Finding("Subscribers", "warn", f"cut when {least} bytes behind, and reads it again: {advice}")
    if uncounted_bytes:
        advice = "set min-string-size-avoid-copy-reply to 0"
        words = f"some stores do not count what is over {uncounted_bytes} bytes, and never cut: {advice}"
        return Finding("Subscribers", "warn", words)
    return Finding("Subscribers", "ok", f"cut when {hard_bytes >> 20} MiB behind")


async def _clock(asked: Store) -> Finding:
    before_ms = time.time() * 1000
    seconds, micros = await asked.command("TIME")
    middle_ms = (before_ms + time.time() * 1000) / 2
    return clock_finding(round(int(seconds) * 1000 + int(micros) / 1000 - middle_ms))


def clock_finding(difference_ms: int) -> Finding:
    """Whether this machine and the store agree on the time."""
    apart_ms = abs(difference_ms)
    if apart_ms <= CLOCK_MS_GOOD:
        return Finding("Clock", "ok", f"{apart_ms} ms from the store's")
    verdict: Verdict = "warn" if apart_ms <= CLOCK_MS_MOST else "fail"
    return Finding(
        "Clock", verdict, f"{apart_ms} ms from the store's: tokens may be refused; synchronise both"
    )


async def _told(asked: Store, section: str) -> dict[str, str]:
    told: bytes = await asked.command("INFO", section)
    pairs: list[Any] = [line.partition(":") for line in told.decode().splitlines() if ":" in line]
    return {name: value for name, _, value in pairs}


def _is_hubbub(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{host}:{settings.port}/livez", timeout=LIVEZ_SECONDS) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False
