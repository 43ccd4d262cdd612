/**
 * A button that cannot be pressed again before its work is done.
 *
 * Knows when it is busy. Refuses to know the work.
 */

import { button } from "./dom.js";

/**
 * @param {import("./dom.js").Child|import("./dom.js").Child[]} label
 * @param {() => Promise<unknown>} work @param {Record<string, any>} [attributes]
 */
export function busyButton(label, work, attributes = {}) {
  let isBusy = false;
  const made = button(
    label,
    async () => {
      if (isBusy) return;
      isBusy = true;
      made.setAttribute("aria-disabled", "true"); // not `disabled`: that would take the focus away
      try {
        await work();
      } finally {
        isBusy = false;
        made.removeAttribute("aria-disabled");
      }
    },
    attributes,
  );
  return made;
}
