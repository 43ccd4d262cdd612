/**
 * Where one writes: a text that becomes a message, kept as a draft until then.
 *
 * Knows the keyboard and the draft of one room. Refuses to know whether one may write (foot.js).
 */

import { button, el, icon } from "./dom.js";
import { read, write } from "./keepsakes.js";
import { t } from "./language.js";

const IS_TOUCH = matchMedia("(pointer: coarse)").matches; // no Shift there: Enter makes a line, the button sends
const TEXT_CHARS = 4_000; // where the server does not say

export class Composer {
  /**
   * @param {string} address  Of the room.
   * @param {number|null|undefined} textChars
   * @param {(text: string) => void} send
   */
  constructor(address, textChars, send) {
    this._key = `draft.${address}`;
    this._send = send;
    this._text = el("textarea", {
      id: "composer",
      rows: 1,
      maxlength: textChars ?? TEXT_CHARS,
      placeholder: t("composer.placeholder"),
      "aria-label": t("composer.label"),
      "aria-describedby": "composer-keys",
      autocomplete: "off",
      dir: "auto",
      on: { keydown: (/** @type {KeyboardEvent} */ event) => this._pressed(event), input: () => this._keep() },
    });
    this._text.value = read(this._key) ?? "";
    const submit = button([icon("send"), el("span", { class: "label" }, t("composer.send"))], () => this._submit(), {
      class: "primary send",
      "aria-label": t("composer.send"),
    });
    const keys = el("p", { id: "composer-keys", class: "hint", hidden: IS_TOUCH }, t("composer.keys"));
    this.element = el("div", { class: "composer" }, el("div", { class: "writing" }, this._text, submit), keys);
  }

  get draft() {
    return this._text.value;
  }

  get hasFocus() {
    return this.element.contains(document.activeElement);
  }

  focus() {
    this._text.focus();
  }

  /** A text comes back, before what stands there already. @param {string} text */
  takeBack(text) {
    this._text.value = [text, this._text.value].filter(Boolean).join("\n");
    this._keep();
    if (this.element.isConnected) this.focus();
  }

  /** @param {KeyboardEvent} event */
  _pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229 || IS_TOUCH) return;
    event.preventDefault(); // 229: Safari ends a composition before it says so
    this._submit();
  }

  _submit() {
    const text = this._text.value.trim();
    if (!text) return;
    this._text.value = "";
    this._keep();
    this._send(text);
  }

  _keep() {
    write(this._key, this._text.value);
  }
}
