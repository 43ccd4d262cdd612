"""What other programs POST becomes a text that people read."""

import json
from typing import Any

import pytest

from hubbub.domain import limits
from hubbub.domain.refusals import Code, Refused
from hubbub.hooks.payloads import said
from hubbub.hooks.said import NothingToSay, Said

REPOSITORY = {"full_name": "town/site"}
SENDER = {"login": "amina"}
THING = {"number": 7, "title": "The map is empty", "html_url": "https://git.example/7"}


def spoken(fields: object, **headers: str) -> Said:
    """What a body says that says something."""
    what = said(json.dumps(fields).encode(), {name.replace("_", "-"): text for name, text in headers.items()})
    assert isinstance(what, Said)
    return what


def push(**more: Any) -> dict[str, Any]:
    fields = {"ref": "refs/heads/main", "repository": REPOSITORY, "pusher": {"name": "amina"}}
    return {**fields, "compare": "https://git.example/a...b", **more}


def commits(count: int) -> list[dict[str, str]]:
    return [{"id": f"{number:040}", "message": f"Step {number}\n\nAnd why"} for number in range(count)]


def test_a_plain_text_is_the_message() -> None:
    assert spoken({"text": "The build is green", "username": "ignored"}) == Said("The build is green")


def test_a_text_that_is_too_long_is_cut_with_an_ellipsis() -> None:
    text = spoken({"text": "x" * 5_000}).text
    assert len(text) == limits.TEXT_CHARS
    assert text.endswith("x…")


def test_a_key_of_the_sender_is_the_id_of_the_message() -> None:
    assert spoken({"text": "a"}, idempotency_key="run-7").key == "run-7"


def test_a_key_that_cannot_be_an_id_becomes_its_checksum() -> None:
    key = spoken({"text": "a"}, idempotency_key="é" * 70).key
    assert key is not None and len(key) == limits.ID_CHARS


def test_a_delivery_of_github_sent_again_is_the_same_message() -> None:
    assert spoken(push(commits=commits(1)), x_github_event="push", x_github_delivery="72d3").key == "72d3"


def test_a_push_names_its_commits_by_their_first_lines() -> None:
    assert spoken(push(commits=commits(2)), x_github_event="push").text.splitlines() == [
        "amina pushed 2 commits to the branch main of town/site",
        "• 0000000 Step 0",
        "• 0000000 Step 1",
        "https://git.example/a...b",
    ]


def test_a_push_of_many_commits_names_ten() -> None:
    lines = spoken(push(commits=commits(12)), x_github_event="push").text.splitlines()
    assert len(lines) == 13
    assert lines[-2] == "… and 2 more"


@pytest.mark.parametrize(
    ("more", "head"),
    [
        ({"deleted": True}, "amina deleted the branch main of town/site"),
        ({"created": True, "ref": "refs/tags/v1"}, "amina made the tag v1 of town/site"),
        (
            {"forced": True, "commits": commits(1)},
            "amina force-pushed 1 commit to the branch main of town/site",
        ),
    ],
)
def test_a_push_says_what_became_of_the_branch(more: dict[str, Any], head: str) -> None:
    assert spoken(push(**more), x_github_event="push").text.splitlines()[0] == head


@pytest.mark.parametrize(
    ("event", "fields", "head"),
    [
        ("issues", {"action": "opened", "issue": THING}, "amina opened issue town/site#7: The map is empty"),
        (
            "pull_request",
            {"action": "closed", "pull_request": {**THING, "merged": True}},
            "amina merged pull request town/site#7: The map is empty",
        ),
        (
            "pull_request",
            {"action": "closed", "pull_request": {**THING, "merged": False}},
            "amina closed pull request town/site#7: The map is empty",
        ),
        (
            "release",
            {"action": "published", "release": {"tag_name": "v1", "html_url": "https://git.example/v1"}},
            "amina released town/site v1",
        ),
    ],
)
def test_events_of_github_are_told_with_who_did_what(event: str, fields: dict[str, Any], head: str) -> None:
    text = spoken({**fields, "repository": REPOSITORY, "sender": SENDER}, x_github_event=event).text
    assert text.splitlines()[0] == head
    assert text.splitlines()[1].startswith("https://git.example/")


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("ping", {"zen": "Keep it logically awesome."}),
        ("issues", {"action": "labeled", "issue": THING, "repository": REPOSITORY, "sender": SENDER}),
    ],
)
def test_what_nobody_need_read_says_nothing(event: str, fields: dict[str, Any]) -> None:
    assert isinstance(said(json.dumps(fields).encode(), {"x-github-event": event}), NothingToSay)


def notification(status: str = "firing", starts_at: str = "2026-11-23T20:00:00Z") -> dict[str, Any]:
    labels = {"alertname": "DiskFull", "instance": "db-1"}
    told = {"annotations": {"summary": "2 % left"}, "startsAt": starts_at}
    alert = {"status": status, "labels": labels, **told}
    return {
        "version": "4", "groupKey": '{}:{alertname="DiskFull"}', "status": status, "receiver": "hubbub",
        "alerts": [alert], "externalURL": "http://alerts.example",
    }  # fmt: skip


def test_alerts_are_told_with_their_summary_and_labels() -> None:
    assert spoken(notification()).text.splitlines() == [
        "FIRING (1): DiskFull",
        "• DiskFull: 2 % left [firing] instance=db-1",
        "http://alerts.example",
    ]


def test_a_notification_sent_again_is_the_same_message() -> None:
    assert spoken(notification()).key == spoken(notification()).key


@pytest.mark.parametrize(
    "other", [notification(status="resolved"), notification(starts_at="2026-11-24T08:00:00Z")]
)
def test_another_state_of_a_group_of_alerts_is_another_message(other: dict[str, Any]) -> None:
    assert spoken(notification()).key != spoken(other).key


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (b"text=hello", {}, "not JSON"),
        (b'{"text":' * 10_000, {}, "not JSON"),
        (b"[]", {}, "body"),
        (b"{}", {}, '"text"'),
        (b'{"text":7}', {}, "$.text"),
        (b'{"text":" "}', {}, "text"),
        (b'{"text":"\\ud800"}', {}, "body"),
        (b'{"version":"3","alerts":[]}', {}, "$.version"),
        (b"{}", {"x-github-event": "star"}, "X-GitHub-Event"),
        (b"{}", {"x-github-event": "push"}, "ref"),
    ],
)
def test_what_is_no_known_shape_is_refused_with_the_reason(
    body: bytes, headers: dict[str, str], reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        said(body, headers)
    assert refused.value.refusal.code is Code.BAD_REQUEST
    assert reason in refused.value.refusal.reason
