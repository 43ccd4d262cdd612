/**
 * Asks once more before something that cannot be taken back.
 *
 * Knows a dialog with two buttons. Refuses to know what it is about.
 */

import { openDialog } from "./dialog.js";
import { button, el } from "./dom.js";
import { t } from "./language.js";

/** @param {{title: string, text: string, submit: string}} words @returns {Promise<boolean>} */
export function confirmed({ title, text, submit }) {
  return new Promise((resolve) => {
    const dialog = openDialog("confirm", title, (opened) => {
      const no = button(t("message.cancel"), () => opened.close(), { autofocus: true });
      const yes = button(submit, () => opened.close("yes"), { class: "primary" });
      return [el("p", {}, text), el("div", { class: "buttons" }, no, yes)];
    });
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
  });
}
