/**
 * One person in a list: name, what they are, and for a moderator the way to act on them.
 *
 * Knows how a person looks there. Refuses to know why they are in the list.
 */

import { button, el, icon } from "./dom.js";
import { t } from "./language.js";
import { avatar, kindBadge, nameElement, nameOf } from "./people.js";

/**
 * @param {import("../hubbub/types.js").Person} person
 * @param {{isMe?: boolean, hasFloor?: boolean, moderate?: (() => void)|null}} about
 * @param {...import("./dom.js").Child} more  What this list tells of them.
 */
export function personLine(person, { isMe, hasFloor, moderate }, ...more) {
  const name = el(
    "span",
    { class: "person-name" },
    nameElement(person),
    isMe ? el("span", { class: "badge" }, t("person.me")) : null,
    kindBadge(person),
    hasFloor ? el("span", { class: "badge floor-badge" }, icon("hand"), t("person.floor")) : null,
  );
  const label = t("person.moderate", { who: nameOf(person) });
  const act = moderate ? button(icon("more"), moderate, { class: "tool", "aria-label": label, title: label }) : null;
  return el("li", { class: "person" }, avatar(person), el("div", { class: "person-words" }, name, ...more), act);
}
