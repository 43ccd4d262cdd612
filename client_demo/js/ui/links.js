/**
 * Somebody's text as nodes: web addresses become links, mentions of the reader stand out.
 *
 * Knows what an address is, where it ends in a sentence, and which ones pretend to lead elsewhere. Refuses to
 * parse anything else: a text stays a text.
 */

import { el } from "./dom.js";

// What may stand in an address: no spaces, quotes or brackets of markup, nothing that turns the direction of text.
const ADDRESS = /\bhttps?:\/\/[^\s<>"`«»“”\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
const AFTER_IT = /[.,;:!?'’*_~…]$/u; // ends the sentence, not the address
const PAIRS = /** @type {Record<string, string>} */ ({ ")": "(", "]": "[", "}": "{" });

/**
 * What calls somebody by name, or null for no name.
 * @param {string|undefined} name @returns {RegExp|null}
 */
export function mentionOf(name) {
  if (!name) return null;
  const literal = name.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return new RegExp(`(?<![\\p{L}\\p{N}_])@${literal}(?![\\p{L}\\p{N}_])`, "giu");
}

/** @param {string} text @param {RegExp|null} mention @returns {(Node|string)[]} */
export function richText(text, mention) {
  const nodes = /** @type {(Node|string)[]} */ ([]);
  let from = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = withoutTail(found);
    const link = linkTo(address);
    if (!link) continue;
    nodes.push(...marked(text.slice(from, index), mention), ...link);
    from = index + address.length;
  }
  return [...nodes, ...marked(text.slice(from), mention)];
}

/** An address without what closes the sentence around it. @param {string} found */
function withoutTail(found) {
  let address = found;
  for (;;) {
    const last = address.at(-1) ?? "";
    const opening = PAIRS[last];
    const isOpen = opening !== undefined && address.split(opening).length < address.split(last).length;
    if (!isOpen && !AFTER_IT.test(address)) return address;
    address = address.slice(0, -1);
  }
}

/** A link, with the host it leads to where that is not the one it shows. @param {string} address */
function linkTo(address) {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (url.username || url.password) return null; // https://bank.example@elsewhere.example
  const safe = { href: url.href, rel: "noopener noreferrer nofollow ugc", target: "_blank", dir: "ltr", tabindex: -1 };
  const shownHost = address.slice(address.indexOf("//") + 2).split(/[/?#\\]/u)[0];
  const isHonest = shownHost.replace(/:\d*$/, "").toLowerCase() === url.hostname;
  return [el("a", safe, address), isHonest ? "" : el("bdi", { class: "host" }, ` [${url.hostname}]`)];
}

/** @param {string} text @param {RegExp|null} mention @returns {(Node|string)[]} */
function marked(text, mention) {
  if (!mention) return [text];
  const nodes = /** @type {(Node|string)[]} */ ([]);
  let from = 0;
  for (const { 0: found, index } of text.matchAll(mention)) {
    nodes.push(text.slice(from, index), el("mark", { class: "mention" }, found));
    from = index + found.length;
  }
  return [...nodes, text.slice(from)];
}
