/**
 * The foot of a room: the composer, or the panel that stands for it. The draft outlives every swap.
 *
 * Knows which of the two is due. Refuses to know what they look like, and how things are sent.
 */

import { busyButton } from "./busy_button.js";
import { Composer } from "./composer.js";
import { el, icon } from "./dom.js";
import { quoted, readDraft, writeDraft } from "./draft.js";
import { drawIfNew } from "./drawn.js";
import { newsOf } from "./floor_news.js";
import { HandStrip } from "./hand_strip.js";
import { t } from "./language.js";
import { LockedPanel } from "./locked.js";
import { nameOf } from "./people.js";
import { rolesOf } from "./roles.js";
import { speakersOf } from "./speakers.js";
import { Speaking } from "./speaking.js";
import { stanceOf } from "./stance.js";
import { TypingLine } from "./typing_line.js";
import { whyMuted } from "./why_muted.js";

/** @typedef {import("../hubbub/outbox.js").Outgoing} Outgoing */
/** @typedef {import("../hubbub/types.js").Entry} Entry */
/** @typedef {import("./stance.js").Stance} Stance */
/**
 * @typedef {object} Around  What a room gives its parts.
 * @property {(address: string) => void} open  Another room.
 * @property {() => void} editLast  The last message of one's own.
 * @property {(text: string) => void} announce  To those who do not see the screen.
 * @property {(seq: number) => void} jumpTo
 */

const WRITING = new Set(["writes", "speaks"]);

export class Foot {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {Around} around @param {AbortSignal} signal
   */
  constructor(client, room, around, signal) {
    this._client = client;
    this._room = room;
    this._around = around;
    this._roles = rolesOf(client);
    this._stance = /** @type {Stance} */ ({ kind: "loading" });
    this._rule = /** @type {Record<string, any>|null} */ (null); // why one may not write, where the room does not say
    this._planned = 0;
    this._timer = 0;
    this._fault = el("p", { class: "fault", role: "alert" });
    this._floor = el("div", { class: "floor-held", hidden: true });
    this._speaking = new Speaking(client, room, (fault) => void (this._fault.textContent = fault));
    this._panel = new LockedPanel(room, this._speaking, around.open, () => client.now());
    this.composer = new Composer(client, room, this._speaking, around);
    this.element = el(
      "footer",
      { class: "foot" },
      new HandStrip(room, this._speaking, signal).element,
      this._fault,
      this._floor,
      this._panel.element,
      new TypingLine(room, signal).element,
      this.composer.element,
    );
    this._listen(signal);
    this._show();
  }

  focus() {
    if (this.composer.element.hidden) this._panel.focus();
    else this.composer.focus();
  }

  /** Answer a message; an announcement is answered in its discussion room. @param {Entry} entry */
  reply(entry) {
    const { state, address, rights } = this._room;
    const quote = quoted(entry, nameOf(entry.by));
    if (rights?.publish || !state?.discussion) {
      this.composer.reply(quote);
      return this.focus();
    }
    const about = { ...quote, room: address, title: state.title };
    writeDraft(state.discussion, { ...readDraft(state.discussion), about, reply: undefined, edit: undefined });
    this._around.open(state.discussion);
  }

  /** Change a message of one's own. @param {Entry} entry */
  edit(entry) {
    this.composer.edit({ seq: entry.seq, was: entry.text ?? "" });
    this.focus();
  }

  /** What could not be sent is a draft again, with all that it was. @param {Outgoing} outgoing */
  takeBack({ text, question, replyTo, about }) {
    this.composer.takeBack({ text, question, reply: this._quoteOf(this._room, replyTo), about: this._aboutOf(about) });
    this._show(); // the panel tells how long the draft is
    this.focus();
  }

  /** @param {import("../hubbub/room.js").Room|undefined} room @param {number|undefined} seq */
  _quoteOf(room, seq) {
    const entry = seq === undefined ? undefined : room?.entryAt(seq);
    return entry && quoted(entry, nameOf(entry.by));
  }

  /** @param {Outgoing["about"]} about @returns {import("./draft.js").About|undefined} */
  _aboutOf(about) {
    if (!about) return undefined;
    const room = this._client.rooms.get(about.room);
    const quote = this._quoteOf(room, about.seq) ?? { seq: about.seq, name: "", text: "" };
    const title = this._client.hub.cards.get(about.room)?.state.title ?? about.room;
    return { ...quote, room: about.room, title };
  }

  /** Raise one's hand, where that is the way to speak. */
  async askToSpeak() {
    if (this._stance.kind === "asks") await this._speaking.ask();
    this.focus();
  }

  /** @param {AbortSignal} signal */
  _listen(signal) {
    const { _room: room, _client: client } = this;
    const plan = () => this._plan();
    for (const what of /** @type {const} */ (["state", "rights", "people", "entries"]))
      room.addEventListener(what, plan, { signal });
    const closed = (/** @type {any} */ event) => ((this._rule = event.detail?.rule ?? null), plan());
    const heard = (/** @type {any} */ event) => this._heard(event.detail);
    const amended = (/** @type {any} */ event) => this._amended(event.detail);
    room.addEventListener("closed", closed, { signal });
    room.addEventListener("entry", heard, { signal });
    room.addEventListener("amended", amended, { signal });
    this._roles.addEventListener("changed", plan, { signal });
    client.addEventListener("state", () => this.composer.refresh(), { signal });
    signal.addEventListener("abort", () => {
      cancelAnimationFrame(this._planned);
      clearTimeout(this._timer);
    });
  }

  /** @param {Entry} entry */
  _heard({ kind, subject }) {
    if (kind === "role") this._roles.refresh();
    if (kind === "sanction" && subject?.id === this._myId && this._stance.kind === "muted") this._learnWhy();
    if (kind === "floor") this._plan();
  }

  /** @param {Entry} message */
  _amended(message) {
    if (message.kind === "removed") this.composer.forget(message.seq);
  }

  /** Rights and the entry that changed them come one after the other: both are shown at once. */
  _plan() {
    if (this._stance.kind === "loading") return this._show(); // the first time there is nothing to wait for
    cancelAnimationFrame(this._planned);
    this._planned = requestAnimationFrame(() => this._show());
  }

  _show() {
    const before = this._stance;
    const stance = (this._stance = stanceOf(this._room, this._myId, this._client.now()));
    const [couldWrite, mayWrite] = [before, stance].map(({ kind }) => WRITING.has(kind));
    const hadFocus = this.element.contains(document.activeElement);
    this.composer.element.hidden = !mayWrite;
    this._panel.element.hidden = mayWrite || stance.kind === "loading";
    if (stance.kind !== before.kind) this._changed(before, stance);
    this._showPanel();
    this._showFloor(stance.kind === "speaks");
    this.composer.refresh();
    if (hadFocus && couldWrite !== mayWrite) this.focus();
  }

  /** @param {Stance} before @param {Stance} after */
  _changed(before, after) {
    this._fault.textContent = "";
    if (after.kind !== "closed") this._rule = null;
    if (after.kind === "muted") this._learnWhy();
    if (before.kind !== "loading") this._around.announce(newsOf(before, after));
    clearTimeout(this._timer);
    if (after.until) this._timer = setTimeout(() => this._show(), after.until - this._client.now() + 1);
  }

  async _learnWhy() {
    this._rule = await whyMuted(this._client, this._room);
    this._plan();
  }

  _showPanel() {
    if (this._panel.element.hidden) return;
    const address = this._room.state?.discussion ?? "";
    const title = this._client.hub.cards.get(address)?.state.title ?? address;
    this._panel.show({
      stance: this._stance,
      draft: this.composer.text,
      speakers: speakersOf(this._room, this._roles.granted),
      rule: this._rule,
      discussion: address ? { address, title } : null,
    });
  }

  /** @param {boolean} isMine */
  _showFloor(isMine) {
    this._floor.hidden = !isMine;
    drawIfNew(this._floor, isMine, () => {
      const back = busyButton(t("floor.give_back"), () => this._speaking.withdraw());
      return isMine ? [icon("hand"), el("p", {}, el("strong", {}, t("floor.held"))), back] : [];
    });
  }

  get _myId() {
    return this._client.identity?.id ?? "";
  }
}
