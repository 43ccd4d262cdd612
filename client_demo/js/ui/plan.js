/**
 * What the timeline shows, line by line: messages and acts of the log, days, what is new, what is on its way.
 *
 * Knows order, days and who speaks on; pure. Refuses to know the page.
 */

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/** @typedef {import("../hubbub/outbox.js").Outgoing} Outgoing */
/**
 * @typedef {object} Line
 * @property {string} key  Its own for as long as it is there, also when what is on its way gets its place in the log.
 * @property {"message"|"act"|"day"|"unread"|"gap"} kind
 * @property {number} at
 * @property {Entry} [entry]
 * @property {Outgoing} [outgoing]
 * @property {boolean} isTogether  Under the name of the line before.
 */
/**
 * @typedef {object} Marks  Of this reader in this room.
 * @property {string} myId
 * @property {number|undefined} seen  The newest entry read on an earlier visit.
 * @property {number} met  The newest entry when this visit began: what is newer was written before one's eyes.
 * @property {number|null} gapAt  The entry before which some were missed.
 */

const TOGETHER_MS = 5 * 60_000; // one author's messages within this stand under one name

/** @param {Entry} entry */
export function isMessage(entry) {
  return entry.kind === "message" || entry.kind === "removed";
}

/** One's own messages go by the id they had before they had a seq. @param {Entry} entry @param {string} myId */
export function keyOf(entry, myId) {
  return entry.id !== undefined && entry.by.id === myId ? `id:${entry.id}` : `seq:${entry.seq}`;
}

/**
 * @param {readonly Entry[]} entries  Those that have a line.
 * @param {readonly Outgoing[]} outgoing
 * @param {Marks} marks
 * @returns {Line[]}
 */
export function planned(entries, outgoing, marks) {
  const lines = /** @type {Line[]} */ ([]);
  const days = new Days();
  let last = /** @type {{by: string, at: number}|null} */ (null); // who spoke, if nothing stands between
  const part = (/** @type {Line["kind"]} */ kind, /** @type {string} */ key, /** @type {number} */ at) => {
    lines.push({ key, kind, at, isTogether: false });
    last = null;
  };
  let wasRead = false; // an entry read on an earlier visit stands right above
  for (const entry of entries) {
    if (marks.gapAt !== null && entry.seq === marks.gapAt) part("gap", "gap", entry.at);
    if (days.isNew(entry.at)) part("day", `day:${days.start}`, entry.at);
    const isRead = marks.seen === undefined || entry.seq <= marks.seen;
    if (wasRead && !isRead && entry.seq <= marks.met) part("unread", "unread", entry.at);
    wasRead = isRead;
    const kind = isMessage(entry) ? "message" : "act";
    const isTogether = kind === "message" && goesOn(last, entry.by.id, entry.at);
    lines.push({ key: keyOf(entry, marks.myId), kind, at: entry.at, entry, isTogether });
    last = kind === "message" ? { by: entry.by.id, at: entry.at } : null;
  }
  for (const one of outgoing) {
    const isTogether = goesOn(last, marks.myId, one.at);
    lines.push({ key: `id:${one.id}`, kind: "message", at: one.at, outgoing: one, isTogether });
    last = { by: marks.myId, at: one.at };
  }
  return lines;
}

/** @param {{by: string, at: number}|null} last @param {string} by @param {number} at */
function goesOn(last, by, at) {
  return last !== null && last.by === by && Math.abs(at - last.at) < TOGETHER_MS;
}

/** Tells where a day begins, in the reader's time. */
class Days {
  constructor() {
    this.start = NaN;
    this._end = NaN;
  }

  /** @param {number} at */
  isNew(at) {
    if (at >= this.start && at < this._end) return false;
    const day = new Date(at);
    this.start = day.setHours(0, 0, 0, 0);
    this._end = day.setDate(day.getDate() + 1);
    return true;
  }
}
