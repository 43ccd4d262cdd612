/**
 * What one can do with a message, and doing it: answer, react, edit, remove, copy, try again.
 *
 * Knows rights, limits and the commands. Refuses to know buttons: names come from whoever has one. The server
 * judges; here is only offered what it would accept.
 */

import { linkTo, placeIn } from "./address.js";
import { readDraft, writeDraft } from "./draft.js";
import { t } from "./language.js";
import { later } from "./later.js";
import { waysOut } from "./outcome.js";
import { Wishes } from "./reactions.js";
import { faultWords } from "./refusals.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/** @typedef {import("../hubbub/outbox.js").Outgoing} Outgoing */
/** @typedef {import("./plan.js").Line} Line */
/** @typedef {"reply"|"edit"|"copy"|"link"|"remove"|"moderate"} Deed */
/**
 * @typedef {object} Hooks  What others do about a message.
 * @property {(entry: Entry) => void} reply
 * @property {(entry: Entry) => void} edit
 * @property {(outgoing: Outgoing) => void} takeBack  Puts a message back into the composer.
 * @property {(entry: Entry) => void} moderate
 * @property {(address: string, seq?: number) => void} open  Another room, at an entry.
 * @property {(text: string) => void} announce  To those who do not see the screen.
 */

const confirming = later(() => import("./confirm.js"));

export class MessageActs {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {Hooks} hooks @param {{changed: () => void, alert: (text: string) => void}} page
   */
  constructor(client, room, hooks, page) {
    this._client = client;
    this._room = room;
    this._hooks = hooks;
    this._page = page;
    this._wishes = new Wishes();
  }

  /** What is offered beside every message. */
  get offers() {
    const { rights } = this._room;
    return { react: rights?.react ?? false, reply: (rights?.publish || rights?.reply) ?? false };
  }

  /** As the reader should see them. @param {Entry} entry */
  reactionsOf(entry) {
    return this._wishes.of(entry, this._room.seq);
  }

  /** What this reader can do with a message of the log. @param {Entry} entry @returns {Deed[]} */
  deeds(entry) {
    if (entry.kind !== "message") return ["link"];
    const { rights } = this._room;
    const isOwn = entry.by.id === this._client.identity?.id;
    const deeds = /** @type {Deed[]} */ (["copy", "link"]);
    if (this.offers.reply) deeds.unshift("reply");
    if (this.mayEdit(entry)) deeds.push("edit");
    if (isOwn) deeds.push("remove");
    else if (rights?.moderate) deeds.push("moderate");
    return deeds;
  }

  /** @param {Entry} entry */
  mayEdit(entry) {
    const isOwn = entry.kind === "message" && entry.by.id === this._client.identity?.id;
    const limitMs = this._client.limits?.edit_ms ?? Infinity;
    return isOwn && (this._room.rights?.publish ?? false) && this._client.now() - entry.at < limitMs;
  }

  /** What one can do about one's message that was not sent. @param {Outgoing} outgoing */
  waysOf(outgoing) {
    const { rights, state } = this._room;
    const hasAsked = state?.floor?.asked.some((turn) => turn.id === this._client.identity?.id) ?? false;
    return waysOut(outgoing, {
      mayAsk: !hasAsked && (rights?.floor ?? false),
      hasDiscussion: Boolean(state?.discussion),
    });
  }

  /** @param {Entry} entry */
  edit(entry) {
    this._hooks.edit(entry);
  }

  /** Does what a button stands for. @param {string} name @param {Line} line @param {string} [to] */
  act(name, { entry, outgoing }, to = "") {
    if (outgoing) this._actOnWay(name, outgoing);
    else if (entry) this._actOnEntry(name, entry, to);
  }

  /** @param {string} name @param {Outgoing} outgoing */
  _actOnWay(name, outgoing) {
    const { _room: room, _client: client } = this;
    if (name === "retry") client.retry(room, outgoing.id);
    if (name === "ask") this._attempt({ t: "floor", action: "ask" }, t("message.asked"));
    if (name === "take_back" || name === "drop" || name === "discuss") room.outbox.drop(outgoing.id);
    if (name === "take_back") this._hooks.takeBack(outgoing);
    if (name === "discuss" && room.state?.discussion) this._discuss(outgoing, room.state.discussion);
  }

  /** What was to be said goes along, as a draft. @param {Outgoing} outgoing @param {string} address */
  _discuss(outgoing, address) {
    const draft = readDraft(address);
    const text = [draft.text, outgoing.text].filter(Boolean).join("\n");
    writeDraft(address, { ...draft, text, question: outgoing.question || draft.question });
    this._hooks.open(address);
  }

  /** @param {string} name @param {Entry} entry @param {string} to */
  _actOnEntry(name, entry, to) {
    if (name === "react") this._react(entry, to);
    if (name === "reply") this._hooks.reply(entry);
    if (name === "edit") this.edit(entry);
    if (name === "moderate") this._hooks.moderate(entry);
    if (name === "remove") this._remove(entry);
    if (name === "copy") this._copy(entry.text ?? "", t("message.copied"));
    if (name === "link") this._copy(this.permalink(entry.seq), t("message.linked"));
    const place = name === "open" && placeIn(`#${to}`);
    if (place) this._hooks.open(place.room, place.seq);
  }

  /** @param {number} seq */
  permalink(seq) {
    return linkTo(this._room.address, seq);
  }

  /** @param {Entry} entry @param {string} emoji */
  async _react(entry, emoji) {
    const now = this.reactionsOf(entry).find((one) => one.emoji === emoji);
    const on = !now?.isMine;
    const wish = this._wishes.want(entry.seq, emoji, on);
    this._page.changed();
    const ack = await this._attempt({ t: "react", target: entry.seq, emoji, on });
    if (ack) wish.acked(ack.seq);
    else wish.refused();
    this._page.changed();
  }

  /** @param {Entry} entry */
  _remove(entry) {
    const words = { title: t("message.remove.title"), text: t("message.remove.text"), submit: t("message.remove") };
    confirming(async ({ confirmed }) => {
      if (await confirmed(words)) await this._attempt({ t: "remove", target: entry.seq }, t("message.removed"));
    });
  }

  /** @param {string} text @param {string} done */
  async _copy(text, done) {
    try {
      await navigator.clipboard.writeText(text);
      this._hooks.announce(done);
    } catch {
      this._page.alert(t("message.not_copied")); // not allowed, or not a secure page
    }
  }

  /** @param {import("../hubbub/types.js").Frame} command @param {string} [done] */
  async _attempt(command, done = "") {
    try {
      const ack = await this._client.act(this._room, command);
      if (done) this._hooks.announce(done);
      return ack;
    } catch (fault) {
      this._page.alert(faultWords(fault));
    }
  }
}
