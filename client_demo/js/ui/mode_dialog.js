/**
 * Where a moderator switches the mode: what will change, why, and until when.
 *
 * Knows the two modes and the form. Refuses to switch anything that has no reason.
 */

import { newId } from "../hubbub/ids.js";
import { button, el, modeIcon } from "./dom.js";
import { t } from "./language.js";
import { faultWords } from "./refusals.js";

const MODES = ["agora", "announcement"];
const REASON_CHARS = 500;

/**
 * Opens the dialog; it closes itself.
 * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
 */
export function openModeDialog(client, room) {
  const mode = room.state?.mode ?? "agora";
  const wanted = mode === "agora" ? "announcement" : "agora";
  const id = newId(); // one for the whole dialog: pressing again after silence does not switch twice
  const reason = el("textarea", { id: "mode-reason", rows: 2, required: true, maxlength: REASON_CHARS, dir: "auto" });
  const until = el("input", { id: "mode-until", type: "datetime-local" });
  const fault = el("p", { class: "fault", role: "alert" });
  const submit = el("button", { type: "submit", class: "primary" }, t("mode_dialog.submit"));
  const form = el(
    "form",
    {},
    el("h2", { id: "mode-title" }, t("mode_dialog.title")),
    el(
      "fieldset",
      { class: "cards" },
      el("legend", {}, t("mode_dialog.legend")),
      MODES.map((one) => card(one, one === wanted, one === mode)),
    ),
    el("label", { for: "mode-reason" }, t("mode_dialog.reason")),
    reason,
    el("p", { class: "hint" }, t("mode_dialog.public")),
    el("label", { for: "mode-until" }, t("mode_dialog.until")),
    until,
    el("p", { class: "hint" }, t("mode_dialog.until_hint")),
    fault,
    el(
      "div",
      { class: "buttons" },
      button(t("mode_dialog.cancel"), () => dialog.close()),
      submit,
    ),
  );
  const dialog = el("dialog", { class: "mode-dialog", "aria-labelledby": "mode-title" }, form);
  dialog.addEventListener("close", () => dialog.remove());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const command = commandOf(form, reason, until);
    fault.textContent = command ? "" : t("mode_dialog.reason_missing");
    if (!command) return reason.focus();
    submit.disabled = true;
    try {
      await client.act(room, { ...command, id });
      dialog.close();
    } catch (problem) {
      fault.textContent = faultWords(problem);
      submit.disabled = false;
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  reason.focus();
}

/** @param {string} mode @param {boolean} isChosen @param {boolean} isNow */
function card(mode, isChosen, isNow) {
  return el(
    "label",
    { class: `card mode-${mode}` },
    el("input", { type: "radio", name: "mode", value: mode, checked: isChosen }),
    el(
      "span",
      { class: "card-title" },
      modeIcon(mode),
      t(`mode.${mode}`),
      isNow ? el("span", { class: "badge" }, t("mode_dialog.now")) : null,
    ),
    el("span", { class: "hint" }, t(`mode_dialog.effect.${mode}`)),
  );
}

/** @param {HTMLFormElement} form @param {HTMLTextAreaElement} reason @param {HTMLInputElement} until */
function commandOf(form, reason, until) {
  const why = reason.value.trim();
  if (!why) return null;
  const end = until.value ? { until: new Date(until.value).getTime() } : {};
  return { t: "mode", mode: String(new FormData(form).get("mode")), reason: why, ...end };
}
