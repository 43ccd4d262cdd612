"""What GitHub tells: pushes, issues, pull requests and releases, in words.

Knows the parts of the payloads that people read. Refuses to know the rest, and what is done with a text.
Raises msgspec's errors for what is no such payload, and Refused for other events.
"""

from typing import assert_never

import msgspec

from hubbub.domain import limits
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.hooks.said import NothingToSay, Said, first_line, listed

EVENT_HEADER = "x-github-event"
DELIVERY_HEADER = "x-github-delivery"
EVENTS = "push, issues, pull_request, release"
HASH_CHARS = 7
"""Of a commit's hash: what git itself shows."""

TOLD = {
    "issues": {"opened", "closed", "reopened"},
    "pull_request": {"opened", "closed", "reopened", "ready_for_review"},
    "release": {"published"},
}
"""Actions that are worth a message; labels, assignments and the like are not."""


class Account(msgspec.Struct, frozen=True):
    """Who did it."""

    login: str


class Pusher(msgspec.Struct, frozen=True):
    """Who pushed."""

    name: str


class Repository(msgspec.Struct, frozen=True):
    """Where it happened."""

    full_name: str


class Commit(msgspec.Struct, frozen=True):
    """One commit of a push."""

    id: str
    message: str


class Push(msgspec.Struct, frozen=True):
    """The event `push`."""

    ref: str
    repository: Repository
    pusher: Pusher
    compare: str = ""
    commits: list[Commit] = []
    created: bool = False
    deleted: bool = False
    forced: bool = False


class Thing(msgspec.Struct, frozen=True):
    """An issue or a pull request."""

    number: int
    title: str
    html_url: str
    merged: bool | None = None


class IssueEvent(msgspec.Struct, frozen=True):
    """The event `issues`."""

    action: str
    issue: Thing
    repository: Repository
    sender: Account


class PullRequestEvent(msgspec.Struct, frozen=True):
    """The event `pull_request`."""

    action: str
    pull_request: Thing
    repository: Repository
    sender: Account


class Release(msgspec.Struct, frozen=True):
    """A release."""

    tag_name: str
    html_url: str
    name: str | None = None


class ReleaseEvent(msgspec.Struct, frozen=True):
    """The event `release`."""

    action: str
    release: Release
    repository: Repository
    sender: Account


SHAPES: dict[str, type[Push | IssueEvent | PullRequestEvent | ReleaseEvent]] = {
    "push": Push,
    "issues": IssueEvent,
    "pull_request": PullRequestEvent,
    "release": ReleaseEvent,
}


def said(event: str, body: bytes) -> Said | NothingToSay:
    """What an event says, if it says anything to people."""
    if event == "ping":
        return NothingToSay("ping")
    if event not in SHAPES:
        words = f"X-GitHub-Event is {event[: limits.ECHO_CHARS]!r}: choose {EVENTS}"
        raise Refused(Refusal(Code.BAD_REQUEST, words))
    told: Push | IssueEvent | PullRequestEvent | ReleaseEvent = msgspec.json.decode(body, type=SHAPES[event])
    if not isinstance(told, Push) and told.action not in TOLD[event]:
        return NothingToSay(f"{event} {told.action[: limits.ECHO_CHARS]}")
    match told:
        case Push():
            return Said(_push(told))
        case IssueEvent(action, issue, repository, sender):
            return Said(_thing(f"{sender.login} {action} issue", repository, issue))
        case PullRequestEvent(action, pull_request, repository, sender):
            deed = "merged" if action == "closed" and pull_request.merged else action
            deed = "marked ready" if deed == "ready_for_review" else deed
            return Said(_thing(f"{sender.login} {deed} pull request", repository, pull_request))
        case ReleaseEvent(_, release, repository, sender):
            title = release.name or release.tag_name
            return Said(f"{sender.login} released {repository.full_name} {title}\n{release.html_url}")
        case _:
            assert_never(told)


def _push(push: Push) -> str:
    kind, _, name = push.ref.removeprefix("refs/").partition("/")
    what = f"{'the tag' if kind == 'tags' else 'the branch'} {name} of {push.repository.full_name}"
    if push.deleted:
        return f"{push.pusher.name} deleted {what}"
    if not push.commits:
        return f"{push.pusher.name} {'made' if push.created else 'moved'} {what}\n{push.compare}".rstrip()
    count = f"{len(push.commits)} commit{'s' if len(push.commits) > 1 else ''}"
    verb = "force-pushed" if push.forced else "pushed"
    lines = listed(f"{one.id[:HASH_CHARS]} {first_line(one.message)}" for one in push.commits)
    head = f"{push.pusher.name} {verb} {count} to {what}"
    return "\n".join([head, *lines, push.compare]).rstrip()


def _thing(who_did: str, repository: Repository, thing: Thing) -> str:
    return f"{who_did} {repository.full_name}#{thing.number}: {thing.title}\n{thing.html_url}"
