/**
 * Offers names behind an `@`, and writes the chosen one into the text.
 *
 * Knows one field and how a list is walked with the keyboard (the combobox pattern). Refuses to know people:
 * somebody tells whose names there are.
 */

import { el, fill } from "./dom.js";
import { language, t } from "./language.js";
import { avatar, nameOf } from "./people.js";

/** @typedef {import("../hubbub/types.js").Person} Person */

const MOST = 6; // names at once: what one sees at a glance
const QUERY_CHARS = 32;
const AT = new RegExp(`(?:^|[\\s(])@([^@\\n]{0,${QUERY_CHARS}})$`, "u");

export class Mentions {
  /**
   * @param {HTMLTextAreaElement} field
   * @param {{people: () => Person[], announce: (text: string) => void, changed: () => void}} around
   */
  constructor(field, around) {
    this._field = field;
    this._around = around;
    this._found = /** @type {Person[]} */ ([]);
    this._active = 0;
    this._at = -1; // where the `@` stands
    this._done = -1; // the `@` that was answered, or dismissed: it asks no more
    this.element = el("ul", { class: "mentions", id: "mentions", role: "listbox", hidden: true });
    this.element.setAttribute("aria-label", t("composer.mentions"));
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-haspopup", "listbox");
    field.setAttribute("aria-controls", "mentions");
    field.addEventListener("input", () => this.look());
    field.addEventListener("blur", () => this.close());
    this.element.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the keyboard
    this.element.addEventListener("click", (event) => this._clicked(event));
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** Whether the key was for the list. @param {KeyboardEvent} event */
  takes(event) {
    if (!this.isOpen || event.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this._activate((this._active + step + this._found.length) % this._found.length);
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) this._pick(this._active);
    else if (event.key === "Escape") this._dismiss();
    else return false;
    return true;
  }

  close() {
    this.element.hidden = true;
    this._field.removeAttribute("aria-activedescendant");
  }

  _dismiss() {
    this._done = this._at;
    this.close();
  }

  /** Whether the text asks for names where the caret is. */
  look() {
    const { selectionStart, selectionEnd, value } = this._field;
    const written = AT.exec(value.slice(0, selectionStart));
    if (!written || selectionStart !== selectionEnd) return this._forget();
    this._at = selectionStart - written[1].length - 1;
    if (this._at === this._done) return this.close();
    this._done = -1;
    this._offer(written[1]);
  }

  _forget() {
    this._done = -1;
    this.close();
  }

  /** @param {string} query */
  _offer(query) {
    const wish = plain(query);
    this._found = this._around
      .people()
      .filter((person) => isMeant(plain(nameOf(person)), wish))
      .sort((one, other) => nameOf(one).localeCompare(nameOf(other), language))
      .slice(0, MOST);
    const wasOpen = this.isOpen;
    this.element.hidden = this._found.length === 0;
    if (!this.isOpen) return this.close();
    fill(this.element, this._found.map(option));
    this._activate(0);
    if (!wasOpen) this._around.announce(t("composer.mentions.count", { count: this._found.length }));
  }

  /** @param {number} at */
  _activate(at) {
    this._active = at;
    for (const [place, line] of [...this.element.children].entries())
      line.setAttribute("aria-selected", String(place === at));
    this._field.setAttribute("aria-activedescendant", `mention-${at}`);
  }

  /** @param {Event} event */
  _clicked(event) {
    const line = /** @type {Element} */ (event.target).closest("[role=option]");
    if (line) this._pick([...this.element.children].indexOf(line));
  }

  /** @param {number} place */
  _pick(place) {
    const written = `@${nameOf(this._found[place])} `;
    this._field.setRangeText(written, this._at, this._field.selectionStart, "end");
    this._dismiss();
    this._around.changed();
  }
}

/** @param {Person} person @param {number} place */
function option(person, place) {
  const attributes = { id: `mention-${place}`, role: "option", "aria-selected": "false" };
  return el("li", attributes, avatar(person), el("bdi", {}, nameOf(person)));
}

/** Whether a name, or a word of it, begins like this. @param {string} name @param {string} wish */
function isMeant(name, wish) {
  return name.startsWith(wish) || name.split(/\s+/).some((word) => word.startsWith(wish));
}

/** Without marks and case: who writes `@zoe` means Zoé. @param {string} text */
function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}
