/**
 * Search in what is at hand of a room's history: by text and by author, without regard to case and accents.
 *
 * Knows the words that are looked for and where they stand. Refuses to ask the server: it offers to load more.
 */

import { button, el, icon } from "./dom.js";
import { t } from "./language.js";
import { nameOf } from "./people.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/**
 * @typedef {object} Ground  Where is searched.
 * @property {() => readonly Entry[]} entries
 * @property {() => boolean} hasEarlier
 * @property {() => Promise<void>} loadEarlier
 * @property {(seq: number) => void} show
 * @property {HTMLElement} list  Whose words are marked.
 * @property {() => void} leave  Where the keyboard goes on.
 */

const MARK = "search"; // as the style sheet names it

export class Search {
  /** @param {Ground} ground @param {AbortSignal} signal */
  constructor(ground, signal) {
    this._ground = ground;
    this._folded = /** @type {WeakMap<Entry, string>} */ (new WeakMap());
    this._hits = /** @type {number[]} */ ([]);
    this._words = "";
    this._at = /** @type {number|undefined} */ (undefined); // seq of the hit that is shown
    const label = t("search.label");
    this._field = el("input", { type: "search", placeholder: label, "aria-label": label, maxlength: 100, dir: "auto" });
    this._count = el("p", { class: "hint", role: "status" });
    this._more = button(t("search.more"), () => this._loadMore(), { class: "quiet" });
    const tool = (/** @type {"up"|"down"|"close"} */ name, /** @type {() => void} */ act) =>
      button(icon(name), act, { class: "tool", "aria-label": t(`search.${name}`), title: t(`search.${name}`) });
    const tools = [
      tool("up", () => this._step(-1)),
      tool("down", () => this._step(1)),
      tool("close", () => this.close()),
    ];
    this.element = el("search", { class: "search", hidden: true }, this._field, ...tools, this._count, this._more);
    this._field.addEventListener("input", () => this._sought());
    this.element.addEventListener("keydown", (event) => this._pressed(event));
    signal.addEventListener("abort", () => CSS.highlights?.delete(MARK));
  }

  open() {
    this.element.hidden = false;
    this._field.focus();
    this._field.select();
    this._sought();
  }

  close() {
    this.element.hidden = true;
    this.refresh();
    this._ground.leave();
  }

  /** The lines or the entries have changed. */
  refresh() {
    const words = this.element.hidden ? "" : folded(this._field.value.trim());
    this._hits = words ? this._find(words) : [];
    if (words || this._words) this._describe(words);
    this._words = words;
    mark(this._ground.list, words);
  }

  _sought() {
    this._at = undefined;
    this.refresh();
    if (this._hits.length > 0) this._step(-1);
  }

  /** To the hit before or behind the one shown; first to the newest. @param {-1|1} by */
  _step(by) {
    const { _hits: hits } = this;
    if (hits.length === 0) return;
    const at = this._at === undefined ? hits.length : hits.indexOf(this._at);
    this._at = hits.at((at + by) % hits.length) ?? hits[0];
    this._describe(this._field.value);
    this._ground.show(this._at);
  }

  /** @param {string} words @returns {number[]} */
  _find(words) {
    return this._ground
      .entries()
      .filter((entry) => this._wordsOf(entry).includes(words))
      .map((entry) => entry.seq);
  }

  /** @param {Entry} entry */
  _wordsOf(entry) {
    if (entry.kind !== "message") return "";
    const known = this._folded.get(entry);
    if (known !== undefined) return known;
    const words = folded(`${nameOf(entry.by)}\n${entry.text ?? ""}`);
    this._folded.set(entry, words);
    return words;
  }

  /** @param {string} words */
  _describe(words) {
    const { _hits: hits } = this;
    const at = this._at === undefined ? 0 : hits.indexOf(this._at) + 1;
    const searched = this._ground.entries().filter((entry) => entry.kind === "message").length;
    const count = hits.length;
    const said = count > 0 ? t("search.hits", { at, count }) : t("search.none", { count: searched });
    this._count.textContent = words ? said : "";
    this._more.hidden = !words || !this._ground.hasEarlier();
  }

  async _loadMore() {
    this._more.disabled = true;
    await this._ground.loadEarlier();
    this._more.disabled = false;
    this.refresh();
    if (this._at === undefined) this._step(-1);
  }

  /** @param {KeyboardEvent} event */
  _pressed(event) {
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && event.target === this._field) this._step(event.shiftKey ? 1 : -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Without case and accents. @param {string} text */
export function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Marks the words where they are seen, without touching the lines. @param {HTMLElement} list @param {string} words */
function mark(list, words) {
  if (!CSS.highlights) return; // an older browser still goes to the lines
  if (!words) return void CSS.highlights.delete(MARK);
  const ranges = [...list.querySelectorAll(".text, .byline .name")].flatMap((part) => rangesIn(part, words));
  CSS.highlights.set(MARK, new Highlight(...ranges));
}

/** @param {Element} part @param {string} words @returns {Range[]} */
function rangesIn(part, words) {
  const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  const ranges = /** @type {Range[]} */ ([]);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const { text, places } = foldedWithPlaces(node.nodeValue ?? "");
    for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + words.length)) {
      const range = new Range();
      range.setStart(node, places[at]);
      range.setEnd(node, places[at + words.length]);
      ranges.push(range);
    }
  }
  return ranges;
}

/** A folded text, and where each of its characters stood before. @param {string} original */
function foldedWithPlaces(original) {
  let text = "";
  const places = /** @type {number[]} */ ([]);
  let at = 0;
  for (const char of original) {
    const plain = folded(char);
    for (let unit = 0; unit < plain.length; unit++) places.push(at);
    text += plain;
    at += char.length;
  }
  return { text, places: [...places, original.length] };
}
