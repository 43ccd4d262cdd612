/**
 * What somebody is about to say in a room: kept until it is said, over every switch, room and reload.
 *
 * Knows the shape of a draft and where it is kept. Refuses to know who writes it.
 */

import { read, write } from "./keepsakes.js";

/**
 * @typedef {{seq: number, name: string, text: string}} Quoted  A message, as much of it as a preview shows.
 * @typedef {Quoted & {room: string, title: string}} About  An announcement of another room.
 *
 * @typedef {object} Draft
 * @property {string} text
 * @property {boolean} [question]
 * @property {Quoted} [reply]  What it answers, in this room.
 * @property {About} [about]  What it answers, in another one.
 * @property {{seq: number, was: string, text: string}} [edit]  A message that is being changed meanwhile.
 */

const QUOTE_CHARS = 140; // what a preview of one line can show
const NOTHING = Object.freeze({ text: "" });

const drafts = /** @type {Map<string, Draft>} */ (new Map()); // of this visit, where storage is closed to us

/** @param {string} address  Of the room. @returns {Draft} */
export function readDraft(address) {
  return drafts.get(address) ?? stored(read(keyOf(address))) ?? NOTHING;
}

/** @param {string} address @param {Draft} draft */
export function writeDraft(address, draft) {
  drafts.set(address, Object.freeze(draft));
  const isEmpty = !draft.text && !draft.question && !draft.reply && !draft.about && !draft.edit;
  write(keyOf(address), isEmpty ? "" : JSON.stringify(draft));
}

/** @param {import("../hubbub/types.js").Entry} entry @param {string} name @returns {Quoted} */
export function quoted(entry, name) {
  const text = [...(entry.text ?? "")].slice(0, QUOTE_CHARS).join("").replace(/\s+/g, " ");
  return { seq: entry.seq, name, text };
}

/** @param {string} address */
function keyOf(address) {
  return `draft.${address}`;
}

/** @param {string|null} kept @returns {Draft|null} */
function stored(kept) {
  try {
    const draft = JSON.parse(kept ?? "null");
    return typeof draft?.text === "string" ? draft : null;
  } catch {
    return null; // not ours
  }
}
