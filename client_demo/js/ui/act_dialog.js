/**
 * A dialog for one public act: what it asks, who reads it, what the server says to it.
 *
 * Knows how such a dialog opens, sends and closes. Refuses to know which acts there are.
 */

import { Refused } from "../hubbub/index.js";
import { newId } from "../hubbub/ids.js";
import { button, el } from "./dom.js";
import { t } from "./language.js";
import { faultWords } from "./refusals.js";

/** @typedef {import("../hubbub/types.js").Frame} Frame */
/**
 * @typedef {object} Act
 * @property {string} title
 * @property {import("./dom.js").Child[]} fields
 * @property {string} submit  What the button says.
 * @property {string} [look]  A class of its own.
 * @property {() => Frame|string} command  What to send, or words for what is missing.
 * @property {() => void} focus  To where one begins.
 * @property {(command: Frame) => void} [done]  It is in the log.
 */

/**
 * Opens the dialog; it closes itself, and the focus goes back to where it was.
 * @param {import("../hubbub/client.js").Client} client
 * @param {import("../hubbub/room.js").Room} room
 * @param {Act} act
 */
export function openAct(client, room, act) {
  const fault = el("p", { class: "fault", role: "alert" });
  const submit = el("button", { type: "submit", class: "primary" }, act.submit);
  const cancel = button(t("moderation.cancel"), () => dialog.close());
  const buttons = el("div", { class: "buttons" }, cancel, submit);
  const title = el("h2", { id: "act-title" }, act.title);
  const form = el("form", { novalidate: true }, title, act.fields, fault, buttons);
  const dialog = el("dialog", { class: `act-dialog ${act.look ?? ""}`, "aria-labelledby": "act-title" }, form);
  const ids = new IdOfCommand();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const command = act.command();
    if (typeof command === "string") return tell(fault, command, "fault");
    tell(fault, "", "fault");
    submit.disabled = true;
    try {
      await client.act(room, { ...command, id: ids.of(command) });
      dialog.close();
      act.done?.(command);
    } catch (problem) {
      tell(fault, faultWords(problem), isNoChange(problem) ? "note" : "fault");
      submit.disabled = false;
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  act.focus();
}

/** @param {HTMLElement} line @param {string} words @param {"fault"|"note"} look */
function tell(line, words, look) {
  line.className = look;
  line.textContent = words;
}

/** What is so already is no fault. @param {unknown} problem */
function isNoChange(problem) {
  return problem instanceof Refused && problem.nack.code === "no_change";
}

/** The same command sent again after silence keeps its id, so that it is done once; another one has another. */
class IdOfCommand {
  constructor() {
    this._last = "";
    this._id = "";
  }

  /** @param {Frame} command */
  of(command) {
    const written = JSON.stringify(command);
    if (written !== this._last) this._id = newId();
    this._last = written;
    return this._id;
  }
}
