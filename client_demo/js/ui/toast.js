/**
 * A word about what was just done, with a way back, for a short while.
 *
 * Knows how long it stands, and that the keyboard in it holds it. Refuses to know what was done.
 */

import { busyButton } from "./busy_button.js";
import { button, el, icon } from "./dom.js";
import { t } from "./language.js";

const STANDS_MS = 10_000; // long enough to see what one has done, short enough for a room to settle
const TICK_MS = 1_000;

let current = /** @type {HTMLElement|null} */ (null); // one at a time: a new act makes the last one history

/**
 * Shows it; `undo` says in words what went wrong, or nothing.
 * @param {string} words @param {string} way  What the button says. @param {() => Promise<string>} undo
 */
export function showToast(words, way, undo) {
  current?.remove();
  let leftMs = STANDS_MS;
  const line = el("p", { role: "status" });
  const left = el("span", { class: "toast-left", "aria-hidden": "true" });
  const go = busyButton([icon("undo"), way], async () => {
    const fault = await undo();
    if (fault) line.textContent = fault;
    else toast.remove();
  });
  const close = button(icon("close"), () => toast.remove(), { class: "tool", "aria-label": t("moderation.close") });
  const toast = el(
    "div",
    { class: "toast", role: "region", "aria-label": t("moderation.toast") },
    line,
    left,
    go,
    close,
  );
  current = toast;
  document.body.append(toast);
  line.textContent = words; // once it is on the page, so that it is read out
  const tick = () => {
    if (!toast.isConnected) return clearInterval(timer);
    if (toast.matches(":focus-within")) return;
    leftMs -= TICK_MS;
    if (leftMs <= 0) toast.remove();
    left.textContent = String(Math.ceil(leftMs / TICK_MS));
  };
  const timer = setInterval(tick, TICK_MS);
  left.textContent = String(STANDS_MS / TICK_MS);
}
