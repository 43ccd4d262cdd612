/**
 * Where the reader says how the page is to be; each choice holds at once.
 *
 * Knows the fields. Refuses to know what the choices change.
 */

import { openDialog } from "./dialog.js";
import { button, el, icon } from "./dom.js";
import { language, LANGUAGES, languageName, t } from "./language.js";
import { mayNotify } from "./notifier.js";
import { inPlace } from "./same_place.js";
import { CHOICES, choose, setting } from "./settings.js";

/** @typedef {import("./settings.js").Setting} Setting */
/**
 * @typedef {object} Ways
 * @property {(language: string) => Promise<void>} speak
 * @property {() => void} inspect
 * @property {() => void} help
 * @property {() => void} leave
 * @property {string} me  Who one is here.
 */

/** @param {Ways} ways */
export function openSettings(ways) {
  openDialog("settings", t("settings.title"), (dialog) => {
    const again = () => inPlace(document.body, () => (dialog.close(), dialog.remove(), openSettings(ways)));
    const speak = async (/** @type {string} */ wanted) => (await ways.speak(wanted), again());
    const leaving = (/** @type {() => void} */ way) => () => (dialog.close(), way());
    return [
      el(
        "form",
        {},
        radios("language", t("settings.language"), LANGUAGES, language, languageName, speak),
        chosen("theme"),
        chosen("send_key"),
        switches(),
      ),
      el(
        "div",
        { class: "settings-foot" },
        button([icon("keyboard"), t("help.title")], leaving(ways.help)),
        button([icon("link"), t("inspector.title")], leaving(ways.inspect)),
        button([icon("leave"), t("settings.leave")], leaving(ways.leave), { class: "leave" }),
        el("p", { class: "hint" }, t("settings.me", { me: ways.me })),
      ),
    ];
  });
}

/** @param {"theme"|"send_key"} name */
function chosen(name) {
  const word = (/** @type {string} */ value) => t(`settings.${name}.${value || "default"}`);
  return radios(name, t(`settings.${name}`), CHOICES[name], setting(name), word, (value) => choose(name, value));
}

/**
 * @param {string} name @param {string} legend @param {readonly string[]} values @param {string} now
 * @param {(value: string) => string} word @param {(value: string) => void} onChoice
 */
function radios(name, legend, values, now, word, onChoice) {
  const one = (/** @type {string} */ value) => {
    const attributes = { type: "radio", name, value, checked: value === now, on: { change: () => onChoice(value) } };
    return el("label", { class: "choice" }, el("input", attributes), word(value));
  };
  return el("fieldset", { class: "choices" }, el("legend", {}, legend), values.map(one));
}

function switches() {
  const blocked = el("p", { class: "fault", role: "status" });
  const notify = async (/** @type {HTMLInputElement} */ box) => {
    if (box.checked && !(await mayNotify())) box.checked = false;
    blocked.textContent = box.checked || setting("notify") === "on" ? "" : t("settings.notify.blocked");
    choose("notify", box.checked ? "on" : "");
  };
  return el(
    "fieldset",
    { class: "choices is-list" },
    el("legend", {}, t("settings.more")),
    check("notify", setting("notify") === "on", notify),
    blocked,
    check("sound", setting("sound") === "on", (box) => choose("sound", box.checked ? "on" : "")),
    check("calm", setting("calm") === "on", (box) => choose("calm", box.checked ? "on" : "")),
    check("keys", setting("keys") !== "off", (box) => choose("keys", box.checked ? "" : "off")),
  );
}

/** @param {Setting} name @param {boolean} isOn @param {(box: HTMLInputElement) => void} onChoice */
function check(name, isOn, onChoice) {
  const box = el("input", { type: "checkbox", name, checked: isOn, "aria-describedby": `hint-${name}` });
  box.addEventListener("change", () => onChoice(box));
  const hint = el("span", { class: "hint", id: `hint-${name}` }, t(`settings.${name}.hint`));
  return el("label", { class: "choice" }, box, el("span", {}, t(`settings.${name}`), hint));
}
