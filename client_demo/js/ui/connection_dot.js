/**
 * The state of the connection at a glance: a dot while all is well, a shape and a word otherwise; pressed, it
 * shows more.
 *
 * Knows three looks. Refuses to know how to connect.
 */

import { button, el } from "./dom.js";
import { t } from "./language.js";

/**
 * @param {import("../hubbub/client.js").Client} client @param {() => void} onPress @param {AbortSignal} signal
 * @returns {HTMLElement}
 */
export function connectionDot(client, onPress, signal) {
  const shape = el("span", { class: "dot" });
  const word = el("span", {});
  const element = button([shape, word], onPress, { class: "tool connection" });
  const show = () => {
    const look = lookOf(client.connector.state);
    shape.className = `dot is-${look}`;
    word.textContent = look === "online" ? "" : t(`connection.${look}`);
    element.title = t(`connection.${look}`);
    element.setAttribute("aria-label", `${t(`connection.${look}`)} ${t("connection.more")}`);
  };
  client.addEventListener("state", show, { signal });
  show();
  return element;
}

/** @param {string} state @returns {"online"|"connecting"|"offline"} */
function lookOf(state) {
  if (state === "online" || state === "connecting") return state;
  return state === "waiting" ? "connecting" : "offline";
}
