/**
 * The field one writes in: it grows with its text, offers names, and tells what the keys mean.
 *
 * Knows the keyboard. Refuses to know what the text is for.
 */

import { el } from "./dom.js";
import { t } from "./language.js";
import { later } from "./later.js";
import { isSending } from "./sending_keys.js";

/**
 * @typedef {object} Typed  What is made of the keys.
 * @property {() => void} changed
 * @property {() => void} send
 * @property {() => boolean} escape  False if there was nothing to leave.
 * @property {() => boolean} up  In the empty field; false if it means nothing.
 * @property {() => import("../hubbub/types.js").Person[]} people  Whom one may want to name.
 * @property {(text: string) => void} announce
 */

const mentioning = later(() => import("./mentions.js"));
const ROWS = 8; // where the browser does not let a field grow by itself

export class WritingField {
  /** @param {Typed} typed */
  constructor(typed) {
    this._typed = typed;
    this.element = el("textarea", {
      id: "composer",
      rows: 1,
      "aria-label": t("composer.label"),
      "aria-describedby": "composer-task composer-note",
      autocomplete: "off",
      dir: "auto",
      on: {
        keydown: (/** @type {KeyboardEvent} */ event) => this._pressed(event),
        input: () => this._changed(),
      },
    });
    this._mentions = /** @type {import("./mentions.js").Mentions|null} */ (null);
    this.names = el("div", {}); // where they are offered
  }

  get text() {
    return this.element.value;
  }

  /** @param {string} text @param {string} placeholder */
  show(text, placeholder) {
    if (this.element.value !== text) this.element.value = text;
    this.element.placeholder = placeholder;
    this._mentions?.close();
    this._grow();
  }

  /** To the end of what is written. */
  focus() {
    this.element.focus();
    this.element.setSelectionRange(this.text.length, this.text.length);
  }

  /** @param {KeyboardEvent} event */
  _pressed(event) {
    if (this._mentions?.takes(event) || this._means(event)) {
      event.preventDefault();
      event.stopPropagation(); // nobody else acts on it
    }
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key meant something */
  _means(event) {
    if (isSending(event)) return (this._typed.send(), true);
    if (event.isComposing || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return false;
    if (event.key === "Escape") return this._typed.escape();
    return event.key === "ArrowUp" && !this.text && this._typed.up();
  }

  _changed() {
    this._grow();
    this._typed.changed();
    if (!this._mentions && this.text.includes("@")) this._offerNames();
  }

  _offerNames() {
    mentioning(({ Mentions }) => {
      if (this._mentions) return; // asked for twice before it came
      const { people, announce } = this._typed;
      this._mentions = new Mentions(this.element, { people, announce, changed: () => this._changed() });
      this.names.append(this._mentions.element);
      this._mentions.look();
    });
  }

  _grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.element.rows = 1;
    while (this.element.scrollHeight > this.element.clientHeight && this.element.rows < ROWS) this.element.rows += 1;
  }
}
