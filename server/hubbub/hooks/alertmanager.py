"""What Alertmanager notifies (its webhook payload, version 4), in words.

Knows groups, alerts and which of their parts people read. Refuses to know what is done with a text.
Raises msgspec's errors for what is no such payload.
"""

from typing import Literal

import msgspec

from hubbub.hooks.said import Said, first_line, listed


class Alert(msgspec.Struct, frozen=True, rename="camel"):
    """One alert of a group."""

    status: str
    labels: dict[str, str]
    starts_at: str
    annotations: dict[str, str] = {}

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "alert")


class Notification(msgspec.Struct, frozen=True, rename="camel"):
    """A notification of a group of alerts."""

    version: Literal["4"]
    group_key: str
    status: str
    alerts: list[Alert]
    external_url: str = msgspec.field(name="externalURL", default="")


def said(body: bytes) -> Said:
    """A notification as text; the same group in the same state has the same key."""
    told = msgspec.json.decode(body, type=Notification)
    alerts = dict.fromkeys(alert.name for alert in told.alerts)
    head = f"{told.status.upper()} ({len(told.alerts)}): {', '.join(alerts)}"
    text = "\n".join([head, *listed(map(_line, told.alerts)), told.external_url]).rstrip()
    states = sorted(f"{one.status} {one.starts_at} {sorted(one.labels.items())}" for one in told.alerts)
    return Said(text, key="\n".join([told.group_key, told.status, *states]))


def _line(alert: Alert) -> str:
    words = alert.annotations.get("summary") or alert.annotations.get("description") or ""
    labels = " ".join(f"{name}={value}" for name, value in alert.labels.items() if name != "alertname")
    about = f"{alert.name}: {first_line(words)}" if words else alert.name
    return f"{about} [{alert.status}] {labels}".rstrip()
