"""`hubbub serve`: the options of a server, and what each of them means.

Knows names and texts. Refuses to know what a value must look like (settings.py) and what it does.
"""

from typing import Annotated, TypeAlias

from hubbub.cli.faults import told_plainly
from hubbub.cli.options import DATA_DIR_WORDS, NET_PANEL, flag, value
from hubbub.settings import read_settings

Text: TypeAlias = str | None
Flag: TypeAlias = bool | None
"""An option that was not given is None: then the variable counts."""

STORE, PEOPLE, RUNNING = "Where it keeps things", "Who may come", "How it runs"


def serve(
    host: Annotated[Text, value("host", "Address to listen on.", NET_PANEL)] = None,
    port: Annotated[Text, value("port", "Port to listen on; 0 takes a free one.", NET_PANEL)] = None,
    allowed_origins: Annotated[
        Text, value("allowed-origins", "Further origins of web pages, comma-separated.", NET_PANEL)
    ] = None,
    trusted_proxies: Annotated[
        Text, value("trusted-proxies", "Networks whose X-Forwarded-For counts, comma-separated.", NET_PANEL)
    ] = None,
    metrics_from: Annotated[
        Text, value("metrics-from", "Networks that may read /metrics, besides this machine.", NET_PANEL)
    ] = None,
    data_dir: Annotated[
        Text, value("data-dir", "Folder of the private store.", STORE, DATA_DIR_WORDS)
    ] = None,
    redis_url: Annotated[
        Text, value("redis-url", "A Redis 7 or Valkey to use instead, shared by all on it.", STORE)
    ] = None,
    store_lossless: Annotated[
        Flag, flag("store-lossless", "That store never loses a write it has acknowledged.", STORE, "no")
    ] = None,
    secret: Annotated[
        Text, value("secret", "Key of signed tokens, 32 bytes or more.", PEOPLE, "made at first start")
    ] = None,
    jwks_url: Annotated[
        Text, value("jwks-url", "Keys of an identity provider, whose tokens count too.", PEOPLE)
    ] = None,
    guests: Annotated[Flag, flag("guests", "Admit people without a token.", PEOPLE)] = None,
    public_feeds: Annotated[
        Flag, flag("public-feeds", "Show announcements as a feed where no guests are.", PEOPLE)
    ] = None,
    rate_limits: Annotated[Flag, flag("rate-limits", "Bound what each identity may do.", PEOPLE)] = None,
    allow_private_webhooks: Annotated[
        Flag, flag("allow-private-webhooks", "Send webhooks to http:// and to addresses inside, too.", PEOPLE)
    ] = None,
    workers: Annotated[Text, value("workers", "Gateway processes on the port.", RUNNING)] = None,
    log_format: Annotated[
        Text, value("log-format", "auto, console (for people) or json (for programs).", RUNNING)
    ] = None,
    drain_seconds: Annotated[Text, value("drain-seconds", "Time to send people away in.", RUNNING)] = None,
    demo: Annotated[
        Flag, flag("demo", "Make the hub `place` to try things in; print links.", RUNNING)
    ] = None,
    bots: Annotated[
        Flag, flag("bots", "With --demo: a first conversation, and three bots for company.", RUNNING)
    ] = None,
) -> None:
    """Run a server, until Ctrl-C or SIGTERM; then it sends everybody away in good order.

    Without --redis-url it brings a private store and keeps everything in the data folder.

    Each option can be given as the variable in its brackets too; the option wins.
    """
    given = dict(locals())
    with told_plainly():
        settings = read_settings(**given)
        from hubbub import serving  # slow: only a server needs it

        serving.serve(settings)
