/**
 * Where one who has no token says their name.
 *
 * Knows a form with one field. Refuses to know what a server makes of the name.
 */

import { el } from "./dom.js";
import { read, write } from "./keepsakes.js";
import { t } from "./language.js";
import { languageButton } from "./language_button.js";

const NAME_CHARS = 64;

/**
 * @param {string} hub @param {string} fault  Why one is here again, or empty.
 * @param {{enter: (name: string) => void, speak: (language: string) => Promise<void>}} ways
 */
export function entrance(hub, fault, { enter, speak }) {
  const name = el("input", {
    id: "name",
    name: "name",
    required: true,
    maxlength: NAME_CHARS,
    autocomplete: "nickname",
    autofocus: true,
    dir: "auto",
    value: read("name"),
  });
  const onSubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!name.value.trim()) return;
    write("name", name.value.trim());
    enter(name.value.trim());
  };
  const form = el(
    "form",
    { on: { submit: onSubmit } },
    el("p", { class: "brand" }, "Hubbub"),
    el("h1", {}, t("entrance.title", { hub })),
    el("p", {}, t("entrance.about")),
    el("label", { for: "name" }, t("entrance.name")),
    name,
    el("p", { class: "fault", role: "alert" }, fault),
    el("button", { type: "submit", class: "primary" }, t("entrance.enter")),
    el("p", { class: "hint" }, t("entrance.guest")),
  );
  return el("div", { class: "entrance" }, languageButton(speak), el("main", {}, form));
}
