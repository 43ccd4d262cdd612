/**
 * One room on the screen: its head, timeline, foot and third pane, and what one of them asks of another.
 *
 * Knows how the parts stand together. Refuses to know what is in them.
 */

import { el, fill } from "./dom.js";
import { Drawer } from "./drawer.js";
import { Foot } from "./foot.js";
import { t } from "./language.js";
import { later } from "./later.js";
import { refusalWords } from "./refusals.js";
import { RoomHead } from "./room_head.js";
import { Timeline } from "./timeline.js";

/** @typedef {import("./aside.js").Aside} Aside */
/** @typedef {import("./foot.js").Around} Around */
/**
 * @typedef {object} HubAround  What a hub gives a room.
 * @property {(address: string, seq?: number) => void} open
 * @property {(text: string) => void} announce
 * @property {HTMLElement} banner  How the connection stands.
 */

const notifier = later(() => import("./notifier.js"));
const aside = later(() => import("./aside.js"));
const SOON = { timeout: 1_000 }; // ms; what is first read comes first
const NO_ROOM = "(width < 68.75rem)"; // for a third pane, as the style sheet has it

export class RoomView {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {HubAround} around
   */
  constructor(client, room, around) {
    this._room = room;
    this._ending = new AbortController();
    this.aside = /** @type {Aside|null} */ (null);
    this._drawer = /** @type {Drawer|null} */ (null);
    const { signal } = this._ending;
    this._closed = el("p", { class: "closed", role: "alert", hidden: true });
    this.foot = new Foot(client, room, this._inside(around), signal);
    this.timeline = new Timeline(client, room, this._hooks(around), signal);
    const head = { announce: around.announce, search: () => this.openSearch() };
    this._head = new RoomHead(client, room, head, signal);
    this._conversation = el(
      "main",
      { class: "conversation" },
      this._head.element,
      this._closed,
      this.timeline.element,
      around.banner,
      this.foot.element,
    );
    this.element = el("div", { class: "room-view" }, this._conversation);
    this._listen(signal);
    this._show();
    if (room.closedBy) this._close(room.closedBy);
    this._coming = /** @type {Promise<void>|null} */ (null);
    this._bring = () => aside(({ Aside }) => this._putAside(new Aside(client, room, around, signal), signal));
    const bringTheRest = () => {
      if (signal.aborted) return;
      notifier(({ notifyOf }) => notifyOf(client, room, (seq) => this.jumpTo(seq), signal));
      this._withAside(() => {});
    };
    if (room.isJoined) bringTheRest();
    else room.addEventListener("rights", () => requestIdleCallback(bringTheRest, SOON), { once: true, signal });
  }

  /** @param {AbortSignal} signal */
  _listen(signal) {
    this._room.addEventListener("state", () => this._show(), { signal });
    this._room.addEventListener("closed", ({ detail }) => this._close(detail), { signal });
    this._head.people.addEventListener("click", () => this._withAside(() => this._drawer?.toggle()), { signal });
    this._head.hands.addEventListener("click", () => this._openHands(), { signal });
  }

  /** The third pane comes when the first two are there. @param {Aside} aside @param {AbortSignal} signal */
  _putAside(aside, signal) {
    if (signal.aborted) return;
    this.aside = aside;
    this._drawer = new Drawer(aside.element, this._head.people, NO_ROOM, () => [this._conversation], signal);
    this.element.append(this._drawer.scrim, aside.element);
    const showHands = () => this._head.showHands(aside.handsCount);
    aside.addEventListener("hands", showHands, { signal });
    showHands();
  }

  /** @param {(aside: Aside) => void} use */
  async _withAside(use) {
    if (!this.aside) await (this._coming ??= this._bring());
    this._coming = null; // where it could not be fetched, the next press tries again
    if (this.aside) use(this.aside);
  }

  _openHands() {
    this._withAside((aside) => {
      aside.show("moderation");
      this._drawer?.open();
    });
  }

  /** The parts of the room that one can go to in turn. @returns {import("./regions.js").Region[]} */
  get regions() {
    return [this.timeline, this.foot, ...(this.aside ? [this.aside] : [])];
  }

  /** @param {number} seq */
  jumpTo(seq) {
    this.timeline.jumpTo(seq);
  }

  openSearch() {
    this.timeline.openSearch();
  }

  toLatest() {
    this.timeline.toEnd();
  }

  askToSpeak() {
    this.foot.askToSpeak();
  }

  end() {
    this._ending.abort();
    this.element.remove();
  }

  /** What the foot may ask for; the timeline stands before it does. @param {HubAround} around @returns {Around} */
  _inside(around) {
    return {
      ...around,
      editLast: () => this.timeline.editLast(),
      jumpTo: (seq) => this.timeline.jumpTo(seq),
    };
  }

  /** @param {HubAround} around @returns {import("./timeline.js").Hooks} */
  _hooks({ announce, open }) {
    return {
      announce,
      open,
      reply: (entry) => this.foot.reply(entry),
      edit: (entry) => this.foot.edit(entry),
      takeBack: (outgoing) => this.foot.takeBack(outgoing),
      moderate: (entry) => this._withAside((aside) => aside.openRemoval(entry)),
    };
  }

  _show() {
    this._conversation.setAttribute("aria-label", this._room.state?.title ?? this._room.address);
    this._closed.hidden = true;
  }

  /** @param {import("../hubbub/types.js").Nack|null} nack */
  _close(nack) {
    this._closed.hidden = false;
    this._conversation.classList.toggle("is-closed", this._room.state === null);
    fill(this._closed, nack ? refusalWords(nack) : t("locked.closed"));
  }
}
