/**
 * The menu of a message: six reactions, and all one can do with it. By mouse, touch and keyboard.
 *
 * Knows how a menu behaves. Refuses to know what its items do.
 */

import { el, fill, icon } from "./dom.js";
import { t, wholeMoment } from "./language.js";
import { QUICK } from "./reactions.js";

/** @typedef {import("./message_acts.js").Deed} Deed */
/** @typedef {import("./plan.js").Line} Line */

const ICONS = /** @type {const} */ ({
  reply: "reply",
  edit: "edit",
  copy: "copy",
  link: "chain",
  remove: "remove",
  moderate: "remove",
});

export class MessageMenu {
  /**
   * @param {(name: string, line: Line, to?: string) => void} act
   * @param {import("./message_acts.js").MessageActs} acts
   */
  constructor(act, acts) {
    this._act = act;
    this._acts = acts;
    this._line = /** @type {Line|null} */ (null);
    this._opener = /** @type {HTMLElement|null} */ (null);
    this.element = el("div", {
      class: "menu-of-message",
      role: "menu",
      popover: "auto",
      "aria-label": t("message.more"),
      on: {
        click: (/** @type {Event} */ event) => this._chosen(/** @type {Element} */ (event.target).closest("button")),
        keydown: (/** @type {KeyboardEvent} */ event) => this._pressed(event),
        toggle: (/** @type {ToggleEvent} */ event) => event.newState === "closed" && this._closed(),
      },
    });
  }

  /** @param {Line} line  Of a message in the log. @param {HTMLElement} opener */
  open(line, opener) {
    if (!line.entry) return;
    this._closed();
    this._line = line;
    this._opener = opener;
    const time = el("p", { class: "hint" }, wholeMoment(line.entry.at));
    fill(this.element, this._reactions(line.entry), this._acts.deeds(line.entry).map(deedItem), time);
    opener.setAttribute("aria-expanded", "true"); // the style sheet ties the menu to it
    this.element.showPopover();
    this._items[0]?.focus();
  }

  /** @param {import("../hubbub/types.js").Entry} entry */
  _reactions(entry) {
    if (!this._acts.offers.react || entry.kind !== "message") return null;
    const mine = new Set(
      this._acts
        .reactionsOf(entry)
        .filter((one) => one.isMine)
        .map((one) => one.emoji),
    );
    const items = QUICK.map((emoji) => {
      const attributes = {
        role: "menuitemcheckbox",
        "data-act": "react",
        "data-to": emoji,
        "aria-checked": String(mine.has(emoji)),
      };
      return el(
        "button",
        { type: "button", tabindex: -1, "aria-label": t("reaction.react", { emoji }), ...attributes },
        emoji,
      );
    });
    return el("div", { class: "quick", role: "group", "aria-label": t("message.reactions") }, items);
  }

  get _items() {
    return [...this.element.querySelectorAll("button")];
  }

  /** @param {HTMLButtonElement|null} item */
  _chosen(item) {
    const line = this._line;
    if (!item || !line) return;
    this.element.hidePopover(); // first: what the item opens takes the focus
    this._opener?.focus();
    this._act(item.dataset.act ?? "", line, item.dataset.to);
  }

  /** @param {KeyboardEvent} event */
  _pressed(event) {
    const items = this._items;
    const at = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const next = nextIndex(event.key, at, items.length);
    if (event.key === "Tab") this.element.hidePopover();
    if (event.key !== "Escape") event.stopPropagation(); // the list below has other uses for them
    if (next === undefined) return;
    event.preventDefault();
    items[next]?.focus();
  }

  _closed() {
    this._opener?.setAttribute("aria-expanded", "false");
  }
}

/** @param {string} key @param {number} at @param {number} count */
function nextIndex(key, at, count) {
  if (key === "ArrowDown" || key === "ArrowRight") return (at + 1) % count;
  if (key === "ArrowUp" || key === "ArrowLeft") return (at + count - 1) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
}

/** @param {Deed} deed */
function deedItem(deed) {
  const attributes = {
    type: "button",
    role: "menuitem",
    tabindex: -1,
    "data-act": deed,
    class: deed === "remove" || deed === "moderate" ? "is-bad" : null,
  };
  return el("button", attributes, icon(ICONS[deed]), t(`message.${deed}`));
}
