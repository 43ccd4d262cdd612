/**
 * Says how the connection stands, once it has not stood for a moment.
 *
 * Knows states and words. Refuses to know how to connect.
 */

import { button, el, fill } from "./dom.js";
import { t } from "./language.js";

const SILENT_MS = 1_500; // a blip is nobody's business
const BACK_MS = 4_000; // good news goes by itself
const TICK_MS = 1_000;

export class Banner {
  /** @param {import("../hubbub/client.js").Client} client @param {AbortSignal} signal */
  constructor(client, signal) {
    this._client = client;
    this._signal = signal;
    this._timer = 0;
    this._isShown = false;
    this.element = el("div", { class: "banner", role: "status", hidden: true });
    client.addEventListener("state", () => this._changed(), { signal });
    client.addEventListener("back", (event) => this._back(/** @type {CustomEvent} */ (event).detail), { signal });
    signal.addEventListener("abort", () => clearTimeout(this._timer));
    this._changed();
  }

  _changed() {
    const { state } = this._client.connector;
    if (state === "online" || state === "resting") return this._hide();
    if (this._isShown) return this._show();
    if (!this._timer) this._timer = setTimeout(() => this._show(), SILENT_MS);
  }

  /** Draws itself anew every second, while it counts one down. */
  _show() {
    clearTimeout(this._timer);
    this._isShown = true;
    this.element.hidden = false;
    this.element.className = "banner is-bad";
    const { connector } = this._client;
    const seconds = Math.max(0, Math.ceil((connector.retryAt - Date.now()) / 1000));
    const retry = connector.state === "waiting" && button(t("banner.retry"), () => connector.wake());
    const held = this.element.contains(document.activeElement);
    fill(this.element, el("span", {}, this._words(seconds)), retry);
    if (held) this.element.querySelector("button")?.focus();
    this._timer = setTimeout(() => this._show(), TICK_MS);
  }

  /** @param {number} seconds */
  _words(seconds) {
    const { state, why } = this._client.connector;
    if (state === "offline") return t("banner.offline");
    if (state === "connecting") return t("banner.connecting");
    return t(why === "restarting" ? "banner.restarting" : "banner.waiting", { count: seconds });
  }

  /** @param {{missed: number, isWhole: boolean}} outcome */
  _back({ missed, isWhole }) {
    if (isWhole && missed === 0) return;
    clearTimeout(this._timer);
    this.element.hidden = false;
    this.element.className = isWhole ? "banner is-good" : "banner is-bad";
    fill(this.element, isWhole ? t("banner.back", { count: missed }) : t("banner.not_whole"));
    this._timer = setTimeout(() => this._hide(), BACK_MS);
  }

  _hide() {
    clearTimeout(this._timer);
    this._timer = 0;
    this._isShown = false;
    this.element.hidden = true;
  }
}
