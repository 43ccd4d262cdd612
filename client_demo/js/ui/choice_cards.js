/**
 * A choice between a few things, each a card that says what it will change.
 *
 * Knows radio buttons. Refuses to know what is chosen.
 */

import { el } from "./dom.js";

/**
 * @typedef {object} Choice
 * @property {string} value
 * @property {import("./dom.js").Child[]} title
 * @property {string} effect
 * @property {string} [look]  A class of its own.
 * @property {string} [mark]  A word beside the title.
 */

/**
 * @param {string} name  Of the group on the page. @param {string} legend @param {Choice[]} choices
 * @param {string} chosen @param {(value: string) => void} [onChange]
 */
export function choiceCards(name, legend, choices, chosen, onChange = () => {}) {
  const element = el(
    "fieldset",
    { class: "cards" },
    el("legend", {}, legend),
    choices.map((choice) => card(name, choice, choice.value === chosen)),
  );
  const checked = () => /** @type {HTMLInputElement|null} */ (element.querySelector("input:checked"))?.value ?? chosen;
  element.addEventListener("change", () => onChange(checked()));
  return {
    element,
    get value() {
      return checked();
    },
  };
}

/** @param {string} name @param {Choice} choice @param {boolean} isChosen */
function card(name, { value, title, effect, look, mark }, isChosen) {
  return el(
    "label",
    { class: `card ${look ?? ""}` },
    el("input", { type: "radio", name, value, checked: isChosen }),
    el("span", { class: "card-title" }, title, mark ? el("span", { class: "badge" }, mark) : null),
    el("span", { class: "effect" }, effect),
  );
}
