/**
 * What stands above the first line: the way to earlier ones, or that there are none; and what fills an empty room.
 *
 * Knows their words. Keeps its height, so that nothing moves when one follows the other. Refuses to load anything.
 */

import { button, el, fill } from "./dom.js";
import { t } from "./language.js";

/**
 * @typedef {object} Reach  How far back one can see.
 * @property {boolean} isKnown  The room has answered.
 * @property {boolean} isEmpty  No line is shown.
 * @property {boolean} isFirst  The first line at hand is shown.
 * @property {boolean} hasEarlier  There is more that is not at hand.
 * @property {boolean} isTrimmed  There was more once.
 * @property {boolean} isLoading
 * @property {boolean} mayWrite
 */

export class Top {
  /** @param {() => void} onEarlier */
  constructor(onEarlier) {
    this._earlier = button(t("timeline.earlier"), onEarlier, { class: "quiet", hidden: true });
    this._beginning = el("p", { class: "hint" });
    this._emptyKey = "";
    this.element = el("div", { class: "top" }, this._earlier, this._beginning);
    this.empty = el("div", { class: "empty" });
  }

  /** @param {Reach} reach */
  describe(reach) {
    const { isKnown, isEmpty, isFirst, hasEarlier, isTrimmed } = reach;
    this._earlier.hidden = !isKnown || (isFirst && !hasEarlier);
    this._earlier.disabled = reach.isLoading;
    const isBeginning = isKnown && !isEmpty && isFirst && !hasEarlier;
    const words = isBeginning ? t(isTrimmed ? "timeline.trimmed" : "timeline.beginning") : "";
    if (this._beginning.textContent !== words) this._beginning.textContent = words;
    this.empty.hidden = !isEmpty;
    if (isEmpty) this._describeEmpty(reach);
  }

  /** @param {Reach} reach */
  _describeEmpty({ isKnown, mayWrite }) {
    const key = !isKnown ? "timeline.loading" : mayWrite ? "timeline.empty" : "timeline.empty.quiet";
    if (key === this._emptyKey) return;
    this._emptyKey = key;
    const skeleton = isKnown ? [] : [1, 2, 3, 4].map(() => el("div", { class: "skeleton", "aria-hidden": "true" }));
    fill(this.empty, el("p", {}, t(key)), skeleton);
  }
}
