/**
 * Opens dialogs: titled, closed by Esc, by a button, or by a press beside them; then what had focus has it again.
 *
 * Knows `<dialog>`. Refuses to know what is in one.
 */

import { button, el, icon } from "./dom.js";
import { t } from "./language.js";

/**
 * A dialog, opened; the one that is open already, if `name` is. It takes itself away when it is closed.
 * @param {string} name  Its class.
 * @param {(dialog: HTMLDialogElement) => (Node|null)[]} content  Drawn once, below the title.
 * @param {string} title
 * @returns {HTMLDialogElement}
 */
export function openDialog(name, title, content) {
  const open = /** @type {HTMLDialogElement|null} */ (document.querySelector(`dialog.${name}[open]`));
  if (open) return open;
  const dialog = el("dialog", { class: `sheet ${name}`, "aria-label": title });
  dialog.append(head(title, dialog), ...content(dialog).filter((node) => node !== null));
  dialog.addEventListener("click", (event) => event.target === dialog && isBeside(event, dialog) && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** @param {string} title @param {HTMLDialogElement} dialog */
function head(title, dialog) {
  const close = button(icon("close"), () => dialog.close(), { class: "tool", "aria-label": t("dialog.close") });
  return el("header", { class: "sheet-head" }, el("h2", {}, title), close);
}

/** @param {MouseEvent} event @param {HTMLElement} box */
function isBeside({ clientX, clientY }, box) {
  const { left, right, top, bottom } = box.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}
