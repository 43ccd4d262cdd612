/**
 * The way back to the end, with how much has come there meanwhile.
 *
 * Knows what it counts. Refuses to know what the end is.
 */

import { button, fill, icon } from "./dom.js";
import { t } from "./language.js";

export class Pill {
  /** @param {() => void} onPressed */
  constructor(onPressed) {
    this.element = button("", onPressed, { class: "pill", hidden: true });
    this._count = 0;
    this._words = "";
  }

  /** Messages have come that are not seen. */
  count(added = 1) {
    this._count += added;
  }

  /** @param {{isAtEnd: boolean, isFar: boolean}} place */
  show({ isAtEnd, isFar }) {
    if (isAtEnd) this._count = 0;
    this.element.hidden = isAtEnd || (this._count === 0 && !isFar);
    const words = this._count > 0 ? t("timeline.new", { count: this._count }) : t("timeline.latest");
    if (words === this._words) return;
    this._words = words;
    fill(this.element, icon("down"), " ", words);
  }
}
