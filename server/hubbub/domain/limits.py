"""Every bound of the protocol and of a node, with its unit and its reason.

Knows numbers. Refuses to know who enforces them and how a breach is told. A bound that an operator
may change stands here with its default; the settings carry the changed value to where it is used.
"""

import msgspec

# -- What one frame may be -------------------------------------------------------------------------

FRAME_BYTES = 65_536  # inbound, one WebSocket message; over it: close 1009. OWASP says 64 KiB or less
REPLY_BYTES = 262_144  # outbound, one reply that lists entries; it ends early rather than be longer
FRAGMENTS = 64  # continuations of one message: empty ones would never trip FRAME_BYTES
FRAGMENT_SECONDS = 10  # from the first to the last fragment of one message
SAFE_INTEGER = 2**53 - 1  # the largest integer that a JavaScript number holds exactly
REF_MAX = 2**32 - 1  # refs are the client's choice and fit 32 bits everywhere

# -- What one field may be -------------------------------------------------------------------------

TEXT_CHARS = 4_000  # code points of a message: a long post, not a file
NAME_CHARS = 64  # code points of a name or title, after NFC: one line of a list
NAME_RAW_CHARS = 4 * NAME_CHARS  # before NFC, which joins 4 at most and is slow for runs of marks
REASON_CHARS = 500  # code points of a reason: a paragraph, which others will read
TOPIC_CHARS = 500  # code points of a topic
ID_CHARS = 64  # printable ASCII of a command's id: a UUID, ULID or hash fits
SUBJECT_CHARS = 128  # printable ASCII of an identity's id (the `sub` of a token)
EPOCH_CHARS = 64  # of an epoch as a client may send it back; ours are far shorter
CURSOR_CHARS = 256  # of a page's `after`; ours hold an identity's id at most
EMOJI_CODE_POINTS = 16  # of one emoji; the longest in common use (two people kissing, toned) has 10
DATA_BYTES = 4_096  # of `data` as compact UTF-8 JSON
DATA_DEPTH = 8  # containers within one another in `data`
ECHO_CHARS = 64  # of what a client sent, quoted in a `reason`: a nack is no amplifier
TOKEN_BYTES = 4_096  # a JWT with the roles of some dozen hubs; a longer one is refused unread
SLOW_MS_MAX = 86_400_000  # the slowest mode: one message a day

# -- What a reply may list -------------------------------------------------------------------------

JOIN_ENTRIES = 50  # newest entries of a join that names no limit
PAGE_ENTRIES = 300  # most entries of a join or a page of history
RESUME_ENTRIES = 1_000  # most entries of a resume; beyond it a fresh join is cheaper
PEOPLE_PAGE = 200  # people a page of `who` and `people`
FLOOR_LIST = 200  # of those who asked, and of those who have the floor, in a room's state
MESSAGES_COUNTED = 1_000  # unread messages are counted up to here in `watching`
EMOJIS_PER_MESSAGE = 20  # different ones; the 21st is too_large

# -- What one connection and one identity may do ---------------------------------------------------

ROOMS_PER_CONNECTION = 100  # Phoenix 100, Centrifuge 128
CONNECTIONS_PER_IDENTITY = 10  # tabs and devices; ejabberd 10, Ergo 16
CONNECTIONS_PER_ADDRESS = 32  # a household or a classroom; off in benchmarks and behind a proxy
PUBLISH_BURST = 60  # commands that append, per identity and node: a flurry of typing
PUBLISH_PER_S = 10  # the same, sustained: nobody types faster, a bot may
EDIT_MS = 24 * 3_600_000  # how long an author may change a text that people have answered
BAD_FRAMES = 3  # undecodable frames within BAD_FRAMES_SECONDS; the third closes with 4501
BAD_FRAMES_SECONDS = 60
RATE_LIMITED_REPLIES = 20  # `rate_limited` within RATE_LIMITED_SECONDS; the 20th closes with 4013
RATE_LIMITED_SECONDS = 10

# -- How long a connection may keep a node waiting -------------------------------------------------

REQUEST_HEAD_SECONDS = 10  # from accept to the end of the HTTP request head (slowloris)
HELLO_SECONDS = 5  # from the upgrade to an accepted hello; NATS 2, Centrifugo 10
PING_MS = 25_000  # of silence of ours before a ping: proxies cut idle sockets from 30 s on
PONG_SECONDS = 10  # from a ping to any sign of life, while the connection is read
SLOW_READER_SECONDS = 30  # without one byte read by the peer; then close 4008
WRITE_CHUNK_BYTES = 65_536  # of one write to one connection, so that nobody's turn is long
CLOSE_SECONDS = 5  # for the peer's half of the closing handshake

# -- How long the store may keep a node waiting ----------------------------------------------------

STORE_SECONDS = 2  # for one answer; then unknown_outcome
BATCH_COMMANDS = 256  # in one call of the store: bounds how long it serves nobody else
BATCH_BYTES = 262_144  # in one call of the store

# -- What a room keeps -----------------------------------------------------------------------------

RETAIN_MESSAGES = 10_000  # newest messages of a room
RETAIN_MS = 400 * 86_400_000  # a year and the time to notice
RETAIN_ENTRIES_PER_MESSAGE = 10  # entries kept = this × retain_messages: reactions cannot push all out
DUPLICATE_SECONDS = 600  # for how long a command's id is remembered at least; Centrifuge 5 min
FLOOR_RETRY_SECONDS = 60  # from a refusal of the floor to the next ask

# -- Ephemeral frames ------------------------------------------------------------------------------

TYPING_PEOPLE = 100  # in a bigger room nobody is told who types
TYPING_NAMES = 5  # in one push
PRESENCE_NAMES_PEOPLE = 100  # in a bigger room only the count is pushed


class Limits(msgspec.Struct, frozen=True):
    """The limits that `welcome` tells; `null` is a limit that is off."""

    frame_bytes: int | None = FRAME_BYTES
    """Of one message that a client sends; a longer one closes with 1009."""
    reply_bytes: int | None = REPLY_BYTES
    """Of one reply that lists entries; it ends early rather than be longer."""
    text_chars: int | None = TEXT_CHARS
    """Code points of a message's text."""
    rooms: int | None = ROOMS_PER_CONNECTION
    """That one connection may be in."""
    publish_burst: int | None = PUBLISH_BURST
    """Commands that append, of one identity on one node, at once."""
    publish_per_s: int | None = PUBLISH_PER_S
    """The same, sustained, a second."""
    edit_ms: int | None = EDIT_MS
    """How long an author may change a message."""
    retain_messages: int | None = RETAIN_MESSAGES
    """Newest messages that a room keeps."""
    retain_ms: int | None = RETAIN_MS
    """How long a room keeps a message."""
