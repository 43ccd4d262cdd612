/**
 * The foot of a room: the composer, or the panel that stands for it. The draft outlives every swap.
 *
 * Knows which of the two is due. Refuses to know what they look like.
 */

import { Composer } from "./composer.js";
import { el, fill, icon } from "./dom.js";
import { t } from "./language.js";
import { busyButton, lockedPanel } from "./locked.js";
import { faultWords } from "./refusals.js";

/**
 * @typedef {object} Around  What a room gives its parts.
 * @property {number|null} textChars  The longest message, once the server has said it.
 * @property {(address: string) => void} open  Another room.
 * @property {() => void} editLast  The last message of one's own.
 * @property {(text: string) => void} announce  To those who do not see the screen.
 * @property {(seq: number) => void} jumpTo
 */

export class Foot {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {Around} around @param {AbortSignal} signal
   */
  constructor(client, room, around, signal) {
    this._client = client;
    this._room = room;
    this._around = around;
    this._fault = el("p", { class: "fault", role: "alert" });
    this._floor = el("div", { class: "floor-held", hidden: true });
    this._slow = el("p", { class: "hint slow" });
    this._panel = el("div", { class: "panel" });
    this.composer = new Composer(room.address, around.textChars, (text) => this._send(text));
    this.element = el(
      "footer",
      { class: "foot" },
      this._fault,
      this._floor,
      this._panel,
      this.composer.element,
      this._slow,
    );
    for (const what of ["state", "rights", "closed"]) room.addEventListener(what, () => this._plan(), { signal });
    this._shown = "";
    this._planned = 0;
    this._show();
  }

  focus() {
    if (this.composer.element.hidden) this._focusPanel();
    else this.composer.focus();
  }

  /** @param {string} text */
  takeBack(text) {
    this.composer.takeBack(text);
    this._shown = ""; // the panel tells how long the draft is
    this._show();
  }

  /** Rights and the entry that changed them come one after the other: both are shown at once. */
  _plan() {
    cancelAnimationFrame(this._planned);
    this._planned = requestAnimationFrame(() => this._show());
  }

  _show() {
    const { rights, state } = this._room;
    const mayWrite = rights?.publish ?? false;
    const isKnown = state !== null;
    const hadFocus = this.element.contains(document.activeElement);
    const wasOpen = !this.composer.element.hidden;
    this.composer.element.hidden = !mayWrite;
    this._panel.hidden = mayWrite || !isKnown;
    this._slow.textContent = mayWrite && state?.slow_ms ? slowWords(state.slow_ms) : "";
    this._showPanel(mayWrite || !isKnown);
    this._showFloor(mayWrite);
    if (wasOpen !== mayWrite) this._fault.textContent = "";
    if (hadFocus && wasOpen !== mayWrite) this._moveFocus(mayWrite);
  }

  /** Only what changes is drawn anew, so that a word being written there stays. @param {boolean} isHidden */
  _showPanel(isHidden) {
    const { rights, state, address } = this._room;
    const shown = isHidden ? "" : JSON.stringify([rights, state, this._myTurn("asked")]);
    if (shown === this._shown) return;
    this._shown = shown;
    if (isHidden) return fill(this._panel);
    const myId = this._client.identity?.id ?? "";
    const card = this._client.hub.cards.get(state?.discussion ?? "");
    const why = this._panel.querySelector("input")?.value ?? "";
    const focused = this._panel.contains(document.activeElement) ? (document.activeElement?.tagName ?? "") : "";
    fill(
      this._panel,
      lockedPanel(this._room, myId, this.composer.draft, card?.state.title ?? state?.discussion ?? address, {
        ask: (reason) => this._act({ t: "floor", action: "ask", ...(reason ? { reason } : {}) }),
        withdraw: () => this._act({ t: "floor", action: "withdraw" }),
        open: this._around.open,
      }),
    );
    const field = this._panel.querySelector("input");
    if (field) field.value = why;
    if (focused === "INPUT" && field) field.focus();
    else if (focused) this._focusPanel();
  }

  /** @param {boolean} mayWrite */
  _showFloor(mayWrite) {
    const isMine = mayWrite && this._room.state?.mode === "announcement" && this._myTurn("given") !== undefined;
    if (this._floor.hidden === !isMine) return;
    this._floor.hidden = !isMine;
    const back = busyButton(t("floor.give_back"), () => this._act({ t: "floor", action: "withdraw" }));
    fill(this._floor, isMine && el("p", {}, icon("hand"), " ", el("strong", {}, t("floor.held"))), isMine && back);
  }

  /** @param {"asked"|"given"} list */
  _myTurn(list) {
    return this._room.state?.floor?.[list].find((turn) => turn.id === this._client.identity?.id);
  }

  /** Whoever was here goes on here. @param {boolean} mayWrite */
  _moveFocus(mayWrite) {
    if (mayWrite) this.composer.focus();
    else this._focusPanel();
  }

  _focusPanel() {
    /** @type {HTMLElement|null} */ (this._panel.querySelector(".locked"))?.focus();
  }

  /** @param {string} text */
  _send(text) {
    this._fault.textContent = "";
    if (!this._room.outbox.isFull) return this._client.publish(this._room, text);
    this.composer.takeBack(text);
    this._fault.textContent = t("composer.full");
  }

  /** @param {import("../hubbub/types.js").Frame} command */
  async _act(command) {
    this._fault.textContent = "";
    try {
      await this._client.act(this._room, command);
    } catch (fault) {
      this._fault.textContent = faultWords(fault);
    }
  }
}

/** @param {number} slowMs */
function slowWords(slowMs) {
  const seconds = Math.ceil(slowMs / 1000);
  return t("composer.slow", { count: seconds, seconds });
}
