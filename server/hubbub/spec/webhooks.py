"""What the server sends by itself over HTTP: a room's entries to a webhook.

Knows the headers, the body and what the receiver's answers mean. Refuses to know how it is sent (hooks).
"""

from typing import Any, Final

from hubbub.spec.schemas import ref

DELIVERY: Final = "Delivery"
_HEADERS: Final = {
    "Hubbub-Signature": "`t=<seconds since 1970>,v1=<hex>`: the HMAC-SHA-256 of `t`, a full stop and the "
    "body as it is sent, with the webhook's secret as the key.",
    "Hubbub-Delivery": "`epoch/seq`, the same for the same entries sent again.",
    "Hubbub-Webhook": "The webhook's id.",
}


def webhooks() -> dict[str, Any]:
    """The calls that the server makes, by name."""
    operation = {
        "operationId": "deliver_entries",
        "summary": "A room's entries, in order, sent again until they are taken.",
        "description": "After an answer that is not 2xx, or none within 10 s, the same comes again, later "
        "and later. Redirects are not followed.",
        "tags": ["webhooks"],
        "security": [],
        "parameters": [_header(name, said) for name, said in _HEADERS.items()],
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref(DELIVERY)}}},
        "responses": {
            "2XX": {"description": "Taken: what follows comes next."},
            "410": {"description": "No more: the webhook is disabled."},
            "default": {"description": "Not taken; after a day of that the webhook is disabled."},
        },
    }
    return {"entries": {"post": operation}}


def _header(name: str, said: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "description": said, "schema": {"type": "string"}}
