/**
 * How people are shown: their name in its own direction, an initial, what they are.
 *
 * Knows identities. Refuses to know what they did.
 */

import { el } from "./dom.js";
import { t } from "./language.js";

/** @typedef {import("../hubbub/types.js").Person} Person */

const HUES = 8; // as many as the style sheet has

/** @param {Person} person @returns {string} */
export function nameOf(person) {
  if (person.id === "system") return t("person.system");
  return person.name || person.id;
}

/** @param {Person} person */
export function nameElement(person) {
  return el("bdi", { class: "name" }, nameOf(person));
}

/** What somebody is, if that is worth saying. @param {Person} person */
export function kindBadge(person) {
  if (person.kind !== "bot" && person.kind !== "guest") return null;
  return el("span", { class: "badge" }, t(`person.${person.kind}`));
}

/** @param {Person} person */
export function avatar(person) {
  const initial = [...nameOf(person)][0]?.toLocaleUpperCase() ?? "?";
  let hash = 0;
  for (const char of person.id) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193); // as FNV-1a does
  return el("span", { class: `avatar hue-${(hash >>> 16) % HUES}`, "aria-hidden": "true" }, initial);
}
