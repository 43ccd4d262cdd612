/**
 * Until when something shall hold: for good, for a while that is often wanted, or until a time of one's own.
 *
 * Knows the choices. Refuses to know what ends then.
 */

import { el } from "./dom.js";
import { moment, t } from "./language.js";

const MINUTE_MS = 60_000;

/** How long each choice holds, counted from `nowMs`. */
const ENDS = /** @type {Record<string, (nowMs: number) => number>} */ ({
  quarter: (nowMs) => nowMs + 15 * MINUTE_MS,
  hour: (nowMs) => nowMs + 60 * MINUTE_MS,
  tonight: (nowMs) => new Date(nowMs).setHours(24, 0, 0, 0),
  week: (nowMs) => nowMs + 7 * 24 * 60 * MINUTE_MS,
});

export class UntilField {
  /**
   * @param {string} id  Of the field on the page.
   * @param {{now: () => number, forever: string, hint: string, choices: string[]}} options
   *   `forever` names the first choice, `hint` says what comes behind the end.
   */
  constructor(id, { now, forever, hint, choices }) {
    this._now = now;
    this._end = /** @type {number|undefined} */ (undefined);
    this._choice = el(
      "select",
      { id, "aria-describedby": `${id}-hint`, on: { change: () => this._chosen() } },
      el("option", { value: "" }, forever),
      choices.map((choice) => el("option", { value: choice }, t(`moderation.until.${choice}`))),
      el("option", { value: "own" }, t("moderation.until.own")),
    );
    this._own = el("input", {
      id: `${id}-own`,
      type: "datetime-local",
      "aria-label": t("moderation.until.own_label"),
      hidden: true,
      on: { input: () => this._chosen() },
    });
    this._hint = el("p", { id: `${id}-hint`, class: "hint" });
    this._hintWords = hint;
    this.element = el(
      "div",
      { class: "field" },
      el("label", { for: id }, t("moderation.until")),
      el("div", { class: "until" }, this._choice, this._own),
      this._hint,
    );
    this._show();
  }

  /** In ms, by the server's clock; undefined for no end, NaN for a time that is not one to come. */
  get value() {
    return this._end === undefined || this._end > this._now() ? this._end : NaN;
  }

  /** What a command takes of it; null where it cannot be. @returns {{until?: number}|null} */
  get command() {
    const until = this.value;
    if (until === undefined) return {};
    return Number.isNaN(until) ? null : { until };
  }

  focus() {
    (this._choice.value === "own" ? this._own : this._choice).focus();
  }

  /** The end stands from now on: sending the same again after silence asks for the same. */
  _chosen() {
    const choice = this._choice.value;
    if (!choice) this._end = undefined;
    else this._end = choice === "own" ? new Date(this._own.value).getTime() : ENDS[choice](this._now());
    this._show();
  }

  _show() {
    this._own.hidden = this._choice.value !== "own";
    const until = this.value;
    const time = until && !Number.isNaN(until) ? `${t("mode.until", { time: moment(until) })} ` : "";
    this._hint.textContent = until === undefined ? "" : time + this._hintWords;
  }
}
