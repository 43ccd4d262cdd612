/**
 * What happened in a room besides messages, each as one sentence that anybody can read.
 *
 * Knows the kinds of entries that are acts. Refuses to know where the sentences stand.
 */

import { icon, el, modeIcon } from "./dom.js";
import { has, moment, say, t, timeElement } from "./language.js";
import { nameElement } from "./people.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */

/** The sentence about an act, or null for what is none. @param {Entry} entry @returns {Node[]|null} */
function sentence(entry) {
  const who = nameElement(entry.by);
  const subject = entry.subject ? nameElement(entry.subject) : "";
  switch (entry.kind) {
    case "mode":
      return modeSentence(entry, who);
    case "settings":
      return say("act.settings", { who, what: t(settingOf(entry)) });
    case "role":
      return say("act.role", { who, subject, role: t(`role.${entry.role}`) });
    case "sanction":
      return known(`act.sanction.${entry.action}.${entry.scope}`, { who, subject });
    case "floor":
      return known(`act.floor.${entry.action}`, { who, subject });
    case "removal":
      return entry.reason ? say("act.removal", { who }) : null; // authors need no reason, and no line
    default:
      return null;
  }
}

/** @param {Entry} entry @param {Node} who @returns {Node[]|null} */
function modeSentence(entry, who) {
  const isReturn = entry.by.id === "system";
  const isSame = entry.mode === entry.previous;
  return known(`act.mode.${entry.mode}${isReturn ? ".system" : isSame ? ".same" : ""}`, { who });
}

/** @param {Entry} entry */
function settingOf(entry) {
  const named = ["title", "topic", "discussion", "slow_ms"].filter((name) => name in entry);
  return named.length === 1 ? `act.settings.${named[0]}` : "act.settings.several";
}

/** @param {string} key @param {Record<string, string|number|Node>} values */
function known(key, values) {
  return has(key) ? say(key, values) : null;
}

/** What an act changed to, where a sentence about it helps. @param {Entry} entry */
function outcome(entry) {
  const text = entry.title || entry.topic;
  return entry.kind === "settings" && text ? el("q", { dir: "auto" }, text) : null;
}

/** The line of an act, or null for what is none. @param {Entry} entry @returns {HTMLElement|null} */
export function actLine(entry) {
  const words = sentence(entry);
  if (!words) return null;
  const isOurs = entry.by.id === "system"; // its reason is for programs' logs, not somebody's words
  return el(
    "div",
    { class: `act act-${entry.kind}` },
    entry.kind === "mode" ? modeIcon(entry.mode ?? "") : entry.kind === "floor" ? icon("hand") : null,
    el(
      "p",
      {},
      words,
      outcome(entry),
      entry.reason && !isOurs ? [" ", el("q", { class: "reason", dir: "auto" }, entry.reason)] : null,
      entry.until ? [" ", t("act.until", { time: moment(entry.until) })] : null,
      " ",
      timeElement(entry.at),
    ),
  );
}
