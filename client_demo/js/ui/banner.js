/**
 * Says how the connection stands, once it has not stood for a moment.
 *
 * Knows states and words. Refuses to know how to connect.
 */

import { button, el, icon } from "./dom.js";
import { t } from "./language.js";

const SILENT_MS = 1_500; // a blip is nobody's business
const BACK_MS = 4_000; // good news goes by itself
const TICK_MS = 1_000;

export class Banner {
  /**
   * @param {import("../hubbub/client.js").Client} client
   * @param {(text: string) => void} announce  Once for each turn of things: a countdown is not read out.
   * @param {AbortSignal} signal
   */
  constructor(client, announce, signal) {
    this._client = client;
    this._announce = announce;
    this._timer = 0;
    this._said = "";
    this._stays = false; // news that wait for somebody to read them
    this._text = el("span", { class: "banner-text" });
    this._retry = button(t("banner.retry"), () => client.connector.wake(), { hidden: true });
    this._dismiss = button(t("banner.dismiss"), () => this._hide(), { hidden: true });
    const parts = [icon("link"), this._text, this._retry, this._dismiss];
    this.element = el("section", { class: "banner", "aria-label": t("banner.label"), hidden: true }, parts);
    client.addEventListener("state", () => this._changed(), { signal });
    client.addEventListener("back", (event) => this._back(/** @type {CustomEvent} */ (event).detail), { signal });
    signal.addEventListener("abort", () => clearTimeout(this._timer));
    this._changed();
  }

  _changed() {
    const { state } = this._client.connector;
    if (state === "online" || state === "resting") return this._stays || this._hide();
    if (!this.element.hidden) this._showLoss();
    else if (!this._timer) this._timer = setTimeout(() => this._showLoss(), SILENT_MS);
  }

  /** Again every second, while it counts one down. */
  _showLoss() {
    const { connector } = this._client;
    const seconds = Math.max(0, Math.ceil((connector.retryAt - Date.now()) / 1000));
    this._show(this._kind(), { count: seconds, attempt: connector.attempts }, connector.state === "waiting");
    this._timer = setTimeout(() => this._showLoss(), TICK_MS);
  }

  /** Which sentence is due. */
  _kind() {
    const { state, why } = this._client.connector;
    if (state === "offline" || state === "connecting") return `banner.${state}`;
    return why === "restarting" ? "banner.restarting" : "banner.waiting";
  }

  /** @param {{missed: number, isWhole: boolean}} outcome */
  _back({ missed, isWhole }) {
    if (this._stays || (isWhole && missed === 0)) return;
    this._stays = !isWhole;
    this._show(isWhole ? "banner.back" : "banner.not_whole", { count: missed }, false);
    if (isWhole) this._timer = setTimeout(() => this._hide(), BACK_MS);
  }

  /** @param {string} key @param {Record<string, number>} values @param {boolean} mayRetry */
  _show(key, values, mayRetry) {
    clearTimeout(this._timer);
    if (key !== "banner.not_whole") this._stays = false;
    this.element.hidden = false;
    this.element.className = key === "banner.back" ? "banner is-good" : "banner is-bad";
    this._text.textContent = t(key, values);
    this._retry.hidden = !mayRetry;
    this._dismiss.hidden = !this._stays;
    if (this._said !== key) this._announce(this._text.textContent);
    this._said = key;
  }

  _hide() {
    clearTimeout(this._timer);
    this._timer = 0;
    this._said = "";
    this._stays = false;
    this.element.hidden = true;
  }
}
