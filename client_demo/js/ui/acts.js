/**
 * What happened in a room besides messages, each as a sentence that anybody can read.
 *
 * Knows the kinds of entries that are acts. Refuses to know where the sentences stand. An unknown kind is no line.
 */

import { el, icon, modeIcon } from "./dom.js";
import { has, language, moment, say, t, timeElement } from "./language.js";
import { nameElement } from "./people.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/** @typedef {{key: string, value?: string|number}} Sentence  Words, and what something changed to. */

const SETTINGS = /** @type {const} */ (["title", "topic", "discussion", "slow_ms"]);

/** Whether an entry has a line in the timeline: messages do, and acts that we have words for. @param {Entry} entry */
export function hasLine(entry) {
  switch (entry.kind) {
    case "message":
    case "removed":
      return true;
    case "edit":
    case "reaction":
      return false; // they stand on what they are about
    default:
      return sentences(entry).length > 0;
  }
}

/** What is said about an act; nothing for what is none. @param {Entry} entry @returns {Sentence[]} */
function sentences(entry) {
  switch (entry.kind) {
    case "mode":
      return known(`act.mode.${entry.mode}${modeVariant(entry)}`);
    case "settings":
      return SETTINGS.filter((name) => name in entry).map((name) => settingSentence(name, entry[name]));
    case "role":
      return known(`act.role.${entry.role}`);
    case "sanction":
      return known(`act.sanction.${entry.action}.${entry.scope}`);
    case "floor":
      return known(`act.floor.${entry.action}`);
    case "removal":
      return entry.reason ? known("act.removal") : []; // authors need no reason, and no line
    case "appeal":
      return known("act.appeal");
    case "ruling":
      return known(`act.ruling.${entry.outcome}`);
    default:
      return [];
  }
}

/** @param {string} key @returns {Sentence[]} */
function known(key) {
  return has(key) ? [{ key }] : [];
}

/** @param {Entry} entry */
function modeVariant({ by, mode, previous }) {
  if (by.id === "system") return ".system";
  return mode === previous ? ".same" : "";
}

/** @param {typeof SETTINGS[number]} name @param {string|number|undefined} value @returns {Sentence} */
function settingSentence(name, value) {
  return value ? { key: `act.settings.${name}`, value } : { key: `act.settings.${name}.none` };
}

/**
 * What something changed to.
 * @param {Sentence["value"]} value @param {boolean} isRoom @param {import("./reading.js").Reading} reading
 */
function valueShown(value, isRoom, reading) {
  if (typeof value === "number") return document.createTextNode(seconds(value));
  return el("q", { dir: "auto" }, isRoom ? reading.titleOf(value ?? "") : value);
}

/** @param {number} spanMs */
function seconds(spanMs) {
  const style = /** @type {const} */ ({ style: "unit", unit: "second", unitDisplay: "long" });
  return new Intl.NumberFormat(language, style).format(spanMs / 1000);
}

/**
 * The line of an act.
 * @param {import("./plan.js").Line} line @param {import("./reading.js").Reading} reading
 * @returns {import("./lines.js").Row}
 */
export function actRow(line, reading) {
  const entry = /** @type {Entry} */ (line.entry);
  const mode = entry.kind === "mode" ? ` mode-${entry.mode}` : "";
  // What a mode has become is said aloud by the head of the room.
  const attributes = {
    class: `act act-${entry.kind}${mode}`,
    tabindex: -1,
    "aria-live": entry.kind === "mode" ? "off" : null,
  };
  return { element: el("div", attributes, actIcon(entry), el("p", {}, wordsOf(entry, reading))), update() {} };
}

/** @param {Entry} entry @param {import("./reading.js").Reading} reading */
function wordsOf(entry, reading) {
  const who = nameElement(entry.by);
  const subject = entry.subject ? nameElement(reading.named(entry.subject)) : "";
  const said = sentences(entry).flatMap(({ key, value }) => {
    const shown = valueShown(value, key === "act.settings.discussion", reading);
    return [...say(key, { who: who.cloneNode(true), subject, value: shown }), " "];
  });
  const isOurs = entry.by.id === "system"; // its reason is for programs' logs, not somebody's words
  const why = entry.reason ?? entry.text;
  return [
    ...said,
    why && !isOurs ? el("q", { class: "reason", dir: "auto" }, why) : null,
    entry.until ? ` ${t("act.until", { time: moment(entry.until) })}` : null,
    " ",
    timeElement(entry.at),
  ];
}

/** @param {Entry} entry */
function actIcon(entry) {
  if (entry.kind === "mode") return modeIcon(entry.mode ?? "");
  if (entry.kind === "floor") return icon("hand");
  return icon("record");
}
