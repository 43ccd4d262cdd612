/**
 * Sends what is written and asked for at the foot of a room, and says why if it cannot.
 *
 * Knows commands and whom one may want to name. Refuses to know the page: it is given a place to tell faults.
 */

import { newId } from "../hubbub/ids.js";
import { t } from "./language.js";
import { faultWords } from "./refusals.js";

/** @typedef {import("../hubbub/types.js").Frame} Frame */
/** @typedef {import("../hubbub/types.js").Person} Person */

export class Speaking {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {(fault: string) => void} tell  Empty when all is well.
   */
  constructor(client, room, tell) {
    this._client = client;
    this._room = room;
    this._tell = tell;
    this._change = { seq: 0, text: "", id: "" }; // the last one tried: after silence it is sent again as itself
  }

  /** A message; false if none can be taken now. @param {import("./draft.js").Draft} draft */
  send({ text, question, reply, about }) {
    const isFull = this._room.outbox.isFull;
    this._tell(isFull ? t("composer.full") : "");
    if (isFull) return false;
    this._client.publish(this._room, text, {
      ...(question ? { question } : {}),
      ...(reply ? { replyTo: reply.seq } : {}),
      ...(about ? { about: { room: about.room, seq: about.seq } } : {}),
    });
    return true;
  }

  /** Another text for a message; true if it has it. @param {number} seq @param {string} text */
  save(seq, text) {
    if (this._change.seq !== seq || this._change.text !== text) this._change = { seq, text, id: newId() };
    return this.act({ t: "edit", target: seq, text, id: this._change.id });
  }

  /** Something was written, and may become a message. */
  written() {
    if (this._room.rights?.publish) this._client.typing(this._room);
  }

  /** Raise one's hand. @param {string} [reason] */
  ask(reason) {
    return this.act({ t: "floor", action: "ask", ...(reason ? { reason } : {}) });
  }

  /** Put one's hand down, or give the floor back. */
  withdraw() {
    return this.act({ t: "floor", action: "withdraw" });
  }

  /** @param {Frame} command @returns {Promise<boolean>} whether it was done */
  async act(command) {
    this._tell("");
    try {
      await this._client.act(this._room, command);
      return true;
    } catch (fault) {
      this._tell(faultWords(fault));
      return false;
    }
  }

  /** Those who are here, and those who wrote what is at hand. @returns {Person[]} */
  people() {
    const found = new Map(this._room.people);
    for (const { kind, by } of this._room.entries) if (kind === "message" && !found.has(by.id)) found.set(by.id, by);
    found.delete(this._client.identity?.id ?? "");
    return [...found.values()];
  }
}
