/**
 * Where one says why: a public act has a reason that everybody reads.
 *
 * Knows one field and its words. Refuses to know which act it is for.
 */

import { el } from "./dom.js";
import { t } from "./language.js";

const REASON_CHARS = 500; // as the server takes them

export class ReasonField {
  /** @param {string} id  Of the field on the page. @param {{isOptional?: boolean}} [options] */
  constructor(id, { isOptional = false } = {}) {
    this._isOptional = isOptional;
    this._text = el("textarea", {
      id,
      name: "reason",
      rows: 2,
      maxlength: REASON_CHARS,
      required: !isOptional,
      dir: "auto",
      "aria-describedby": `${id}-public`,
    });
    this.element = el(
      "div",
      { class: "field" },
      el("label", { for: id }, t(isOptional ? "moderation.reason_optional" : "moderation.reason")),
      this._text,
      el("p", { id: `${id}-public`, class: "hint" }, t("moderation.public")),
    );
  }

  get value() {
    return this._text.value.trim();
  }

  /** What a command takes of it; null where it is missing. @returns {{reason?: string}|null} */
  get command() {
    if (this.value) return { reason: this.value };
    return this._isOptional ? {} : null;
  }

  focus() {
    this._text.focus();
  }
}
