"""Whatever people write is text: nothing of it runs or leads astray, and no token leaves the tab."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Request, expect

from tests.browser import payloads
from tests.browser.visitor import Visitor, Visitors
from tests.support.client import Client, connected
from tests.support.server import Node
from tests.support.tokens import token

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# What no text of a person may ever become. Our own scripts have a `src`, our own pictures are drawn here.
FOREIGN: Final = """
script:not([src]), iframe, object, embed, base, meta[http-equiv], style, template, frame, animate, use,
foreignObject, img, video, audio, form[action], link[href*="//"], [style*="url"],
[onclick], [onerror], [onload], [onfocus], [onmouseover], [ontoggle]
"""
# Every attribute by which an element may lead somewhere or load something.
ADDRESSES: Final = """
() => ["href", "src", "action", "formaction", "srcdoc", "ping"].flatMap((name) =>
  [...document.querySelectorAll(`[${name}]`)]
    .map((node) => node.getAttribute(name))
    .map((address) => [address, new URL(address, document.baseURI).protocol]))
"""
# No element to hide behind, no key of Object.prototype that a message brought.
POLLUTED: Final = "() => ({}).polluted ?? window.polluted ?? Object.keys(Object.prototype)[0] ?? null"
TEXTS: Final = "(all) => all.map((one) => one.textContent)"


async def is_clean(visitor: Visitor) -> None:
    """Nothing but text came of what was written; complaints and dialogs are looked at when they leave."""
    await expect(visitor.page.locator(FOREIGN)).to_have_count(0)
    for address, protocol in await visitor.page.evaluate(ADDRESSES):
        assert protocol in ("http:", "https:"), address
    assert await visitor.page.evaluate(POLLUTED) is None


def requests_of(visitor: Visitor) -> list[Request]:
    """Everything that a page asks for from now on."""
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    visitor.page.on("request", note)
    return asked


async def accepted(client: Client, command: dict[str, Any]) -> int:
    """Carry out a command that the server takes; returns its seq."""
    reply = await client.ask(command)
    assert reply["t"] == "ack", reply
    seq: int = reply["seq"]
    return seq


async def test_every_payload_in_a_message_an_edit_and_a_quote_is_shown_as_it_was_written(
    visitors: Visitors,
) -> None:
    amina = await visitors.arrives("Amina", "participant")
    asked, room = requests_of(amina), visitors.room
    async with connected(visitors.site.url, token=token("mallory", name="Mallory"), rooms=(room,)) as mallory:
        for text in payloads.ALL:
            seq = await accepted(mallory, {"t": "publish", "room": room, "text": text})
            await accepted(mallory, {"t": "publish", "room": room, "text": f"re {seq}", "reply_to": seq})
        edited = await accepted(mallory, {"t": "publish", "room": room, "text": "first"})
        for text in payloads.MARKUP:
            await accepted(mallory, {"t": "edit", "room": room, "target": edited, "text": text})
        await accepted(mallory, {"t": "publish", "room": room, "text": "the last one"})

    await expect(amina.text("the last one")).to_be_visible()
    shown = "\0".join(await amina.texts.evaluate_all(TEXTS))
    missing = [text for text in (*payloads.ALL, payloads.MARKUP[-1]) if text.strip() not in shown]
    assert not missing
    await is_clean(amina)
    assert {urlsplit(one.url).netloc for one in asked} <= {urlsplit(visitors.site.http_url).netloc}


async def test_links_lead_where_they_say_and_nowhere_else(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    async with connected(visitors.site.url, token=token("mallory"), rooms=(visitors.room,)) as mallory:
        for text in (*payloads.LINKS, "https://example.org/a?b=c#d"):
            await accepted(mallory, {"t": "publish", "room": visitors.room, "text": f"see {text}"})

    await expect(amina.text("see https://example.org/a?b=c#d")).to_be_visible()
    links = await amina.page.locator(".message .text a").evaluate_all(
        """(all) => all.map((a) => {
            const host = a.nextElementSibling?.matches(".host") ? a.nextElementSibling.textContent : "";
            return [a.href, a.textContent + host, a.rel, a.target, a.hostname, a.username];
        })"""
    )
    assert "https://example.org/a?b=c#d" in [href for href, *_ in links]
    for href, text, rel, target, host, user in links:
        assert urlsplit(href).scheme in ("http", "https"), href
        assert {"noopener", "noreferrer", "nofollow", "ugc"} <= set(rel.split()), href
        assert target == "_blank" and not user, href
        # What stands there names the host it leads to: its real one, not the one it looks like.
        assert host in text, (href, text)


async def test_every_payload_in_a_name_is_shown_as_it_was_written(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    max_ = await visitors.arrives("Max", "moderator")
    for number, name in enumerate(payloads.NAMES):
        signed = token(f"mallory-{number}", name=name)
        async with connected(visitors.site.url, token=signed, rooms=(visitors.room,)) as mallory:
            mallory.send_frame({"t": "typing", "room": visitors.room})
            await accepted(mallory, {"t": "publish", "room": visitors.room, "text": f"@{name} says {number}"})

    for visitor in (amina, max_):
        await expect(visitor.text(f"@{name} says {number}")).to_be_visible()
        shown = await visitor.page.locator(".message .name").evaluate_all(TEXTS)
        assert [name for name in payloads.NAMES if name.strip() not in shown] == []
        await is_clean(visitor)
    signed = token("mallory-last", name=payloads.NAMES[0])
    async with connected(visitors.site.url, token=signed, rooms=(visitors.room,)):
        await expect(amina.page.locator(".aside")).to_contain_text(payloads.NAMES[0])
        await amina.composer.press_sequentially("@<script>al")
        await expect(amina.page.get_by_role("option").first).to_contain_text(payloads.NAMES[0])
        await amina.composer.press("Enter")
        await expect(amina.composer).to_have_value(f"@{payloads.NAMES[0]} ")
        await is_clean(amina)


async def test_a_name_that_would_write_into_its_surroundings_is_refused_with_a_word_about_it(
    visitors: Visitors,
) -> None:
    mallory = await visitors.opens()
    for name in payloads.REFUSED_NAMES:
        reply = await visitors.site.http("POST", "/api/guest", json={"name": name})
        assert reply.status_code == 400, name
    await mallory.page.locator("#name").fill("abc\u202egnp.exe")
    await mallory.page.locator("#name").press("Enter")

    await expect(mallory.page.get_by_role("alert")).to_contain_text("name")
    await is_clean(mallory)


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "Jean-Luc .*+?^${}()|[]\\/ [a-"])
async def test_a_guest_with_an_odd_name_reads_it_as_a_name_everywhere(visitors: Visitors, name: str) -> None:
    mallory = await visitors.arrives(name)
    amina = await visitors.arrives("Amina", "participant")
    await mallory.says("hello")
    await amina.says(f"Hello @{name}, are you here?")

    await expect(amina.page.locator(".message .name")).to_have_text([name, "Amina"])
    await expect(mallory.text(f"Hello @{name}, are you here?")).to_be_visible()
    await expect(mallory.page.locator(".me").first).to_contain_text(name)
    for visitor in (mallory, amina):
        await is_clean(visitor)


async def test_every_payload_in_a_title_and_a_topic_is_shown_as_it_was_written(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    max_ = await visitors.arrives("Max", "moderator")
    signed = token("keeper", name="Keeper", roles={"place": "moderator"})
    async with connected(visitors.site.url, token=signed, rooms=(visitors.room,)) as keeper:
        for text in payloads.NAMES:
            command = {"t": "settings", "room": visitors.room, "title": text, "topic": f"{text} {text}"}
            await accepted(keeper, command)

    for visitor in (amina, max_):
        await expect(visitor.page.locator("h1")).to_contain_text(payloads.NAMES[-1])
        await is_clean(visitor)
    rooms = await amina.page.locator("[data-room]").evaluate_all(TEXTS)
    assert any(payloads.NAMES[-1] in text for text in rooms)


async def test_every_payload_in_a_reason_is_shown_as_it_was_written(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    max_ = await visitors.arrives("Max", "moderator")
    room, reasons = visitors.room, [text for text in payloads.ALL if len(text) <= 500]
    keeper_token = token("keeper", name="Keeper", roles={"place": "moderator"})
    people = [token(f"mallory-{number}", name="Mallory") for number in range(len(reasons))]
    async with connected(visitors.site.url, token=keeper_token, rooms=(room,)) as keeper:
        for number, reason in enumerate(reasons):
            common = {"room": room, "reason": reason}
            mode = ("announcement", "agora")[number % 2]
            await accepted(keeper, {"t": "mode", "mode": mode, **common})
            mute = {"t": "sanction", "subject": f"mallory-{number}", **common}
            await accepted(keeper, {**mute, "action": "mute"})
            if mode == "announcement" and number < 20:
                asking = {"t": "floor", "action": "ask", **common}
                async with connected(visitors.site.url, token=people[-1 - number], rooms=(room,)) as asker:
                    await accepted(asker, asking)
        await accepted(keeper, {"t": "mode", "mode": "announcement", "room": room, "reason": reasons[2]})
        await accepted(keeper, {"t": "publish", "room": room, "text": "all said"})

    for visitor in (amina, max_):
        await expect(visitor.text("all said")).to_be_visible()
        shown = "\0".join(await visitor.page.locator(".act").evaluate_all(TEXTS))
        assert [text for text in reasons if text.strip() not in shown] == []
        await is_clean(visitor)
    await expect(amina.panel).to_contain_text(reasons[2])


async def test_only_an_emoji_is_a_reaction(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    async with connected(visitors.site.url, token=token("mallory"), rooms=(visitors.room,)) as mallory:
        seq = await accepted(mallory, {"t": "publish", "room": visitors.room, "text": "react"})
        react = {"t": "react", "room": visitors.room, "target": seq, "on": True}
        for text in payloads.ALL:
            reply = await mallory.ask({**react, "emoji": text})
            assert reply["code"] in ("bad_request", "too_large"), text
        await accepted(mallory, {**react, "emoji": "\U0001f44d"})

    await expect(amina.page.locator(".reactions li")).to_have_count(1)
    await is_clean(amina)


async def test_keys_that_mean_something_to_a_page_mean_nothing_in_data_and_ids(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    for id in ("__proto__", "constructor", "toString", "hasOwnProperty"):
        signed = token(id, name=id)
        async with connected(visitors.site.url, token=signed, rooms=(visitors.room,)) as mallory:
            publish = {"t": "publish", "room": visitors.room, "text": id}
            harm = {"a": [{"__proto__": {"polluted": True}}], "constructor": {"prototype": {}}, "toString": 1}
            await accepted(mallory, {**publish, "data": harm})

    await amina.sees("__proto__", "constructor", "toString", "hasOwnProperty")
    await amina.page.reload()
    await amina.sees("__proto__", "constructor", "toString", "hasOwnProperty")
    await is_clean(amina)


async def test_texts_of_any_direction_leave_the_line_around_them_alone(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    signed = token("mallory", name="שלום (abc)")
    async with connected(visitors.site.url, token=signed, rooms=(visitors.room,)) as mallory:
        await mallory.publish(visitors.room, "abc\u202egnp.exe and on")

    await expect(amina.texts).to_have_count(1)
    isolated = await amina.page.locator(".message").evaluate(
        """(row) => [row.querySelector(".name"), row.querySelector(".text")].map((node) =>
            ["isolate", "isolate-override", "plaintext"].includes(getComputedStyle(node).unicodeBidi))"""
    )
    assert isolated == [True, True]


async def test_long_words_do_not_widen_a_narrow_screen(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant", viewport={"width": 320, "height": 640})
    async with connected(
        visitors.site.url, token=token("m", name="W" * 64), rooms=(visitors.room,)
    ) as mallory:
        for text in ("A" * 3_000, "https://example.org/" + "a" * 500):
            await accepted(mallory, {"t": "publish", "room": visitors.room, "text": text})

    await expect(amina.texts).to_have_count(2)
    assert not await amina.overflows()
    box = amina.page.locator(".scroll")
    assert await box.evaluate("(box) => box.scrollWidth <= box.clientWidth")


# -- The policy, and tokens ------------------------------------------------------------------------


async def test_the_page_comes_with_a_policy_that_lets_nothing_in(visitors: Visitors) -> None:
    reply = await visitors.site.http("GET", "/")
    directives = dict(
        part.strip().partition(" ")[::2] for part in reply.headers["content-security-policy"].split(";")
    )

    expected = {
        "default-src": "'none'",
        "script-src": "'self'",
        "img-src": "'self'",
        "style-src": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
    }
    assert {name: directives.get(name) for name in expected} == expected
    assert directives["connect-src"].split()[0] == "'self'"
    assert "unsafe" not in reply.headers["content-security-policy"]


@pytest.mark.parametrize(
    "attempt",
    [
        "document.body.innerHTML = '<b>x</b>'",
        "document.body.insertAdjacentHTML('beforeend', '<b>x</b>')",
        "document.write('<b>x</b>')",
        "new Function('return 1')()",
        "setTimeout('window.polluted = 1')",
        "trustedTypes.createPolicy('ours', {createHTML: (text) => text})",
    ],
)
async def test_no_text_can_be_made_markup_or_code_even_from_inside(
    browser: Browser, site: Node, attempt: str
) -> None:
    page = await browser.new_page()  # whose complaints are no fault: the policy tells of every attempt
    await page.goto(site.http_url)

    # In a task of the page's own: what a debugger evaluates is above the policy.
    attempted = f"try {{ {attempt}; tell('done'); }} catch (fault) {{ tell(fault.name); }}"
    refusal = await page.evaluate(f"new Promise((tell) => setTimeout(() => {{ {attempted} }}))")

    assert refusal in ("TypeError", "EvalError")
    assert await page.evaluate("window.polluted ?? null") is None
    await page.close()


async def test_a_token_is_in_no_request_in_no_history_and_in_this_tab_only(visitors: Visitors) -> None:
    amina = await visitors.opens()
    asked = requests_of(amina)
    sockets: list[str] = []
    amina.page.on("websocket", lambda socket: sockets.append(socket.url))
    signed = token("amina", name="Amina")
    await amina.page.goto(f"{visitors.site.http_url}/?hub=place")
    await amina.page.goto(f"{visitors.site.http_url}/#token={signed}")
    await expect(amina.page.locator("#composer")).to_be_visible()
    await amina.page.reload()
    await expect(amina.page.locator("#composer")).to_be_visible()
    await amina.says("hello")
    await amina.sees("hello")

    assert sockets and asked
    seen_by_others = [*sockets, *(one.url for one in asked), *(str(one.headers) for one in asked)]
    secret = signed.rpartition(".")[2]
    assert not [
        one for one in seen_by_others if "eyJ" in one.partition("#")[0] or secret in one.partition("#")[0]
    ]
    kept = await amina.page.evaluate(
        "[JSON.stringify(localStorage), document.cookie, location.href, document.title]"
    )
    assert not [one for one in kept if "eyJ" in one or secret in one]
    await amina.page.goto(f"{visitors.site.http_url}/?hub=place")
    await amina.page.go_back()
    assert "eyJ" not in amina.page.url
    other = await amina.context.new_page()
    await other.goto(visitors.site.http_url)
    await expect(other.locator("#name")).to_be_visible()
