/**
 * A list that grows at its end: it stays at the bottom for those who are there, and counts for the others.
 *
 * Knows scrolling. Refuses to know what is in the list.
 */

import { button, fill, icon } from "./dom.js";
import { t } from "./language.js";

const NEAR_PX = 100; // so close to the bottom is at the bottom

export class Scroller {
  /** @param {HTMLElement} box @param {() => void} onReachedBottom @param {AbortSignal} signal */
  constructor(box, onReachedBottom, signal) {
    this.isAtBottom = true;
    this.newCount = 0;
    this._box = box;
    this.pill = button("", () => this.toBottom(), { class: "pill", hidden: true });
    box.addEventListener("scroll", () => this._moved(onReachedBottom), { signal, passive: true });
    const observer = new ResizeObserver(() => this.isAtBottom && this.toBottom());
    observer.observe(box);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  toBottom() {
    this._box.scrollTop = this._box.scrollHeight;
    this.isAtBottom = true;
    this._count(0);
  }

  /** Something was added at the end. @param {boolean} isNews  Whether to count it for one who is not there. */
  grown(isNews) {
    if (this.isAtBottom) this.toBottom();
    else if (isNews) this._count(this.newCount + 1);
  }

  /** Change what is above without moving what is seen. @param {() => void} change */
  keeping(change) {
    const fromEnd = this._box.scrollHeight - this._box.scrollTop;
    change();
    this._box.scrollTop = this._box.scrollHeight - fromEnd;
  }

  /** @param {() => void} onReachedBottom */
  _moved(onReachedBottom) {
    const { scrollHeight, scrollTop, clientHeight } = this._box;
    this.isAtBottom = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (!this.isAtBottom) return;
    this._count(0);
    onReachedBottom();
  }

  /** @param {number} count */
  _count(count) {
    this.newCount = count;
    this.pill.hidden = count === 0;
    if (count > 0) fill(this.pill, icon("down"), " ", t("timeline.new", { count }));
  }
}
