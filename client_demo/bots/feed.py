"""The items of a feed file, oldest first: RSS, Atom, or a line of JSON each (`{"id", "text"}`).

Knows formats. Refuses to know where a file comes from and what becomes of its items.
"""

import json
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ATOM = "{http://www.w3.org/2005/Atom}"


class Item(NamedTuple):
    """Something to announce; `id` is its own for ever."""

    id: str
    text: str


def items(file: Path) -> list[Item]:
    """What a file holds. Raises ValueError for what is no feed."""
    text = file.read_text()
    if not text.lstrip().startswith("<"):
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
        return [Item(str(line["id"]), str(line["text"])) for line in lines]
    if "<!DOCTYPE" in text:
        raise ValueError("A feed with a DOCTYPE may be a bomb of entities.")
    root = ElementTree.fromstring(text)
    found = [*root.iter("item"), *root.iter(f"{ATOM}entry")]
    return [_item(one) for one in reversed(found)]  # feeds have the newest first


def _item(element: ElementTree.Element) -> Item:
    link = element.find(f"{ATOM}link")
    address = _text(element, "link") or (link.get("href", "") if link is not None else "")
    title = _text(element, "title") or _text(element, f"{ATOM}title")
    id = _text(element, "guid") or _text(element, f"{ATOM}id") or address or title
    return Item(id, f"{title}\n{address}".strip())


def _text(element: ElementTree.Element, name: str) -> str:
    return (element.findtext(name) or "").strip()
