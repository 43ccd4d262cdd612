/**
 * Reactions to messages: what is counted in the log, with the reader's own that is still on its way.
 *
 * Knows which are wanted and not settled, and what the chips look like. Refuses to send anything: whoever does
 * tells what came of it.
 */

import { el } from "./dom.js";
import { t } from "./language.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/** @typedef {{emoji: string, count: number, isMine: boolean, isPending: boolean}} Reaction */

export const QUICK = ["👍", "❤️", "👏", "😄", "🤔", "👎"];

/** What the reader wants and the log does not say yet. */
export class Wishes {
  constructor() {
    this._bySeq = /** @type {Map<number, Map<string, {on: boolean, seq: number}>>} */ (new Map());
  }

  /** @param {number} seq @param {string} emoji @param {boolean} on */
  want(seq, emoji, on) {
    const wishes = this._bySeq.get(seq) ?? new Map();
    this._bySeq.set(seq, wishes);
    const wish = { on, seq: Infinity };
    wishes.set(emoji, wish);
    return {
      /** It is in the log. */ acked: (/** @type {number} */ at) => void (wish.seq = at),
      /** It is not to be. */ refused: () => wishes.get(emoji) === wish && wishes.delete(emoji),
    };
  }

  /** Reactions as the reader should see them. @param {Entry} entry @param {number} head @returns {Reaction[]} */
  of(entry, head) {
    const mine = new Set(entry.mine);
    const counted = Object.entries(entry.reactions ?? {}).map(([emoji, count]) =>
      reaction(emoji, count, mine.has(emoji)),
    );
    for (const [emoji, wish] of this._open(entry.seq, head)) {
      let shown = counted.find((one) => one.emoji === emoji);
      if (!shown) counted.push((shown = reaction(emoji, 0, false)));
      shown.count += Number(wish.on) - Number(shown.isMine);
      shown.isMine = wish.on;
      shown.isPending = true;
    }
    return counted.filter((one) => one.count > 0);
  }

  /** @param {number} seq @param {number} head  The newest entry: wishes up to there are in the log. */
  _open(seq, head) {
    const wishes = this._bySeq.get(seq);
    if (!wishes) return [];
    for (const [emoji, wish] of wishes) if (wish.seq <= head) wishes.delete(emoji);
    if (wishes.size === 0) this._bySeq.delete(seq);
    return wishes;
  }
}

/** @param {string} emoji @param {number} count @param {boolean} isMine @returns {Reaction} */
function reaction(emoji, count, isMine) {
  return { emoji, count, isMine, isPending: false };
}

/** The row of chips under a message. A chip keeps its button while it is there: somebody may stand on it. */
export class Chips {
  constructor() {
    this._list = el("ul", { class: "reactions", "aria-label": t("message.reactions"), "aria-live": "off" });
    this._byEmoji = /** @type {Map<string, HTMLElement>} */ (new Map());
    this._drawn = "";
  }

  /** @param {Reaction[]} reactions @returns {HTMLElement|null} */
  draw(reactions) {
    const drawn = JSON.stringify(reactions);
    if (drawn !== this._drawn) this._redraw(reactions);
    this._drawn = drawn;
    return reactions.length > 0 ? this._list : null;
  }

  /** @param {Reaction[]} reactions */
  _redraw(reactions) {
    const shown = new Set(reactions.map((one) => one.emoji));
    for (const [emoji, item] of this._byEmoji) if (!shown.has(emoji)) (item.remove(), this._byEmoji.delete(emoji));
    for (const one of reactions) {
      let item = this._byEmoji.get(one.emoji);
      if (!item)
        this._byEmoji.set(
          one.emoji,
          (item = el(
            "li",
            {},
            el("button", { type: "button", tabindex: -1, "data-act": "react", "data-to": one.emoji }),
          )),
        );
      describe(/** @type {HTMLElement} */ (item.firstElementChild), one);
      if (item.parentElement !== this._list) this._list.append(item);
    }
  }
}

/** @param {HTMLElement} chip @param {Reaction} reaction */
function describe(chip, { emoji, count, isMine, isPending }) {
  chip.textContent = t("message.reaction", { emoji, count });
  chip.setAttribute("aria-pressed", String(isMine));
  chip.setAttribute("aria-label", t(isMine ? "reaction.people_mine" : "reaction.people", { emoji, count }));
  chip.classList.toggle("is-pending", isPending);
}
