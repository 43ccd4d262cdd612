/**
 * Asks once more before something that cannot be taken back.
 *
 * Knows a dialog with two buttons. Refuses to know what it is about.
 */

import { button, el } from "./dom.js";
import { t } from "./language.js";

/** @param {{title: string, text: string, submit: string}} words @returns {Promise<boolean>} */
export function confirmed({ title, text, submit }) {
  return new Promise((resolve) => {
    const dialog = el("dialog", {
      class: "mode-dialog confirm",
      "aria-labelledby": "confirm-title",
      "aria-describedby": "confirm-text",
    });
    const yes = button(submit, () => dialog.close("yes"), { class: "primary" });
    const no = button(t("message.cancel"), () => dialog.close(), { autofocus: true });
    dialog.append(
      el("h2", { id: "confirm-title" }, title),
      el("p", { id: "confirm-text" }, text),
      el("div", { class: "buttons" }, no, yes),
    );
    dialog.addEventListener("close", () => (dialog.remove(), resolve(dialog.returnValue === "yes")));
    document.body.append(dialog);
    dialog.showModal();
  });
}
