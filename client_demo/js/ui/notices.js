/**
 * What went wrong with something the reader did, said once: on the screen, and aloud.
 *
 * Knows how long a notice stands. Refuses to know what was done.
 */

import { el } from "./dom.js";
import { t } from "./language.js";
import { outcomeWords } from "./outcome.js";

const NOTICE_MS = 8_000; // long enough to read a sentence twice

export class Notices {
  /** @param {AbortSignal} signal */
  constructor(signal) {
    this._timer = 0;
    this.element = el("p", { class: "notice", role: "alert" });
    this.spoken = el("p", { class: "visually-hidden", role: "alert" });
    signal.addEventListener("abort", () => clearTimeout(this._timer));
  }

  /** @param {string} text */
  alert(text) {
    clearTimeout(this._timer);
    this.element.textContent = text;
    this._timer = setTimeout(() => (this.element.textContent = ""), NOTICE_MS);
  }

  /** Its line says so, too, for those who see it. @param {import("../hubbub/outbox.js").Outgoing} outgoing */
  sayUnsent(outgoing) {
    this.spoken.textContent = `${t("message.not_sent")} ${outcomeWords(outgoing)}`;
  }
}
