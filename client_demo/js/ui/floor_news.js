/**
 * What is read out when it changes whether one may speak.
 *
 * Pure: two stances in, words out. Refuses to know switches of the mode, which the head of the room tells.
 */

import { t } from "./language.js";
import { nameOf } from "./people.js";

/** @typedef {import("./stance.js").Stance} Stance */

/** Nothing for what needs no words. @param {Stance} before @param {Stance} after @returns {string} */
export function newsOf(before, after) {
  if (after.kind === "speaks") return t("floor.held");
  if (after.kind === "muted") return t("locked.muted");
  if (before.kind === "muted" && after.kind === "writes") return t("locked.unmuted");
  if (after.kind !== "cools" || !after.answer) return "";
  const { action, by, reason } = after.answer;
  return [t(`floor.ended.${action}`, { who: nameOf(by), time: "" }), reason].filter(Boolean).join(" ");
}
