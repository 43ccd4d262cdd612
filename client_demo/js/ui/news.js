/**
 * What of the timeline is read aloud: each line that comes, while somebody can follow; a count, when nobody can.
 *
 * Knows the log's live region and the rate of messages. Refuses to know the lines.
 */

import { t } from "./language.js";

const FOLLOWED_PER_S = 3; // messages; a voice needs longer for each
const SUMMARY_MS = 5_000; // between two counts

export class News {
  /** @param {HTMLElement} log @param {(text: string) => void} announce @param {AbortSignal} signal */
  constructor(log, announce, signal) {
    this._log = log;
    this._announce = announce;
    this._since = 0; // of the second that is counted, in ms
    this._inSecond = 0;
    this._unsaid = 0;
    this._timer = 0;
    this._frame = 0;
    signal.addEventListener("abort", () => (clearTimeout(this._timer), cancelAnimationFrame(this._frame)));
  }

  /** What changes now is not news. */
  hush() {
    this._log.setAttribute("aria-live", "off");
    cancelAnimationFrame(this._frame);
    if (!this._timer) this._frame = requestAnimationFrame(() => this._speak());
  }

  /** Messages have come; before they are drawn. @param {number} count */
  came(count) {
    const now = performance.now();
    if (now - this._since > 1_000) [this._since, this._inSecond] = [now, 0];
    this._inSecond += count;
    if (this._timer) this._unsaid += count;
    else if (this._inSecond > FOLLOWED_PER_S) this._count(count);
  }

  /** From here on only a count is said. @param {number} count */
  _count(count) {
    this._unsaid = count;
    this._log.setAttribute("aria-live", "off");
    cancelAnimationFrame(this._frame);
    this._timer = setTimeout(() => this._summarize(), SUMMARY_MS);
  }

  _summarize() {
    this._timer = 0;
    if (this._unsaid > 0) this._announce(t("timeline.new", { count: this._unsaid }));
    const isOver = this._unsaid <= (FOLLOWED_PER_S * SUMMARY_MS) / 1_000;
    if (isOver) return this._speak();
    this._count(0);
  }

  _speak() {
    this._log.setAttribute("aria-live", "polite");
  }
}
