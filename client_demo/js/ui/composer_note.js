/**
 * The one line under the field: the most important thing to know while writing. Its height never changes.
 *
 * Knows what may be said there, and what comes first. Refuses to know the text but by its length.
 */

import { el } from "./dom.js";
import { t } from "./language.js";
import { keyWords } from "./sending_keys.js";
import { keptTrue } from "./ticking.js";
import { lengthWords, spanWords } from "./times.js";

const TEXT_CHARS = 4_000; // where the server does not say
const NEAR_CHARS = 200; // from here on it is said how many are left

export class ComposerNote {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   */
  constructor(client, room) {
    this._client = client;
    this._room = room;
    this._length = 0;
    this.element = el("p", { class: "hint composer-note", id: "composer-note" });
  }

  /** The text is so long now, in code points. @param {number} length */
  show(length) {
    this._length = length;
    this.element.classList.toggle("is-over", this.isOver);
    keptTrue(this.element, () => this._words());
  }

  get _most() {
    return this._client.limits?.text_chars ?? TEXT_CHARS;
  }

  get isOver() {
    return this._length > this._most;
  }

  _words() {
    const left = this._most - this._length;
    if (left < 0) return t("composer.over", { count: -left });
    if (this._client.connector.state !== "online") return t("composer.offline");
    if (left <= NEAR_CHARS) return t("composer.left", { count: left });
    return this._slowWords() || keyWords();
  }

  _slowWords() {
    const slowMs = this._room.state?.slow_ms;
    if (!slowMs || this._room.rights?.moderate) return "";
    const myId = this._client.identity?.id;
    const last = this._room.entries.findLast((entry) => entry.kind === "message" && entry.by.id === myId);
    const waitMs = last ? last.at + slowMs - this._client.now() : 0;
    if (waitMs <= 0) return t("composer.slow", { span: lengthWords(slowMs) });
    return t("composer.slow.wait", { span: spanWords(waitMs) });
  }
}
